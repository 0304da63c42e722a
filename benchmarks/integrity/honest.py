# SPDX-License-Identifier: Apache-2.0
"""Honest crowds, each with the habit that makes it look like brushing to a plain rule."""

import numpy as np

from .world import DAY, HOUR, MINUTE, OPENS_MS, Columns, Floats, Ints, World

ARTICLE, TIMELINE, MENU, SEARCH, DIRECT, SINGLE, GROUP, QR = range(8)
EDU, IDC, OVERSEAS = 3, 4, 5


def crowd(
    world: World,
    favourite: Ints,
    ts: Ints,
    *,
    far: float | np.ndarray = 0.1,
    young: float = 0.5,
    pace: float = 1.0,
    newness: float | None = None,
    src: tuple[int, ...] = (0, 0, 1, 2, 3, 4, 5),
) -> Columns:
    """Return people, each with one ballot: the base all other crowds change."""
    n, rng = len(favourite), world.rng
    city = world.cities(n, world.candidate_city[favourite], far)
    manners = world.manners(n, pace)
    columns: Columns = {
        "ts": ts,
        "person": rng.integers(1, 2**52, n),
        "src": rng.choice(np.array(src), n),
        "ref": np.zeros(n, np.int64),
        "picks": world.picks(favourite),
    }
    columns |= world.phones(n, young) | world.networks(n, city) | manners
    columns |= world.accounts(n, ts, manners["dwell_ms"], newness)
    shared = columns["src"] >= SINGLE
    columns["ref"] = np.where(shared, rng.integers(1, 2**52, n), 0)
    return columns


def favourites(world: World, n: int) -> Ints:
    """Draw favourites by popularity."""
    return world.rng.choice(world.n_candidates, n, p=world.popularity / world.popularity.sum())


def public(world: World, n: int) -> Columns:
    """Everybody else; some candidates have their friends elsewhere."""
    favourite = favourites(world, n)
    part = crowd(world, favourite, world.moments(n), far=world.rng.random(n) < world.far[favourite])
    hall = world.rng.random(n) < 0.004  # a private tunnel, a cloud desktop
    part["isp"] = np.where(hall, IDC, part["isp"])
    return part


def cascades(world: World, n: int) -> Columns:
    """Chat groups: a wave behind one sharer, whose readers share on."""
    parts = []
    while n > 0:
        size = min(n, int(world.rng.pareto(world.shift.viral) * 60 * world.shift.crowd) + 15)
        parts.append(_cascade(world, size))
        n -= size
    return join(parts)


def _cascade(world: World, n: int) -> Columns:
    rng = world.rng
    candidate = int(favourites(world, 1)[0])
    start = int(world.moments(1)[0])
    ts = start + (rng.gamma(1.5, rng.uniform(15, 90), n) * MINUTE).astype(np.int64)
    part = crowd(
        world,
        np.full(n, candidate),
        np.sort(ts),
        far=rng.uniform(0.05, 0.35),
        newness=rng.uniform(0.5, 0.9),
        src=(GROUP, GROUP, SINGLE),
    )
    parent = (np.arange(n) * rng.beta(1, 3, n)).astype(np.int64)
    part["ref"] = np.where(np.arange(n) == 0, 0, part["person"][parent])
    part["pv"] = rng.geometric(0.4, n)
    return part


def households(world: World, n: int) -> Columns:
    """Two to five at one table: one exit, sometimes one phone, one favourite, one evening."""
    rng = world.rng
    homes = np.repeat(np.arange(n), rng.integers(2, 6, n))[:n]
    favourite = favourites(world, n)[homes]
    ts = world.moments(n)[homes] + rng.integers(0, 25 * MINUTE, n)
    part = crowd(world, favourite, ts)
    for name in ("ip", "isp", "net", "city"):
        part[name] = part[name][homes]
    _same_phone(part, homes, rng.random(n) < 0.4)
    return part


