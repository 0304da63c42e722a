# SPDX-License-Identifier: Apache-2.0
"""Policies, receipts, tile paths, canonical JSON, words, and the public surface."""

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import votelog
from votelog import (
    Checkpoint,
    Cosigner,
    Malformed,
    Receipt,
    Rejected,
    VotelogError,
    bundle_path,
    check_receipts_apart,
    decode_bundle,
    decode_canonical,
    encode_bundle,
    encode_canonical,
    join_note,
    leaf_hash,
    node_hash,
    parse_policy,
    parse_receipt,
    sign_checkpoint,
    split_note,
    tile_path,
    tile_spans,
    tile_width,
    verify_receipt,
)
from votelog._names import parse_file_name
from votelog._words import WORDS
from votelog_given import given_entries, given_log, given_policy, given_reader, given_signer

SIGNER = given_signer()
WITNESSES = [Cosigner(f"w{number}.example", bytes([number]) * 32) for number in range(1, 5)]
SOURCES = sorted((Path(votelog.__file__).parent).glob("*.py"))


def refusal(call, *arguments, **named) -> str:
    with pytest.raises(VotelogError) as caught:
        call(*arguments, **named)
    assert str(caught.value)
    return caught.value.code


def policy_text(*rows: str) -> bytes:
    lines = [f"log {SIGNER.verifier.vkey()} http://127.0.0.1:8161/log"]
    lines += [f"witness W{n} {one.verifier.vkey()}" for n, one in enumerate(WITNESSES, start=1)]
    return "\n".join([*lines, *rows, ""]).encode()


def cosigned(*numbers: int) -> bytes:
    note = sign_checkpoint(Checkpoint(SIGNER.name, 1, leaf_hash(b"x")), SIGNER)
    text, lines = split_note(note)
    return join_note(
        text, [*lines, *(WITNESSES[number - 1].cosign(text, seconds=9) for number in numbers)]
    )


@pytest.mark.parametrize(
    ("rows", "enough", "short"),
    [
        (["quorum none"], [()], []),
        (["quorum W1"], [(1,), (1, 2)], [(), (2,)]),
        (["group G any W1 W2", "quorum G"], [(1,), (2,)], [(3,)]),
        (["group G all W1 W2", "quorum G"], [(1, 2)], [(1,), (2,)]),
        (["group G 2 W1 W2 W3", "quorum G"], [(1, 3), (1, 2, 3)], [(1,), (1, 4)]),
        (
            [
                "group A 1 W1 W2",
                " # why",
                "",
                "\tgroup B\tall W3 W4",
                "group C all A B",
                "quorum C",
            ],
            [(1, 3, 4)],
            [(1, 3), (3, 4)],
        ),
    ],
)
def test_a_policy_asks_for_its_quorum(rows, enough, short):
    policy = parse_policy(policy_text(*rows))
    for numbers in enough:
        assert policy.open(cosigned(*numbers))[0].size == 1
    for numbers in short:
        assert refusal(policy.open, cosigned(*numbers)) == "quorum_missing"
    assert policy.urls == {SIGNER.name: "http://127.0.0.1:8161/log"}


def test_a_false_cosignature_of_a_known_witness_is_refused():
    note = cosigned(1, 2)
    text, (log, one, other) = split_note(note)
    forged = type(one)(one.name, one.key_id, other.signature)
    policy = parse_policy(policy_text("quorum W2"))
    assert refusal(policy.open, join_note(text, [log, forged, other])) == "signature_false"


def test_a_log_that_is_not_in_the_policy_is_unknown():
    stranger = given_signer("other.example")
    note = sign_checkpoint(Checkpoint("other.example", 1, leaf_hash(b"x")), stranger)
    assert refusal(parse_policy(policy_text("quorum none")).open, note) == "log_unknown"


@pytest.mark.parametrize(
    "rows",
    [
        [],
        ["quorum none", "quorum none"],
        ["quorum W9"],
        ["quorum"],
        ["group G any", "quorum none"],
        ["group G any W9", "quorum none"],
        ["group G any G", "quorum none"],
        ["group G any none", "quorum none"],
        ["group none any W1", "quorum none"],
        ["group W1 any W2", "quorum none"],
        ["group G any W1 W1", "quorum none"],
        ["group G any W1", "group H any W1", "quorum none"],
        ["group G 0 W1", "quorum none"],
        ["group G 2 W1", "quorum none"],
        ["group G 01 W1", "quorum none"],
        ["group G some W1", "quorum none"],
        [f"witness W9 {WITNESSES[0].verifier.vkey()}", "quorum none"],
        [f"witness W9 {SIGNER.verifier.vkey()}", "quorum none"],
        [f"log {WITNESSES[0].verifier.vkey()}", "quorum none"],
        [f"log {SIGNER.verifier.vkey()}", "quorum none"],
        ["log x", "quorum none"],
        ["witness W9", "quorum none"],
        ["trust everybody", "quorum none"],
        ["quorum none\r"],
    ],
)
def test_a_malformed_policy_is_refused(rows):
    with pytest.raises(Malformed):
        parse_policy(policy_text(*rows))


def given_receipts(folder: Path) -> list[bytes]:
    given_log(folder, [given_entries(5), [b"entry 1"]])
    reader = given_reader(folder)
    return [reader.prove(index)[1].encode() for index in range(6)]


def test_every_single_bit_of_a_receipt_matters(tmp_path):
    raw = given_receipts(tmp_path)[3]
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((Malformed, Rejected)):
            verify_receipt(parse_receipt(bytes(changed)), given_policy())


def test_a_receipt_comes_back_as_it_was_written(tmp_path):
    for raw in given_receipts(tmp_path):
        assert parse_receipt(raw).encode() == raw


