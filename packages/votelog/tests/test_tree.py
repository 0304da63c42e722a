# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import slow_twin
from votelog import (
    EMPTY_ROOT,
    CompactRange,
    Rejected,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from votelog._growth import Growth
from votelog._note import decode_base64
from votelog._tree import peaks

# The eight leaves that implementations of RFC 6962 test with, and the roots they publish.
CT_LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = st.integers(0, 600)


class Listed:
    """Nodes computed from a list of entries."""

    def __init__(self, entries: list[bytes]) -> None:
        self.entries = entries

    def node(self, level: int, index: int) -> bytes:
        return slow_twin.mth(self.entries[index << level : (index + 1) << level])


def numbered(size: int) -> list[bytes]:
    return [b"%d" % index for index in range(size)]


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_that_certificate_transparency_publishes(size):
    assert root(map(leaf_hash, CT_LEAVES[:size])).hex() == CT_ROOTS[size]


@settings(max_examples=40, deadline=None)
@given(SIZES)
def test_the_root_is_the_recursive_definition(size):
    entries = numbered(size)
    head = slow_twin.mth(entries)
    assert root(map(leaf_hash, entries)) == head
    assert CompactRange(size, peaks(size, Listed(entries))).root() == head


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 600).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_inclusion_proofs_are_the_recursive_definition(place):
    index, size = place
    entries = numbered(size)
    proof = inclusion_proof(index, size, Listed(entries))
    assert proof == slow_twin.path(index, entries)
    verify_inclusion(leaf_hash(entries[index]), index, size, proof, slow_twin.mth(entries))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 600).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_consistency_proofs_are_the_recursive_definition(sizes):
    old, new = sizes
    entries = numbered(new)
    proof = consistency_proof(old, new, Listed(entries))
    assert proof == ([] if old == 0 else slow_twin.proof(old, entries))
    verify_consistency(old, new, proof, slow_twin.mth(entries[:old]), slow_twin.mth(entries))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 700), st.integers(1, 300))
def test_a_batch_proves_each_of_its_entries_as_the_definition_does(start, added):
    entries = numbered(start + added)
    leaves = list(map(leaf_hash, entries))
    old = CompactRange()
    for leaf in leaves[:start]:
        old.push(leaf)
    growth = Growth(old, leaves[start:])
    assert growth.grown().root() == slow_twin.mth(entries)
    for index in {start, start + added // 2, start + added - 1}:
        proof = [decode_base64(line, what="hash") for line in growth.coded_proof(index)]
        assert proof == slow_twin.path(index, entries)
    paths = growth.coded_paths("\n")
    assert [path.split() for path in paths] == [
        growth.coded_proof(index) for index in range(start, start + added)
    ]


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 70), st.data())
def test_a_proof_changed_in_any_way_is_refused(size, draw):
    entries = numbered(size)
    index = draw.draw(st.integers(0, size - 1))
    head = slow_twin.mth(entries)
    proof = slow_twin.path(index, entries)
    leaf = leaf_hash(entries[index])
    other = draw.draw(st.integers(0, size).filter(lambda one: one != index))
    at = draw.draw(st.integers(0, len(proof) - 1))
    wrong = [
        (leaf, other, size, proof, head),
        (leaf, index, size, proof[:-1], head),
        (leaf, index, size, [*proof, head], head),
        (leaf, index, size, [*proof[:at], leaf_hash(b"x"), *proof[at + 1 :]], head),
        (leaf_hash(b"x"), index, size, proof, head),
        (leaf, index, size, proof, leaf_hash(b"x")),
        (leaf, -1, size, proof, head),
    ]
    for case in wrong:
        with pytest.raises(Rejected):
            verify_inclusion(*case)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 70).flatmap(lambda n: st.tuples(st.integers(1, n - 1), st.just(n))))
def test_a_consistency_proof_changed_in_any_way_is_refused(sizes):
    old, new = sizes
    entries = numbered(new)
    proof = slow_twin.proof(old, entries)
    before, after = slow_twin.mth(entries[:old]), slow_twin.mth(entries)
    wrong = [
        (old, new, proof[:-1], before, after),
        (old, new, [*proof, after], before, after),
        (old, new, proof, after, after),
        (old, new, proof, before, before),
        (new, old, proof, before, after),
        *(
            (old, new, [*proof[:at], b"\0" * 32, *proof[at + 1 :]], before, after)
            for at in range(len(proof))
        ),
    ]
    for case in wrong:
        with pytest.raises(Rejected):
            verify_consistency(*case)


def test_equal_sizes_need_equal_roots_and_no_proof():
    head = leaf_hash(b"a")
    verify_consistency(1, 1, [], head, head)
    verify_consistency(0, 1, [], EMPTY_ROOT, head)
    for case in [(1, 1, [head], head, head), (1, 1, [], head, EMPTY_ROOT), (0, 1, [], head, head)]:
        with pytest.raises(Rejected):
            verify_consistency(*case)


def test_a_leaf_is_not_a_node():
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)
