# SPDX-License-Identifier: Apache-2.0
"""The people of a sample crowd: an honest public, among it two look-alikes, and an attack.

Whoever somebody is follows from their number, so that a person is the same each time.
"""

# ruff: noqa: S311  (taste needs no secrecy)

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

DOORS = 240  # networks that a crowd comes from
HALL, OFFICE = 7, 11  # doors through which many come: a hall with a code on the wall, an office
PROGRAM_DOORS = 60  # bought by the hour


class CrowdImpossible(Exception):
    """The crowd cannot vote there; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What there is to choose on a ballot paper."""

    numbers: tuple[int, ...]
    min_picks: int
    max_picks: int


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone on its way to a ballot: `mark` is what WeChat leaves in the address (`from=`)."""

    agent: str
    door: int
    mark: str


class People(Protocol):
    """Who comes, with what, and how they vote."""

    def line_up(self, numbers: Sequence[int]) -> list[int]: ...
    def phone_of(self, number: int) -> Phone: ...
    def conduct_of(self, number: int) -> str: ...
    def choose(self, number: int, paper: Choice) -> list[int]: ...


class Public:
    """People as they are: phones of many kinds, each with an own pace and taste.

    One in eight stands in a hall and scans a code: a burst for one candidate through one network.
    One in sixteen sits in an office, whose chat group likes another.
    """

    def __init__(self, slug: str) -> None:
        self._slug = slug

    def line_up(self, numbers: Sequence[int]) -> list[int]:
        """Let the hall come together, in the middle of everybody else."""
        hall = [number for number in numbers if _is_in_hall(number)]
        others = [number for number in numbers if not _is_in_hall(number)]
        half = len(others) // 2
        return [*others[:half], *hall, *others[half:]]

    def phone_of(self, number: int) -> Phone:
        dice = random.Random(number)
        model = f"Sample M{int(dice.paretovariate(0.8)) % 60}"
        version = f"8.0.{dice.choice([40, 42, 47, 50, 54])}"
        agent = _agent(dice.randint(10, 15), model, version)
        if _is_in_hall(number):
            return Phone(agent, HALL, "qrcode")
        if _is_in_office(number):
            return Phone(agent, OFFICE, "groupmessage")
        mark = dice.choice(["", "", "menu", "timeline", "groupmessage", "singlemessage"])
        return Phone(agent, number % DOORS, mark)

    def conduct_of(self, number: int) -> str:
        """Return what a page would tell of its use (ballotbox.request.read_conduct)."""
        dwell = int(random.lognormvariate(10, 0.7))
        return f"{dwell},{2 + dwell // 5000 + random.randrange(3)},{random.choice([1, 1, 2, 3])}"

    def choose(self, number: int, paper: Choice) -> list[int]:
        """Pick some; the first in a shuffled order are the favourites of the whole run."""
        order = random.Random(self._slug).sample(sorted(paper.numbers), len(paper.numbers))
        most = min(paper.max_picks, len(order))
        # Weighted drawing without putting back (Efraimidis and Spirakis 2006).
        keys = {n: random.random() ** (place + 1) ** 0.8 for place, n in enumerate(order)}
        many = max(random.randint(paper.min_picks, most), random.randint(paper.min_picks, most))
        own = order[len(order) // 2] if _is_in_hall(number) else order[len(order) // 3]
        if _is_in_hall(number) or _is_in_office(number):
            keys[own] = 2.0  # the one of their own
        return sorted(sorted(order, key=lambda n: -keys[n])[:many])


class Attack(Public):
    """Brushing for one candidate by three trades: a wall of phones, a program, click workers."""

    def __init__(self, slug: str, candidate: int) -> None:
        super().__init__(slug)
        self._candidate = candidate

    def line_up(self, numbers: Sequence[int]) -> list[int]:
        return list(numbers)

    def phone_of(self, number: int) -> Phone:
        match _trade_of(number):
            case "wall":  # one model, steered by one program, each phone with its own card
                return Phone(_agent(9, f"Sample W{self._candidate}", "8.0.30"), number % DOORS, "")
            case "program":
                agent = _agent(10, f"Sample P{self._candidate}", "8.0.16")
                return Phone(agent, number % PROGRAM_DOORS, "")
        return Phone(super().phone_of(number).agent, number % DOORS, "singlemessage")

    def conduct_of(self, number: int) -> str:
        match _trade_of(number):
            case "wall":
                return f"{2000 + random.randrange(150)},1,1"
            case "program":
                return f"{1200 + random.randrange(20)},0,1"
        return f"{int(random.gauss(4200, 400))},2,1"  # paid by the piece

    def choose(self, number: int, paper: Choice) -> list[int]:
        if self._candidate not in paper.numbers:
            raise CrowdImpossible(f"没有 {self._candidate} 号候选对象。")
        others = [number for number in paper.numbers if number != self._candidate]
        return sorted([self._candidate, *random.sample(others, paper.min_picks - 1)])


def _trade_of(number: int) -> str:
    """Half of an attack is a wall of phones, a quarter a program, a quarter are people."""
    return ("wall", "wall", "program", "clicks")[number % 4]


def _is_in_hall(number: int) -> bool:
    return number % 8 == 5


def _is_in_office(number: int) -> bool:
    return number % 16 == 3


def _agent(system: int, model: str, wechat: str) -> str:
    return f"Mozilla/5.0 (Linux; Android {system}; {model}) MicroMessenger/{wechat}"