def test_a_receipt_for_a_given_entry(tmp_path):
    receipt = parse_receipt(given_receipts(tmp_path)[3])
    bare = Receipt(receipt.index, receipt.hashes, receipt.checkpoint)
    assert verify_receipt(bare, given_policy(), entry=b"entry 3").index == 3
    assert refusal(verify_receipt, bare, given_policy()) == "entry_absent"
    assert refusal(verify_receipt, bare, given_policy(), entry=b"x") == "proof_false"
    assert refusal(verify_receipt, receipt, given_policy(), entry=b"x") == "entry_differs"


def test_two_receipts_for_one_entry_are_named(tmp_path):
    proven = [
        verify_receipt(parse_receipt(raw), given_policy()) for raw in given_receipts(tmp_path)
    ]
    check_receipts_apart([proven[0], proven[1], proven[2]])
    assert refusal(check_receipts_apart, [proven[0], proven[2], proven[2]]) == "receipt_clash"
    assert refusal(check_receipts_apart, [proven[1], proven[5]]) == "entry_repeated"
    other = given_reader(given_log(tmp_path / "fork", [[b"x"] * 6])).prove(0)[1]
    forked = verify_receipt(other, given_policy())
    assert refusal(check_receipts_apart, [proven[0], forked]) == "two_histories"


@given(st.binary(max_size=400))
def test_no_bytes_break_the_parsers(raw):
    for parse in (parse_receipt, parse_policy, decode_canonical):
        try:
            parse(raw)
        except Malformed as error:
            assert str(error)


def test_tile_paths_are_those_of_the_specification():
    assert tile_path(0, 1234067) == "tile/0/x001/x234/067"
    assert tile_path(0, 273, 112) == "tile/0/273.p/112"
    assert bundle_path(1000) == "tile/entries/x001/000"
    assert list(tile_spans(70_000)) == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(tile_spans(256)) == [(0, 1, 0), (1, 0, 1)]
    assert [tile_width(0, number, 70_000) for number in (0, 272, 273, 274)] == [256, 256, 112, 0]


@given(st.integers(0, 63), st.integers(0, 10**12), st.integers(1, 256))
def test_every_tile_path_is_read_back(level, number, width):
    found = parse_file_name(tile_path(level, number, width))
    assert (found.kind, found.level, found.number, found.width) == ("tile", level, number, width)
    found = parse_file_name(bundle_path(number, width))
    assert (found.kind, found.number, found.width) == ("bundle", number, width)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_come_back_as_they_were_written(entries):
    raw = encode_bundle(entries)
    assert decode_bundle(raw, len(entries), path="x") == entries
    assert refusal(decode_bundle, raw + b"\0", len(entries), path="x") == "bundle_too_long"
    assert refusal(decode_bundle, raw, len(entries) + 1, path="x") == "bundle_truncated"


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text("abcdefZ_-09", max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("abcxyz", max_size=3), JSON_VALUES, max_size=4))
def test_canonical_json_has_one_text_for_a_value(value):
    raw = encode_canonical(value)
    assert decode_canonical(raw) == value
    shuffled = dict(reversed(value.items()))
    assert encode_canonical(shuffled) == raw
    if b'": ' not in raw and b":" in raw:
        spaced = json.dumps(value, ensure_ascii=False, sort_keys=True).encode()
        assert refusal(decode_canonical, spaced) == "entry_not_canonical"


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), {"a": 0.5}, {"ä": 1}, {1: 1}, 2**53, b"x", "\ud800", {"a": {1}}]
)
def test_what_other_languages_read_differently_is_refused(value):
    assert refusal(encode_canonical, value) == "entry_not_canonical"


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"[]", b"1", b"{", b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'{"a":1.0}', b'{"a":1e3}',
        b'{"a":-0}', b'{"a": 1}', b'{"a":1}\n', b'{"a":"\\u0041"}', b'{"a":"\\/"}', b'{"a":NaN}',
        b'{"a":9007199254740992}', b'{"a":"\xff"}', b'\xef\xbb\xbf{}', b"[" * 2000,
        b'{"a":' * 300 + b"1" + b"}" * 300 + b" ", b'{"a":"\\ud800"}',
    ],
)  # fmt: skip
def test_json_written_in_another_way_is_refused(raw):
    assert refusal(decode_canonical, raw) == "entry_not_canonical"


def test_an_entry_is_at_most_two_kilobytes():
    assert len(encode_canonical({"a": "x" * 2040})) == 2048
    assert refusal(encode_canonical, {"a": "x" * 2041}) == "entry_too_long"
    assert refusal(decode_canonical, b" " * 2049) == "entry_too_long"


def codes_in_the_source() -> set[str]:
    errors = {"Malformed", "Rejected", "Missing", "Unavailable", "WriteRefused"}
    return {
        node.args[0].value
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in errors
        and isinstance(node.args[0], ast.Constant)
    }


def test_every_code_has_its_sentence_and_every_sentence_its_code():
    assert codes_in_the_source() == set(WORDS)


def test_the_public_surface_is_what_is_declared():
    assert votelog.__all__ == sorted(votelog.__all__, key=lambda name: (not name.isupper(), name))
    for name in votelog.__all__:
        assert hasattr(votelog, name)


def test_only_the_standard_library_and_cryptography_are_imported():
    import sys

    allowed = {*sys.stdlib_module_names, "cryptography", "votelog"}
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            names = (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            assert {name.split(".")[0] for name in names} <= allowed, source


def test_a_node_is_of_both_its_children():
    assert node_hash(b"a" * 32, b"b" * 32) != node_hash(b"b" * 32, b"a" * 32)
