# SPDX-License-Identifier: Apache-2.0
"""What one can say about a ballot without knowing whom it is for: traits, each a small number.

A trait is «hard» when honest supporters of one candidate have no reason to share it more than
other people do (phone model, version, greeting, tempo, the hour an account was made), and «soft»
when they do (place, way of arriving, being new).
"""

from collections.abc import Callable
from functools import wraps

import numpy as np
import numpy.typing as npt
import polars as pl

from .columns import DAY, HOUR, MINUTE, SHANGHAI_MS

Codes = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# A phone lent to neighbours: more people than this, or faster, and it is not one helper's phone.
LENT_PER_DAY = 60
LENT_PER_TEN_MINUTES = 25
HANDS = 3
HELPERS = 3.01  # phones of one model beside each other
ROOM = 8  # so many cells per row are counted in a table; more are sorted or hashed


class Ballots:
    """The event log as arrays; traits are made when first asked for."""

    def __init__(self, frame: pl.DataFrame, candidates: pl.DataFrame) -> None:
        self.frame = frame
        self.n = frame.height
        self.ts: Codes = frame["ts"].to_numpy().astype(np.int64)
        self.day: Codes = (self.ts + SHANGHAI_MS) // DAY
        self._texts: dict[str, Codes] = {}
        self.made: dict[str, Codes] = {}  # traits by name; nobody writes into them
        self._read_choices(candidates)
        self.lent = np.zeros(self.n, bool)  # cast on a phone that went from hand to hand that day
        self.weight = self._weights()

    def has(self, *names: str) -> bool:
        """Say whether all these columns are in the log."""
        return all(name in self.frame.columns for name in names)

    def text(self, name: str) -> Codes:
        """Return a text column as dense numbers; 0 is the empty text, or an absent column."""
        if name not in self._texts:
            if not self.has(name):
                return np.zeros(self.n, np.int64)
            column = self.frame[name]
            rank = column.rank("dense").to_numpy().astype(np.int64)
            self._texts[name] = np.where((column == "").to_numpy(), 0, rank)
        return self._texts[name]

    def number(self, name: str, absent: int) -> Codes:
        """Return a number column; empty cells and absent columns hold `absent`."""
        if not self.has(name):
            return np.full(self.n, absent, np.int64)
        return self.frame[name].fill_null(absent).to_numpy().astype(np.int64)

    def _read_choices(self, candidates: pl.DataFrame) -> None:
        pairs = (
            self.frame.select(row=pl.int_range(pl.len()), choice=pl.col("choices").str.split("|"))
            .explode("choice")
            .with_columns(pl.col("choice").str.strip_chars())
        )
        pairs = pairs.filter(pl.col("choice").is_not_null() & (pl.col("choice") != ""))
        pairs = pairs.unique(["row", "choice"], maintain_order=True)
        listed = candidates["candidate"].to_list()
        extra = pairs["choice"].unique().sort().to_list()
        known = set(listed)
        self.unlisted: list[str] = [name for name in extra if name not in known]
        self.names: list[str] = listed + self.unlisted
        numbers = {name: k for k, name in enumerate(self.names)}
        self.pair_row: Codes = pairs["row"].to_numpy().astype(np.int64)
        self.pair_candidate: Codes = (
            pairs["choice"].replace_strict(numbers).to_numpy().astype(np.int64)
        )
        self._cities = dict(zip(listed, candidates["city"].to_list(), strict=True))

    def home_province(self) -> Codes:
        """Return per candidate the province most ballots from their city name; 0 is unknown."""
        found = np.zeros(len(self.names), np.int64)
        if not self.has("city", "province"):
            return found
        cities = self.frame["city"]
        table = (
            pl.DataFrame({"city": cities, "province": self.text("province")})
            .group_by("city", "province")
            .len()
            .sort("len", "province", descending=True)
            .unique("city", keep="first")
        )
        provinces = dict(zip(table["city"].to_list(), table["province"].to_list(), strict=True))
        for k, name in enumerate(self.names):
            found[k] = provinces.get(self._cities.get(name, ""), 0)
        return found

    def _weights(self) -> Floats:
        """Count one lent phone, and one person over many days, once."""
        weight = np.ones(self.n)
        if self.has("openid"):
            person = self.text("openid")
            weight = np.where(person > 0, 1.0 / sizes(person), 1.0)  # nobody knows who: each one
        if not self.has("ip") or not (self.has("dev") or self.has("model")):
            return weight
        dev = self.text("dev")
        phone = combine(self.text("ip"), self.text("model"), self.text("osv"), self.text("wxver"))
        phone = combine(phone, dev)
        on_day = sizes(combine(phone, self.day))
        in_ten = sizes(combine(phone, self.ts // (10 * MINUTE)))
        fastest = np.zeros(int(phone.max()) + 1)
        np.maximum.at(fastest, phone, in_ten)
        lent = (on_day <= LENT_PER_DAY) & (fastest[phone] <= LENT_PER_TEN_MINUTES)
        lent &= self._phones_beside(phone) <= HELPERS
        self.lent = lent & (on_day >= HANDS)
        result: Floats = np.where(lent, np.minimum(weight, 1.0 / on_day), weight)
        return result

    def _phones_beside(self, phone: Codes) -> Floats:
        """Count the phones of one model that went from hand to hand at one address on a day.

        More than a few are no helpers: a wall, or strangers behind a carrier's exit.
        """
        by_day = combine(phone, self.day)
        here = combine(self.text("ip"), self.text("model"), self.day)
        once = np.where(sizes(by_day) >= HANDS, 1.0 / sizes(by_day), 0.0)
        result: Floats = np.bincount(here, once)[here].astype(np.float64)
        return result


def dense(values: Codes) -> Codes:
    """Number the distinct values from 0, in their order."""
    low = int(values.min(initial=0))
    span = int(values.max(initial=0)) - low + 1
    if span > ROOM * len(values):
        ranks = pl.Series(values).rank("dense").to_numpy().astype(np.int64)
        return ranks - 1
    seen = np.zeros(span, bool)
    seen[values - low] = True
    numbers: Codes = np.cumsum(seen, dtype=np.int64)[values - low] - 1
    return numbers


def combine(*codes: Codes) -> Codes:
    """Join codes into one dense code."""
    joined = codes[0].astype(np.int64)
    for code in codes[1:]:
        joined = dense(joined * (int(code.max(initial=0)) + 1) + code)
    return joined


def sizes(codes: Codes) -> Floats:
    """Return, row by row, how many rows share the code."""
    low = codes - codes.min(initial=0)
    result: Floats = np.bincount(low)[low].astype(np.float64)
    return result


def log_bin(values: Floats | Codes, step: float) -> Codes:
    """Return the step of each value on a logarithmic scale."""
    result: Codes = np.floor(np.log(np.maximum(values, 1)) / step).astype(np.int64)
    return result


def once(make: Callable[[Ballots], Codes]) -> Callable[[Ballots], Codes]:
    """Make a trait when first asked for, and keep it with the ballots."""

    @wraps(make)
    def kept(ballots: Ballots) -> Codes:
        if make.__name__ not in ballots.made:
            ballots.made[make.__name__] = make(ballots)
        return ballots.made[make.__name__]

    return kept


@once
def phone_model(ballots: Ballots) -> Codes:
    return combine(ballots.text("model"), ballots.text("os"))


@once
def phone_build(ballots: Ballots) -> Codes:
    return combine(ballots.text("os"), ballots.text("osv"), ballots.text("wxver"))


def phone_profile(ballots: Ballots) -> Codes:
    return combine(phone_model(ballots), phone_build(ballots))


@once
def greeting(ballots: Ballots) -> Codes:
    """The hash of the greeting; 0 where a firewall speaks for a whole house (one /24)."""
    tls, block = ballots.text("tls"), exit_block(ballots)
    table = pl.DataFrame({"tls": tls, "block": block}).group_by("tls", "block").len()
    table = table.group_by("tls").agg(top=pl.col("len").max(), all=pl.col("len").sum())
    local = table.filter(pl.col("top") >= 0.8 * pl.col("all"))["tls"].to_numpy()
    return np.where(np.isin(tls, local), 0, tls)


def system(ballots: Ballots) -> Codes:
    """The claimed operating system and version, which have greetings of their own."""
    return combine(ballots.text("os"), ballots.text("osv"))


def tempo(ballots: Ballots) -> Codes:
    """Dwell to 15 %, touches and pages."""
    dwell = log_bin(ballots.number("dwell_ms", 0), 0.15)
    touch = np.clip(ballots.number("touch_n", 0), 0, 7)
    return combine(dwell, touch, np.clip(ballots.number("pv", 0), 0, 3))


@once
def haste(ballots: Ballots) -> Codes:
    """Dwell to 40 % and whether the page was touched at all."""
    dwell = np.minimum(log_bin(ballots.number("dwell_ms", 0), 0.4), 26)
    touch = np.clip(ballots.number("touch_n", 0), 0, 4) // 2
    return combine(dwell, touch)


@once
def lot(ballots: Ballots) -> Codes:
    """The hour in which an account older than a day was first seen: bought accounts share it."""
    first = ballots.number("first_seen", 0)
    old = (first > 0) & (ballots.ts - first > 2 * DAY)
    return np.where(old, dense(first // (2 * HOUR)) + 1, 0)


@once
def standing(ballots: Ballots) -> Codes:
    """How long known, how many earlier campaigns, followed when."""
    first, follow = ballots.number("first_seen", 0), ballots.number("follow_ts", -1)
    age = np.digitize(ballots.ts - first, [15_000, 5 * MINUTE, DAY, 30 * DAY])
    age = np.where(first > 0, age, 9)
    prior = np.digitize(ballots.number("prior_n", 0), [1, 3, 8])
    when = np.where(follow < 0, 0, np.where(follow - first < MINUTE, 1, 2))
    return combine(age, prior, when)


@once
def arrival(ballots: Ballots) -> Codes:
    """How they came, and how widely their sharer shared."""
    ref = ballots.text("ref")
    reach = np.where(ref == 0, 0, np.digitize(sizes(ref), [6, 31, 201]) + 1)
    return combine(ballots.text("src"), reach)


@once
def exit_block(ballots: Ballots) -> Codes:
    """The /24 of an IPv4 exit; an IPv6 network to its /48."""
    if not ballots.has("ip"):
        return np.zeros(ballots.n, np.int64)
    short = ballots.frame.select(
        pl.coalesce(
            pl.col("ip").str.extract(r"^(\d+\.\d+\.\d+)\."),
            pl.col("ip").str.extract(r"^([0-9a-fA-F]+:[0-9a-fA-F]*:?[0-9a-fA-F]*)"),
            pl.col("ip"),
        )
    ).to_series()
    return short.rank("dense").to_numpy().astype(np.int64)


def place_and_operator(ballots: Ballots) -> Codes:
    """Province and operator, as the address tells them."""
    return combine(ballots.text("province"), ballots.text("isp"))


@once
def data_centre(ballots: Ballots) -> Codes:
    """1 for a machine hall's address, 0 for everything people use."""
    if not ballots.has("isp"):
        return np.zeros(ballots.n, np.int64)
    return (ballots.frame["isp"] == "IDC").to_numpy().astype(np.int64)


def odd_phone(ballots: Ballots) -> Codes:
    """1 where model and version are each common but hardly ever stand together."""
    model, build = ballots.text("model"), combine(ballots.text("os"), ballots.text("osv"))
    expected = sizes(model) * sizes(build) / ballots.n
    rare = sizes(combine(model, build)) < 0.2 * expected
    return (rare & (model > 0)).astype(np.int64)


def wandering(ballots: Ballots) -> Codes:
    """The number of phone models on which an account came back; 0 for one."""
    if not ballots.has("openid", "model"):
        return np.zeros(ballots.n, np.int64)
    phones = ballots.frame.select(pl.col("model").n_unique().over("openid")).to_series()
    again = np.clip(phones.to_numpy().astype(np.int64) - 1, 0, 3)
    return np.where(ballots.text("openid") > 0, again, 0)


def loyal_door(ballots: Ballots) -> Codes:
    """Pair by pair, the size of a door nearly all of whose people chose this candidate; 0 if not.

    «Nearly all» must be more than the candidate's popularity explains (e⁶ against chance).
    """
    row, candidate = ballots.pair_row, ballots.pair_candidate
    door = exit_block(ballots)
    people = np.bincount(door, ballots.weight)[door][row]
    cell = combine(door[row], candidate)
    own = np.bincount(cell, ballots.weight[row])[cell]
    usual = np.bincount(candidate, ballots.weight[row])[candidate] / ballots.weight.sum()
    share = np.clip(own / people, 1e-6, 1 - 1e-6)
    usual = np.clip(usual, 1e-6, 1 - 1e-6)
    surprise = people * (
        share * np.log(share / usual) + (1 - share) * np.log((1 - share) / (1 - usual))
    )
    loyal = (share >= 0.8) & (surprise > 6.0) & (people >= 1.9) & (door[row] > 0)
    return np.where(loyal, np.digitize(people, [6.0, 16.0, 61.0]) + 1, 0)