def daily(world: World, n: int) -> Columns:
    """Parents reminded every day at the same hour."""
    rng = world.rng
    people = max(1, n // max(2, world.days - 1))
    first = crowd(world, favourites(world, people), world.moments(people), src=(5, 6, 6, 4))
    who = np.repeat(np.arange(people), world.days)[:n]
    day = np.tile(np.arange(world.days), people)[:n]
    part = take(first, who)
    hour = (first["ts"] - OPENS_MS) % DAY
    part["ts"] = (
        OPENS_MS
        + day * DAY
        + (hour[who] + rng.normal(0, 20 * MINUTE, len(who))).clip(0, DAY - 1).astype(np.int64)
    )
    manners = world.manners(len(who), rng.uniform(0.15, 0.8))  # they know the way
    part |= manners
    # The platform has known them since their first day.
    part["first_seen"] = np.minimum(first["first_seen"][who], OPENS_MS + hour[who])
    part["first_seen"] = np.minimum(part["first_seen"], part["ts"] - manners["dwell_ms"]).astype(
        np.int64
    )
    return part


def _one_exit(
    world: World,
    n: int,
    *,
    isp: int,
    exits: int,
    greeting: bool,
    young: float,
    spread_h: float,
    src: tuple[int, ...],
) -> Columns:
    rng = world.rng
    candidate = rng.integers(0, world.n_candidates)
    loyal = rng.random(n) < rng.uniform(0.5, 0.95)
    favourite = np.where(loyal, candidate, favourites(world, n))
    start = OPENS_MS + int(rng.integers(0, world.days)) * DAY + int(rng.uniform(9, 20) * HOUR)
    ts = start + (rng.exponential(spread_h, n) * HOUR).astype(np.int64)
    part = crowd(world, favourite, ts, young=young, src=src)
    base = int(rng.integers(300_000, 400_000)) * 256
    part["ip"] = base + rng.integers(0, exits, n)
    part["isp"] = np.full(n, isp)
    part["net"] = np.zeros(n, np.int64)
    part["city"] = np.full(n, world.candidate_city[candidate])
    if greeting:
        part["tls"] = np.full(n, int(rng.integers(5000, 10**6)))
        if rng.random() < 0.3:  # phones the employer hands out
            _same_phone(part, np.zeros(n, np.int64), rng.random(n) < rng.uniform(0.3, 0.8))
            part["dev"] = np.where(
                part["dev"] == part["dev"][0], rng.integers(1, 2**40, n), part["dev"]
            )
        if rng.random() < 0.15:  # the way out leads through a machine hall
            part["isp"] = np.full(n, IDC)
    if rng.random() < 0.5:  # they met the platform together, one evening long ago
        _cohort(world, part, rng.uniform(0.2, 0.6))
    return part


def _cohort(world: World, part: Columns, share: float) -> None:
    rng, n = world.rng, len(part["ts"])
    evening = OPENS_MS - int(rng.integers(5, 300)) * DAY
    where = rng.random(n) < share
    met = evening + rng.integers(0, 4 * HOUR, n)
    part["first_seen"] = np.where(where, met, part["first_seen"])
    part["prior_n"] = np.where(where, np.maximum(part["prior_n"], 1), part["prior_n"])
    follow = np.where(part["follow_ts"] >= 0, met + rng.integers(5_000, 600_000, n), -1)
    part["follow_ts"] = np.where(where, follow, part["follow_ts"])


def _sites(world: World, n: int, mean: float) -> list[int]:
    sizes = []
    while n > 0:
        size = min(n, 20 + int(world.rng.exponential(mean * world.shift.crowd)))
        sizes.append(size)
        n -= size
    return sizes


def offices(world: World, n: int) -> Columns:
    return join(
        [
            _one_exit(
                world,
                k,
                isp=int(world.rng.integers(0, 3)),
                exits=2,
                greeting=True,
                young=0.4,
                spread_h=2.0,
                src=(6, 6, 0, 5),
            )
            for k in _sites(world, n, 80)
        ]
    )


def campuses(world: World, n: int) -> Columns:
    return join(
        [
            _one_exit(
                world,
                k,
                isp=EDU,
                exits=6,
                greeting=False,
                young=1.0,
                spread_h=world.rng.uniform(0.4, 12),
                src=(6, 6, 5, 1),
            )
            for k in _sites(world, n, 500)
        ]
    )


def venues(world: World, n: int) -> Columns:
    """A hall scans the code on the screen within minutes; many are new, all use its WiFi."""
    parts = []
    for k in _sites(world, n, 250):
        rng = world.rng
        part = _one_exit(
            world,
            k,
            isp=int(rng.integers(0, 3)),
            exits=1,
            greeting=False,
            young=rng.random(),
            spread_h=rng.uniform(0.03, 0.3),
            src=(QR,),
        )
        fast = world.manners(k, rng.uniform(0.35, 0.8))
        part |= fast | world.accounts(k, part["ts"], fast["dwell_ms"], rng.uniform(0.6, 0.95))
        part["ref"] = np.full(k, int(rng.integers(1, 2**52)) if rng.random() < 0.5 else 0)
        mobile = rng.random(k) < 0.3
        carrier = world.networks(k, part["city"])
        part["ip"] = np.where(mobile, carrier["ip"], part["ip"])
        part["net"] = np.where(mobile, 1, 0)
        parts.append(part)
    return join(parts)


def elders(world: World, n: int) -> Columns:
    """A helper lends one phone to neighbours, one after the other."""
    rng = world.rng
    parts = []
    for k in [int(size) for size in rng.integers(4, 36, n)]:
        if n <= 0:
            break
        k = min(k, n)
        gap = rng.exponential(rng.uniform(40, 150), k) + 15
        ts = int(world.moments(1)[0]) + (np.cumsum(gap) * 1000).astype(np.int64)
        part = crowd(
            world,
            np.full(k, int(favourites(world, 1)[0])),
            ts,
            young=0.0,
            pace=rng.uniform(0.4, 1.2),
            newness=0.95,
            src=(5, 6, 4),
        )
        one = np.zeros(k, np.int64)
        for name in ("ip", "isp", "net", "city"):
            part[name] = part[name][one]
        part["ref"] = part["ref"][one]
        _same_phone(part, one, np.ones(k, bool))
        parts.append(part)
        n -= k
    return join(parts)


def nights(world: World, n: int) -> Columns:
    """Hospitals and factories vote in the small hours from one exit."""
    parts = []
    for k in _sites(world, n, 60):
        part = _one_exit(
            world,
            k,
            isp=0,
            exits=2,
            greeting=world.rng.random() < 0.5,
            young=0.5,
            spread_h=1.0,
            src=(6, 5),
        )
        day = (part["ts"] - OPENS_MS) // DAY
        moved = OPENS_MS + day * DAY + HOUR + (world.rng.random(k) * 4 * HOUR).astype(np.int64)
        part["first_seen"] += moved - part["ts"]
        part["ts"] = moved
        parts.append(part)
    return join(parts)


def overseas(world: World, n: int) -> Columns:
    part = crowd(world, favourites(world, n), world.moments(n, night=8), src=(6, 5, 0, 4))
    part["isp"] = np.full(n, OVERSEAS)
    part["city"] = np.full(n, world.n_cities + world.n_far)
    part["ip"] = (500_000 + world.rng.integers(0, 300, n)) * 256 + world.rng.integers(0, 64, n)
    return part


def colliding(world: World, n: int) -> Columns:
    """Owners of the commonest iPhone, all with one fingerprint."""
    part = public(world, n)
    ios = np.flatnonzero(world.model_is_ios)
    model = np.full(n, ios[0] if len(ios) else 0)
    osv = world.model_osv[model] + world.rng.choice(2, n)
    part |= world.named_phones(model, osv, world.rng.choice(10, n, p=world.wx_weight))
    part["dev"] = np.full(n, int(model[0]) * 1000 + 7)
    return part


def _same_phone(part: Columns, owner: Ints, where: np.ndarray) -> None:
    for name in ("model", "ios", "osv", "wxver", "tls", "dev"):
        part[name] = np.where(where, part[name][owner], part[name])


CROWDS = {
    "public": (public, 0.42),
    "cascade": (cascades, 0.17),
    "household": (households, 0.07),
    "daily": (daily, 0.08),
    "office": (offices, 0.04),
    "campus": (campuses, 0.06),
    "venue": (venues, 0.04),
    "elderly": (elders, 0.03),
    "night": (nights, 0.015),
    "overseas": (overseas, 0.015),
    "collision": (colliding, 0.06),
}


def join(parts: list[Columns]) -> Columns:
    """Put crowds one after the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def take(part: Columns, rows: Ints | Floats) -> Columns:
    """Return these rows of a crowd."""
    return {name: column[rows] for name, column in part.items()}
