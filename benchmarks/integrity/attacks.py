# SPDX-License-Identifier: Apache-2.0
"""Brushing of eight kinds at five levels.

Each facet of an attack is either crude (the habit of its kind) or imitates honest people; the
higher the level, the more facets imitate. Which ones, is drawn for each attack.
"""

from dataclasses import dataclass

import numpy as np

from .honest import DIRECT, GROUP, IDC, SINGLE, crowd
from .world import DAY, HOUR, MINUTE, OPENS_MS, Columns, Ints, World

IMITATED = (0.0, 0.3, 0.5, 0.7, 0.88)  # chance per facet, by level
FACETS = ("device", "greeting", "manners", "account", "share", "place", "exit", "time", "picks")
FAMILIES = ("script", "wall", "click", "drip", "frame", "aged", "residential", "mixed")


@dataclass(frozen=True, slots=True)
class Attack:
    """One order: who is pushed (or framed), by what, how well, how much."""

    family: str
    level: int
    candidate: int
    size: int


def brush(world: World, attack: Attack) -> Columns:
    """Return the ballots of one attack."""
    rng, n = world.rng, attack.size
    level = min(attack.level, 2) if attack.family == "frame" else attack.level
    crude = {name for name in FACETS if rng.random() >= IMITATED[level - 1]}
    part = crowd(world, np.full(n, attack.candidate), _moments(world, attack, crude), far=0.1)
    if "device" in crude and attack.family != "click":
        _few_phones(world, attack, part)
    if "greeting" in crude and attack.family in {"script", "drip", "residential", "mixed", "frame"}:
        part["tls"] = 900_000 + rng.integers(0, int(rng.integers(1, 4)), n) + world.salt % 1000
    if "manners" in crude:
        _hasty(world, attack, part)
    _accounts(world, attack, part, crude)
    _shares(world, attack, part, crude)
    if "place" in crude:
        part["city"] = np.where(
            rng.random(n) < rng.uniform(0.5, 0.95),
            world.n_cities + rng.integers(0, world.n_far, n),
            part["city"],
        )
        part |= world.networks(n, part["city"])
    if "exit" in crude:
        _exits(world, attack, part)
    _camouflage(world, attack, part, crude)
    if rng.random() < world.shift.returning:
        _return_daily(world, part)
    return part


