# SPDX-License-Identifier: Apache-2.0
"""How few ballots change a selection: the quick search against trying every number."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from minyi.campaigns.robustness import (
    Rule,
    Shift,
    fewest_added,
    fewest_removed,
    place_with,
    selected,
)
from minyi.campaigns.scoring import Entry, Weights

MOST = 60


def entry(number: int, votes: int, jury: int = 0) -> Entry:
    return Entry(number, f"对象{number}", votes, Decimal(jury), Decimal(0), {})


def rule(seats: int, public: int = 100, tie_rule: str = "jury") -> Rule:
    return Rule(Weights(public, 100 - public, 0), tie_rule, seats)


def test_the_runner_up_needs_one_more_than_the_difference():
    entries = [entry(1, 10), entry(2, 7), entry(3, 4)]
    assert fewest_added(entries, rule(2), 100) == Shift(3, 3)  # a tie at the cut selects both
    assert fewest_removed(entries, rule(2)) == Shift(3, 2)


def test_where_all_are_selected_no_ballot_more_changes_it():
    assert fewest_added([entry(1, 3), entry(2, 1)], rule(2), 100) == Shift(None, None)
    assert fewest_added([], rule(2), 100) == Shift(None, None)
    assert fewest_removed([], rule(2)) == Shift(None, None)


def test_a_jury_that_outweighs_the_public_cannot_be_outvoted():
    entries = [entry(1, 50, jury=100), entry(2, 50, jury=0)]
    assert fewest_added(entries, rule(1, public=10), 1_000) == Shift(None, None)


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 100)), max_size=6),
    st.integers(1, 4),
    st.sampled_from([100, 70, 30]),
    st.sampled_from(["jury", "public", "shared"]),
)
def test_the_search_finds_what_trying_every_number_finds(pairs, seats, public, tie_rule):
    entries = [entry(n, votes, jury) for n, (votes, jury) in enumerate(pairs, start=1)]
    how = rule(seats, public, tie_rule)
    votes = {one.number: one.votes for one in entries}
    before = selected(place_with(entries, votes, how))

    def tried(numbers, sign):
        outcomes = [
            (ballots, who)
            for who in numbers
            for ballots in range(1, (MOST if sign > 0 else votes[who]) + 1)
            if selected(place_with(entries, {**votes, who: votes[who] + sign * ballots}, how))
            != before
        ]
        return Shift(*min(outcomes, default=(None, None)))

    assert fewest_added(entries, how, MOST) == tried(votes.keys() - before, 1)
    assert fewest_removed(entries, how) == tried(before, -1)
