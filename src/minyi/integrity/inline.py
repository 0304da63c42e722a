# SPDX-License-Identifier: Apache-2.0
"""The inline score: a pure function over frozen facts, sized so that it hurts nobody.

A score refuses nobody. From STEP_UP on a phone computes for some seconds before its ballot is taken
(ADR 25), without any act of the voter. The soft signals, which honest newcomers behind one exit
show together, stay below that line up to a crowd no exit is known to bring forth (`busy_door`).
Words and look-alikes: `signals`.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from math import log2
from types import MappingProxyType

STEP_UP = 50  # of 100
JUST_ARRIVED_S = 60
NAT_CROWD = 120  # new voters in ten minutes for whom any exit is good, known or not
PAPERS_EACH = 5.0  # papers in ten minutes a person of one exit may take on average
FEW_PEOPLE = 20  # below so many new voters an average says nothing
OWN_PAPERS = 20  # papers one person may take in ten minutes without any points
MOST_PAPERS = 60  # … and without being asked to wait

# Points; the second number is the most a signal that grows can give.
WEIGHTS = MappingProxyType(
    {
        "automation": (60, 60),
        "no_wechat": (30, 30),
        "hosted": (40, 40),
        "just_arrived": (15, 15),
        "busy_door": (7, 40),  # for each doubling of the usual crowd
        "door_reloads": (10, 20),  # for each doubling of PAPERS_EACH
        "own_reloads": (15, 30),  # for each doubling of OWN_PAPERS
        "struck_before": (20, 40),  # for each earlier campaign with a struck ballot
    }
)


@dataclass(frozen=True, slots=True)
class Door:
    """A network in the last ten minutes, before this person; `usual` is its own busiest so far.

    `usual`: the middle one of the busiest ten minutes of the days before, 0 where there are none.
    """

    people: int = 0  # who were handed their first paper
    papers: int = 0
    usual: int = 0


_QUIET = Door()


@dataclass(frozen=True, slots=True)
class Facts:
    """What is seen of a browser that asks for a ballot paper."""

    is_automated: bool = False
    is_in_channel: bool = True  # the browser is that of the channel the identity came by
    is_hosted: bool = False
    age_s: float | None = None  # since this citizen was first seen
    door: Door = _QUIET
    own_papers: int = 0  # handed to this person in the last ten minutes
    prior_voids: int = 0  # earlier campaigns in which a ballot of theirs was struck out


def weigh(facts: Facts, *, silent: Collection[str] = ()) -> tuple[int, tuple[str, ...]]:
    """Return the score, 0 to 100, and the codes it is made of, the weightiest first."""
    points = {code: _points(code, many) for code, many in _measure(facts) if code not in silent}
    reasons = sorted((code for code in points if points[code]), key=lambda code: -points[code])
    return min(100, sum(points.values())), tuple(reasons)


def fingerprint() -> str:
    """Return SHA-256 of every number here: what a vote fixes when it opens."""
    numbers = {
        name: dict(value) if isinstance(value, MappingProxyType) else value
        for name, value in globals().items()
        if name.isupper() and not name.startswith("_")
    }
    return sha256(json.dumps(numbers, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _measure(facts: Facts) -> tuple[tuple[str, float], ...]:
    """Return how much there is of each signal; 0 and below is none."""
    door = facts.door
    each = door.papers / door.people if door.people >= FEW_PEOPLE else 0.0
    return (
        ("automation", facts.is_automated),
        ("no_wechat", not facts.is_in_channel),
        ("hosted", facts.is_hosted),
        ("just_arrived", facts.age_s is not None and facts.age_s < JUST_ARRIVED_S),
        ("busy_door", _doublings(door.people, max(NAT_CROWD, door.usual))),
        ("door_reloads", _doublings(each, PAPERS_EACH)),
        ("own_reloads", _doublings(facts.own_papers, OWN_PAPERS)),
        ("struck_before", facts.prior_voids),
    )


def _doublings(many: float, usual: float) -> float:
    return log2(many / usual) if many > usual else 0.0


def _points(code: str, many: float) -> int:
    each, most = WEIGHTS[code]
    return min(most, round(each * many))