def _return_daily(world: World, part: Columns) -> None:
    """Let the same accounts vote day after day: a ballot from a new exit, sometimes a new phone."""
    rng, n = world.rng, len(part["ts"])
    accounts = max(1, n // int(rng.integers(2, max(3, world.days + 1))))
    order = np.argsort(part["ts"], kind="stable")
    who = np.empty(n, np.int64)
    who[order] = np.arange(n) % accounts
    part["person"] = part["person"][:accounts][who]
    first = part["ts"] - part["first_seen"]
    part["first_seen"] = (OPENS_MS - first[:accounts][who]).clip(1)
    part["follow_ts"] = np.where(
        part["follow_ts"][:accounts][who] >= 0, part["first_seen"] + 9_000, -1
    )
    part["prior_n"] = part["prior_n"][:accounts][who]
    if rng.random() < 0.5:  # each account has its phone
        for name in ("model", "ios", "osv", "wxver", "tls", "dev"):
            part[name] = part[name][:accounts][who]


def _moments(world: World, attack: Attack, crude: set[str]) -> Ints:
    rng, n = world.rng, attack.size
    span = world.days * DAY
    if "time" not in crude or attack.family == "drip":
        if "time" in crude:  # a metronome, day and night
            return OPENS_MS + (np.arange(n) * span // n + rng.integers(0, 5000, n)).clip(
                0, span - 1
            )
        return world.moments(n)
    waves = int(rng.integers(1, 4)) if attack.family != "click" else int(rng.integers(2, 8))
    starts = world.moments(waves)
    length = rng.uniform(2, 45) if attack.family != "aged" else rng.uniform(30, 300)
    which = rng.integers(0, waves, n)
    return (starts[which] + (rng.random(n) * length * MINUTE)).astype(np.int64)


def _few_phones(world: World, attack: Attack, part: Columns) -> None:
    rng, n = world.rng, attack.size
    kinds = (
        int(rng.integers(1, 4)) if attack.family in {"wall", "frame"} else int(rng.integers(1, 12))
    )
    model = rng.integers(0, world.shift.models, kinds)
    osv = world.model_osv[model] + rng.integers(0, 3, kinds)
    wx = rng.integers(0, 10, kinds)
    one = rng.integers(0, kinds, n)
    share = rng.uniform(0.8, 1.0)
    mine = rng.random(n) < share
    phones = world.named_phones(model[one], osv[one], wx[one])
    if attack.family in {"residential", "mixed"}:  # a tool mixes names that do not belong together
        phones["osv"] = rng.integers(7, 17, n)
        phones["wxver"] = rng.integers(0, 10, n)
    for name, column in phones.items():
        part[name] = np.where(mine, column, part[name])


def _hasty(world: World, attack: Attack, part: Columns) -> None:
    rng, n = world.rng, attack.size
    machine = attack.family in {"script", "frame", "drip", "residential"}
    spread = rng.uniform(0.03, 0.25) if machine else rng.uniform(0.2, 0.5)
    centre = rng.uniform(1200, 5000) if machine else rng.uniform(2500, 9000)
    part["dwell_ms"] = np.exp(rng.normal(np.log(centre), spread, n))
    part["touch_n"] = np.full(n, int(rng.integers(0, 4))) + rng.integers(0, 2, n)
    part["pv"] = np.ones(n, np.int64)


def _accounts(world: World, attack: Attack, part: Columns, crude: set[str]) -> None:
    rng, n = world.rng, attack.size
    part |= world.accounts(n, part["ts"], part["dwell_ms"])
    if "account" not in crude:
        return
    if attack.family in {"aged", "drip"}:  # bought in lots
        lots = OPENS_MS - rng.integers(5 * DAY, 200 * DAY, int(rng.integers(1, 6)))
        part["first_seen"] = lots[rng.integers(0, len(lots), n)] + rng.integers(0, 2 * HOUR, n)
        part["prior_n"] = np.full(n, int(rng.integers(1, 4)))
        part["follow_ts"] = part["first_seen"] + rng.integers(0, 20_000, n)
    elif attack.family == "click":
        part["first_seen"] = part["ts"] - (rng.exponential(120 * DAY, n)).astype(np.int64)
        part["prior_n"] = rng.poisson(rng.uniform(4, 20), n)
        part["follow_ts"] = np.full(n, -1)
    else:
        part["first_seen"] = (part["ts"] - part["dwell_ms"] - rng.integers(0, 4000, n)).astype(
            np.int64
        )
        part["prior_n"] = np.zeros(n, np.int64)
        part["follow_ts"] = np.full(n, -1)


def _shares(world: World, attack: Attack, part: Columns, crude: set[str]) -> None:
    rng, n = world.rng, attack.size
    if "share" not in crude:
        return
    if attack.family == "click":
        agents = rng.integers(1, 2**52, int(rng.integers(1, 8)))
        part["src"] = rng.choice(np.array([SINGLE, GROUP]), n)
        part["ref"] = agents[rng.integers(0, len(agents), n)]
    else:
        part["src"] = np.full(n, DIRECT if rng.random() < 0.7 else SINGLE)
        part["ref"] = np.full(n, 0 if rng.random() < 0.7 else int(rng.integers(1, 2**52)))


def _exits(world: World, attack: Attack, part: Columns) -> None:
    rng, n = world.rng, attack.size
    if attack.family in {"script", "frame", "drip"}:
        blocks = 600_000 + rng.integers(0, 10**6, int(rng.integers(1, 12)))
        part["ip"] = blocks[rng.integers(0, len(blocks), n)] * 256 + rng.integers(0, 256, n)
        part["isp"] = np.full(n, IDC)
        part["net"] = np.zeros(n, np.int64)
    elif attack.family == "wall":
        exits = (700_000 + rng.integers(0, 10**6, int(rng.integers(1, 4)))) * 256
        part["ip"] = exits[rng.integers(0, len(exits), n)]
        part["net"] = np.zeros(n, np.int64)
    elif attack.family in {"residential", "mixed", "aged"}:  # every ballot redials
        pool = 800_000 + rng.integers(0, 10**6, int(rng.integers(20, 200)))
        part["ip"] = pool[rng.integers(0, len(pool), n)] * 256 + rng.integers(0, 256, n)
        part["isp"] = rng.integers(1, 3, n)
        part["net"] = np.zeros(n, np.int64)


def _camouflage(world: World, attack: Attack, part: Columns, crude: set[str]) -> None:
    rng, n = world.rng, attack.size
    picks = np.full((n, world.max_picks), -1)
    picks[:, 0] = attack.candidate
    if "picks" not in crude:
        picks = world.picks(np.full(n, attack.candidate))
    elif attack.family in {"mixed", "click", "residential"}:
        for place in range(1, world.max_picks):
            picks[:, place] = rng.integers(0, world.n_candidates, n)
    part["picks"] = picks
