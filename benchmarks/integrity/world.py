# SPDX-License-Identifier: Apache-2.0
"""The invented country of the simulator: places, phones, networks and people.

Every figure is drawn anew for each seed inside wide limits, so that the engine cannot be tuned to
one world. `Shift` moves the limits themselves: worlds unlike those used in development.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.object_]
Columns = dict[str, npt.NDArray[np.generic]]

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
OPENS_MS = 1_793_116_800_000  # a midnight in Shanghai, 2026
HOURS_OF_DAY = np.array(
    [2, 1, 0.6, 0.4, 0.4, 1, 3, 6, 8, 8, 8, 8, 10, 9, 7, 7, 7, 8, 9, 11, 13, 12, 9, 5], float
)


@dataclass(frozen=True, slots=True)
class Shift:
    """Parameters moved away from the worlds of development."""

    models: int = 90
    candidates: tuple[int, int] = (30, 80)
    days: tuple[int, int] = (3, 10)
    picks: tuple[int, int] = (1, 4)
    ipv6: float = 0.25
    dwell_s: tuple[float, float] = (12.0, 40.0)
    new_share: tuple[float, float] = (0.35, 0.7)
    crowd: float = 1.0  # size of honest bursts
    blocked_dev: float = 0.1
    tls_kinds: int = 3  # greetings per operating system
    skew: float = 1.3  # exponent of the candidates' popularity: smaller is more unequal
    viral: float = 1.2  # exponent of the chat cascades' sizes
    mobile: float = 0.55  # share that comes through a carrier's exit
    blocks: int = 40  # home networks (/24) of a city
    volume: float = 1.0  # size of the attacks
    returning: float = 0.3  # share of the attacks whose accounts come back day after day


@dataclass
class World:
    """One seed's country."""

    rng: np.random.Generator
    shift: Shift = field(default_factory=Shift)

    def __post_init__(self) -> None:
        rng, shift = self.rng, self.shift
        self.days = int(rng.integers(shift.days[0], shift.days[1] + 1))
        self.n_candidates = int(rng.integers(shift.candidates[0], shift.candidates[1] + 1))
        low, high = shift.picks
        self.max_picks = int(rng.integers(low, high + 1))
        self.n_cities = int(rng.integers(8, 22))  # of the home province
        self.n_far = 120  # cities elsewhere, four to a province
        self.candidate_city = rng.integers(0, self.n_cities, self.n_candidates)
        self.popularity = rng.pareto(shift.skew, self.n_candidates) + 0.25
        self.far = rng.beta(0.8, 6, self.n_candidates)
        self.new_share = rng.uniform(*shift.new_share)
        self.dwell_median = rng.uniform(*shift.dwell_s)
        self.follow_share = rng.uniform(0.45, 0.75)
        self.salt = int(rng.integers(1, 2**31))
        self._draw_phones()

    def _draw_phones(self) -> None:
        rng, n = self.rng, self.shift.models
        self.model_weight = 1.0 / np.arange(1, n + 1) ** rng.uniform(0.6, 1.0)
        self.model_weight /= self.model_weight.sum()
        self.model_is_ios = rng.random(n) < 0.3
        self.model_osv = rng.integers(9, 15, n)
        self.wx_weight = rng.dirichlet(np.array([8, 6, 5, 3, 2, 1, 1, 0.6, 0.4, 0.3]))

    def phones(self, n: int, young: float = 0.5) -> Columns:
        """Draw `n` honest phones."""
        rng = self.rng
        tilt = self.model_weight * np.where(self.model_is_ios, 0.6 + 0.8 * young, 1.2 - 0.4 * young)
        model = rng.choice(len(tilt), n, p=tilt / tilt.sum())
        osv = self.model_osv[model] + rng.choice(3, n, p=[0.55, 0.3, 0.15])
        wx = rng.choice(10, n, p=self.wx_weight)
        return self.named_phones(model, osv, wx)

    def named_phones(self, model: Ints, osv: Ints, wx: Ints) -> Columns:
        """Return the columns of the phones with these numbers."""
        rng, n = self.rng, len(model)
        ios = self.model_is_ios[model]
        greeting = (ios * 100 + osv % self.shift.tls_kinds) * 10 + (wx > 4)
        # Safari's defences make phones of one model look alike.
        unique = rng.integers(1, 2**40, n)
        dev = np.where(ios, model * 1000 + osv * 10 + rng.integers(0, 3, n), unique)
        dev = np.where(rng.random(n) < self.shift.blocked_dev, 0, dev)
        return {
            "model": model,
            "ios": ios,
            "osv": osv,
            "wxver": wx,
            "tls": greeting,
            "dev": dev,
        }

    def networks(self, n: int, city: Ints) -> Columns:
        """Draw home or mobile exits in these cities: large carrier NATs and single homes."""
        rng = self.rng
        mobile = rng.random(n) < self.shift.mobile
        isp = rng.choice(3, n, p=[0.5, 0.28, 0.22])
        block = city * 64 + isp * 16
        nat = (rng.zipf(1.4, n) - 1) % 12  # exit of the carrier
        v4_mobile = (block + nat) * 256 + rng.integers(0, 6, n)
        home = 2_000_000 + city * self.shift.blocks + rng.integers(0, self.shift.blocks, n)
        v4_home = home * 256 + rng.integers(0, 256, n)
        v6 = rng.random(n) < self.shift.ipv6
        ip = np.where(mobile, v4_mobile, v4_home)
        ip = np.where(v6, -(city * 10_000_000 + rng.integers(1, 9_000_000, n)), ip)
        return {"ip": ip, "isp": isp, "net": np.where(mobile, 1, 0), "city": city}

    def accounts(self, n: int, ts: Ints, dwell: Floats, newness: float | None = None) -> Columns:
        """Draw how long the platform has known these people."""
        rng = self.rng
        share = self.new_share if newness is None else newness
        kind = rng.choice(3, n, p=[share, (1 - share) * 0.4, (1 - share) * 0.6])
        fresh = dwell + rng.exponential(30_000, n)
        recent = rng.uniform(0, 7 * DAY, n)
        old = rng.exponential(200 * DAY, n) + 7 * DAY
        age = np.choose(kind, [fresh, recent, old])
        prior = np.where(kind == 2, rng.geometric(0.4, n) - 1, 0)
        first = ts - age
        followed = rng.random(n) < self.follow_share
        follow = np.where(followed, first + rng.exponential(0.05, n) * age, -1)
        return {
            "first_seen": first.astype(np.int64),
            "prior_n": prior,
            "follow_ts": np.where(followed, np.minimum(follow, ts), -1).astype(np.int64),
        }

    def manners(self, n: int, pace: float = 1.0) -> Columns:
        """Draw how people read the page before they vote."""
        rng = self.rng
        dwell = np.exp(rng.normal(np.log(self.dwell_median * pace * 1000), 0.75, n)).clip(1500, 9e5)
        touch = 2 + rng.poisson(np.minimum(dwell / 4000, 25))
        return {"dwell_ms": dwell, "touch_n": touch, "pv": rng.geometric(0.5, n)}

    def moments(self, n: int, night: float = 1.0) -> Ints:
        """Draw moments over the whole campaign by the usual hours of the day."""
        rng = self.rng
        weight = HOURS_OF_DAY.copy()
        weight[1:5] *= night
        hour = rng.choice(24, n, p=weight / weight.sum())
        day = rng.choice(self.days, n, p=rng.dirichlet(np.full(self.days, 20.0)))
        return OPENS_MS + day * DAY + hour * HOUR + rng.integers(0, HOUR, n)

    def cities(self, n: int, home: Ints | int, far: float | np.ndarray = 0.1) -> Ints:
        """Draw where people sit: mostly at home, some elsewhere; 6 % are read wrongly."""
        rng = self.rng
        elsewhere = self.n_cities + rng.integers(0, self.n_far, n)
        province = rng.integers(0, self.n_cities, n)
        city = np.where(rng.random(n) < 0.25, province, home)
        city = np.where(rng.random(n) < far, elsewhere, city)
        return np.where(rng.random(n) < 0.06, rng.integers(0, self.n_cities, n), city)

    def picks(self, favourite: Ints, loyalty: float = 1.0) -> Ints:
        """Fill the ballot beside the favourite by popularity; -1 where a place stays empty."""
        rng, n = self.rng, len(favourite)
        weight = self.popularity / self.popularity.sum()
        picks = np.full((n, self.max_picks), -1)
        picks[:, 0] = favourite
        for place in range(1, self.max_picks):
            more = (rng.random(n) < 0.75 * loyalty) & (picks[:, place - 1] >= 0)
            picks[more, place] = rng.choice(self.n_candidates, int(more.sum()), p=weight)
        return picks
