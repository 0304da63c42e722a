# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from votelog import (
    EMPTY_ROOT,
    Checkpoint,
    Cosigner,
    Malformed,
    Rejected,
    VotelogError,
    cosigned_at,
    join_note,
    open_checkpoint,
    open_note,
    parse_checkpoint,
    parse_cosigner_vkey,
    parse_vkey,
    sign_checkpoint,
    sign_note,
    split_note,
)
from votelog_given import given_signer

# The example of the signed-note specification.
VKEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
TEXT = b"This is an example message.\n"
LINE = (
    "\N{EM DASH} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Z"
    "tg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
NOTE = TEXT + b"\n" + LINE.encode()


def refusal(call, *arguments) -> str:
    with pytest.raises(VotelogError) as caught:
        call(*arguments)
    assert str(caught.value)
    return caught.value.code


def test_the_example_of_the_specification_verifies():
    note = open_note(NOTE, [parse_vkey(VKEY)])
    assert note.text == TEXT
    assert parse_vkey(VKEY).vkey() == VKEY


def test_every_single_bit_of_a_note_matters():
    key = parse_vkey(VKEY)
    for bit in range(len(NOTE) * 8):
        changed = bytearray(NOTE)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((Malformed, Rejected)):
            open_note(bytes(changed), [key])


def test_unknown_keys_are_ignored_and_a_false_known_one_is_refused():
    first, second = given_signer("a.example", 1), given_signer("b.example", 2)
    note = sign_note(TEXT, [first, second])
    assert len(open_note(note, [first.verifier]).unknown) == 1
    text, (one, other) = split_note(note)
    forged = join_note(text, [one, type(other)(other.name, other.key_id, one.signature)])
    assert open_note(forged, [first.verifier]).verified
    assert refusal(open_note, forged, [first.verifier, second.verifier]) == "signature_false"
    assert refusal(open_note, note, [given_signer("c.example").verifier]) == "signature_missing"
    assert refusal(open_note, note, []) == "signature_missing"


def test_a_key_of_the_same_name_with_another_id_is_unknown():
    real, double = given_signer("a.example", 1), given_signer("a.example", 2)
    note = sign_note(TEXT, [real, double])
    assert [line.key_id for line in open_note(note, [real.verifier]).verified] == [
        real.verifier.key_id
    ]


def test_sixteen_signatures_are_read():
    signers = [given_signer(f"{number}.example", number) for number in range(1, 17)]
    note = sign_note(TEXT, signers)
    assert len(open_note(note, [one.verifier for one in signers]).verified) == 16


def test_the_last_empty_line_divides():
    signer = given_signer()
    text = b"one\n\ntwo\n\n\nthree\n"
    assert open_note(sign_note(text, [signer]), [signer.verifier]).text == text


@pytest.mark.parametrize(
    ("note", "code"),
    [
        (b"", "note_malformed"),
        (b"text\n", "note_malformed"),
        (b"text\n\n", "note_malformed"),
        (NOTE[:-1], "note_malformed"),
        (NOTE.replace(b"This", b"Th\tis"), "note_malformed"),
        (NOTE.replace(b"This", b"Th\ris"), "note_malformed"),
        (NOTE.replace(b"This", b"Th\xffis"), "note_malformed"),
        (NOTE + b"\n", "note_malformed"),
        (NOTE + b"more\n", "note_malformed"),
        (NOTE + "\N{EM DASH} x\n".encode(), "note_malformed"),
        (NOTE + "\N{EM DASH} x AAAA\n".encode(), "note_malformed"),
        (NOTE + "\N{EM DASH} x  AAAAAAAA\n".encode(), "base64_malformed"),
        (NOTE + "\N{EM DASH} x AAAAAAB=\n".encode(), "base64_malformed"),
        (NOTE + "\N{EM DASH} a+b AAAAAAAA\n".encode(), "key_name_malformed"),
        (TEXT + b"\n" + LINE.encode() * 101, "note_malformed"),
        (b"x" * (1 << 20) + NOTE, "note_malformed"),
    ],
)
def test_a_malformed_note_is_named(note, code):
    assert refusal(open_note, note, [parse_vkey(VKEY)]) == code


@given(st.binary(max_size=300))
def test_no_bytes_break_the_parser(raw):
    with pytest.raises((Malformed, Rejected)):
        open_note(raw, [parse_vkey(VKEY)])


@pytest.mark.parametrize(
    ("vkey", "code"),
    [
        ("", "vkey_malformed"),
        ("a+b", "vkey_malformed"),
        (VKEY.replace("530d903a", "530d903b"), "vkey_id_false"),
        (VKEY.replace("530d903a", "530D903A"), "vkey_id_false"),
        (VKEY.replace("example", "exam ple"), "key_name_malformed"),
        (VKEY.replace("+Aeky", "+Beky"), "key_type_unknown"),
        (VKEY[:-4], "key_type_unknown"),
        (VKEY[:-1] + "=", "base64_malformed"),
    ],
)
def test_a_false_vkey_is_named(vkey, code):
    assert refusal(parse_vkey, vkey) == code


def test_a_witness_key_is_no_log_key():
    witness = Cosigner("w.example", bytes(32)).verifier
    assert parse_cosigner_vkey(witness.vkey()) == witness
    assert refusal(parse_vkey, witness.vkey()) == "key_type_unknown"
    assert refusal(parse_cosigner_vkey, VKEY) == "key_type_unknown"


def test_a_cosignature_signs_time_and_text():
    signer, witness = given_signer(), Cosigner("w.example", bytes(32))
    note = sign_checkpoint(Checkpoint(signer.name, 0, EMPTY_ROOT), signer)
    text, lines = split_note(note)
    line = witness.cosign(text, seconds=1_790_000_000)
    _, opened = open_checkpoint(
        join_note(text, [*lines, line]), signer.verifier, [witness.verifier]
    )
    assert len(opened.verified) == 2
    assert cosigned_at(line.signature) == 1_790_000_000
    later = type(line)(line.name, line.key_id, b"\0" * 7 + b"\1" + line.signature[8:])
    forged = join_note(text, [*lines, later])
    assert (
        refusal(open_checkpoint, forged, signer.verifier, [witness.verifier]) == "signature_false"
    )


def test_a_checkpoint_comes_back_as_it_was_signed():
    signer = given_signer()
    head = Checkpoint(signer.name, 20852163, b"\7" * 32, ("extension 1",))
    assert open_checkpoint(sign_checkpoint(head, signer), signer.verifier)[0] == head


def test_a_witness_alone_does_not_make_a_checkpoint():
    signer, witness = given_signer(), Cosigner("w.example", bytes(32))
    text = Checkpoint(signer.name, 0, EMPTY_ROOT).text()
    note = join_note(text, [witness.cosign(text, seconds=1)])
    assert (
        refusal(open_checkpoint, note, signer.verifier, [witness.verifier]) == "signature_missing"
    )


def test_a_checkpoint_of_another_origin_is_refused():
    signer = given_signer()
    note = sign_note(Checkpoint("other.example", 0, EMPTY_ROOT).text(), [signer])
    assert refusal(open_checkpoint, note, signer.verifier) == "origin_differs"
    other = Checkpoint("other.example", 0, EMPTY_ROOT)
    assert refusal(sign_checkpoint, other, signer) == "origin_differs"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"o\n1\n", "checkpoint_malformed"),
        (b"o\n01\n" + b"A" * 43 + b"=\n", "number_malformed"),
        (b"o\n-1\n" + b"A" * 43 + b"=\n", "number_malformed"),
        (b"o\n+1\n" + b"A" * 43 + b"=\n", "number_malformed"),
        ("o\n１\n".encode() + b"A" * 43 + b"=\n", "number_malformed"),
        (b"o\n" + b"9" * 30 + b"\n" + b"A" * 43 + b"=\n", "number_malformed"),
        (b"o\n1\nAAAA\n", "checkpoint_malformed"),
        (b"o\n0\n" + b"A" * 43 + b"=\n", "checkpoint_malformed"),
        (b"o\n1\n" + b"A" * 43 + b"=\n\nx\n", "checkpoint_malformed"),
        (b"\n1\n" + b"A" * 43 + b"=\n", "checkpoint_malformed"),
        (b"o\n1\n" + b"A" * 43 + b"=", "checkpoint_malformed"),
    ],
)
def test_a_malformed_checkpoint_is_named(text, code):
    assert refusal(parse_checkpoint, text) == code
