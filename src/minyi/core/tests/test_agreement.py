# SPDX-License-Identifier: Apache-2.0
"""How far people agree beyond chance."""

from collections import Counter

import pytest

from minyi.core.agreement import fleiss_kappa

# The worked example of Fleiss' kappa: ten things, fourteen raters, five categories.
TABLE = (
    *("0,0,0,0,14", "0,2,6,4,2", "0,0,3,5,6", "0,3,9,2,0", "2,2,8,1,1"),
    *("7,7,0,0,0", "3,2,6,3,0", "2,5,3,2,2", "6,5,2,1,0", "0,2,2,3,7"),
)


def rated(row: str) -> Counter[str]:
    return Counter({str(place): int(many) for place, many in enumerate(row.split(","))})


def test_the_worked_example_gives_its_figure():
    assert fleiss_kappa(map(rated, TABLE)) == pytest.approx(0.210, abs=5e-4)


def test_what_one_person_alone_has_seen_says_nothing():
    assert fleiss_kappa([Counter("a"), Counter("b")]) is None
    pairs = [Counter("aa"), Counter("bb")]
    assert fleiss_kappa([*pairs, Counter("a")]) == fleiss_kappa(pairs) == 1


def test_who_always_says_the_same_cannot_be_told_from_chance():
    assert fleiss_kappa([Counter("aa"), Counter("aa")]) is None


def test_contradiction_is_less_than_chance():
    assert fleiss_kappa([Counter("ab"), Counter("ab")]) == -1
