# SPDX-License-Identifier: Apache-2.0
"""Hand-made traffic: a plain public, and crowds to set beside it."""

import random

import polars as pl

from minyi.integrity.engine.engine import Scored, score

NOON = 1_795_492_800_000
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
CITIES = [f"城{k}" for k in range(6)]

Row = dict[str, object]


def given_candidates(n: int = 12) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "candidate": [str(k) for k in range(1, n + 1)],
            "city": [CITIES[k % 6] for k in range(n)],
        }
    )


def given_address(dice: random.Random) -> str:
    first = dice.choice([36, 112, 223])
    return f"{first}.{dice.randrange(60)}.{dice.randrange(99)}.{dice.randrange(256)}"


def given_voter(dice: random.Random, **changes: object) -> Row:
    """One ordinary voter at an ordinary moment."""
    ts = NOON + int(dice.triangular(0, 2 * DAY, DAY))
    dwell = int(dice.lognormvariate(10, 0.7))
    ios, model = dice.random() < 0.4, int(dice.paretovariate(0.8)) % 60
    osv = 10 + (model + dice.randrange(2)) % 4
    known = dice.random()
    age = dwell + dice.randrange(90_000) if known < 0.5 else int(dice.expovariate(1 / (90 * DAY)))
    first = ts - age
    city = dice.choice(CITIES)
    src = dice.choice(["article", "timeline", "menu", "direct", "group_share", "single_share"])
    row: Row = {
        "ts": ts, "openid": f"o{dice.getrandbits(50)}", "choices": str(dice.randint(1, 12)),
        "ip": given_address(dice),
        "isp": dice.choice(["CMCC", "CT", "CU"]), "province": "本省", "city": city, "net": "wifi",
        "dev": f"i{model}" if ios else f"d{dice.getrandbits(40)}", "model": f"M{model}",
        "os": "iOS" if ios else "Android", "osv": str(osv),
        "wxver": dice.choice(["8.0.40", "8.0.41", "8.0.45"]),
        "tls": f"t{ios}{osv % 3}", "src": src,
        "ref": f"o{dice.getrandbits(50)}" if "share" in src else "", "dwell_ms": dwell,
        "touch_n": 2 + dwell // 5000 + dice.randrange(3), "pv": dice.choice([1, 1, 2, 3]),
        "first_seen": first, "prior_n": 0 if known < 0.5 else dice.randrange(4),
        "follow_ts": -1 if dice.random() < 0.4 else min(ts, first + dice.randrange(9 * MINUTE)),
    }  # fmt: skip
    if dice.random() < 0.1:
        row |= {"province": "外省", "city": "远城"}
    moved = {name: value(row) if callable(value) else value for name, value in changes.items()}
    if "ts" in moved:  # the account's history moves with the moment
        shift = int(str(moved["ts"])) - ts
        row["first_seen"] = first + shift
        row["follow_ts"] = -1 if row["follow_ts"] == -1 else int(str(row["follow_ts"])) + shift
    return row | moved


def given_public(n: int = 5000, seed: int = 1) -> list[Row]:
    dice = random.Random(seed)
    return [given_voter(dice) for _ in range(n)]


def given_log(*crowds: list[Row]) -> pl.DataFrame:
    """Put the crowds into one log; event ids tell the crowd: «1-17» is row 17 of the second."""
    rows = [
        {"event_id": f"{c}-{k}", **row}
        for c, crowd in enumerate(crowds)
        for k, row in enumerate(crowd)
    ]
    return pl.DataFrame(rows)


def struck_share(scored: Scored, crowd: int) -> float:
    """Return the share of this crowd's ballots that is quarantined."""
    own = scored.ballots.filter(pl.col("event_id").str.starts_with(f"{crowd}-"))
    return float(own["quarantine"].mean() or 0.0)  # type: ignore[arg-type]


def given_scored(*crowds: list[Row]) -> Scored:
    return score(given_log(*crowds), given_candidates())
