# SPDX-License-Identifier: Apache-2.0
import hashlib
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from minyi.campaigns.queries.order import EVERYONE, order_numbers

SEED = "5eed" * 8


def test_anyone_can_redo_an_order_with_a_hash_function_alone():
    def key(number: int) -> str:
        return hashlib.sha256(f"{SEED}\nreader\n{number}".encode()).hexdigest()

    expected = sorted(range(1, 101), key=key)
    assert order_numbers(seed=SEED, reader="reader", numbers=range(1, 101)) == expected


def test_a_known_order_never_changes():
    # Written down once: a change of the rule would rearrange the list in the middle of a vote.
    known = order_numbers(seed="seed", reader="reader", numbers=range(1, 9))
    assert known == [
        1,
        3,
        4,
        7,
        5,
        8,
        6,
        2,
    ]


@given(st.sets(st.integers(1, 999)), st.text(max_size=32))
def test_every_nominee_is_there_exactly_once(numbers, reader):
    assert sorted(order_numbers(seed=SEED, reader=reader, numbers=numbers)) == sorted(numbers)


@given(st.sets(st.integers(1, 99), min_size=1))
def test_the_order_does_not_depend_on_the_order_of_asking(numbers):
    forwards = order_numbers(seed=SEED, reader="r", numbers=sorted(numbers))
    backwards = order_numbers(seed=SEED, reader="r", numbers=sorted(numbers, reverse=True))
    assert forwards == backwards


def test_a_reader_we_do_not_know_sees_the_order_of_everyone():
    unknown = order_numbers(seed=SEED, reader="", numbers=range(1, 20))
    assert unknown == order_numbers(seed=SEED, reader=EVERYONE, numbers=range(1, 20))


def test_nobody_is_first_for_everybody():
    readers = 4000
    first = Counter(
        order_numbers(seed=SEED, reader=f"{n:032x}", numbers=range(1, 9))[0] for n in range(readers)
    )
    # 8 nominees, 4000 readers: 500 each; six standard deviations are 125.
    assert len(first) == 8
    assert all(abs(times - 500) < 125 for times in first.values())
