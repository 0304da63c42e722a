# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from hypothesis import given, settings
from hypothesis import strategies as st

from votelog import ChoiceSealer, Count, Recount, encode_canonical, public_of, recount_log
from votelog._cli import count_facts
from votelog._hpke import begin_opening, begin_sealing
from votelog_given import (
    CANDIDATES,
    DAY_MS,
    OPENS,
    given_adjudication,
    given_ballot,
    given_close,
    given_log,
    given_manifest,
    given_reader,
    given_result,
    given_signer,
)

KEY = hashlib.sha256(b"the campaign's key").digest()
PUBLIC = public_of(KEY)
OTHERS_KEY = hashlib.sha256(b"another campaign's key").digest()
MANIFEST = given_manifest(seal=PUBLIC.hex())
SCRIPT = Path(__file__).parents[3] / "frontend/verify/recount.mjs"
NODE = shutil.which("node")


def given_sealer(**changes: Any) -> ChoiceSealer:
    facts = {"campaign": "c1", "candidates": CANDIDATES, "public": PUBLIC}
    return ChoiceSealer(**(facts | changes))


def sealed(sealer: ChoiceSealer, ballot: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a ballot with its choice sealed; `changes` are made to the entry afterwards."""
    picks = ballot.pop("ch")
    choice = sealer.seal(tuple(picks), tag=ballot["tag"], nonce=ballot["n"])
    return {**ballot, **choice._asdict(), **changes}


def given_key(key: bytes = KEY) -> dict[str, Any]:
    return {"type": "key", "t": OPENS + 10 * DAY_MS, "key": key.hex()}


def given_count(at: int, ballots: int, **votes: int) -> dict[str, Any]:
    tally = dict.fromkeys(CANDIDATES, 0) | {name[1:]: number for name, number in votes.items()}
    facts = {"hour": OPENS, "at": at, "ballots": ballots, "tally": tally}
    return {"type": "count", "t": OPENS + DAY_MS, **facts}


def counted(*entries: dict[str, Any]) -> Count:
    fold = Recount()
    for index, entry in enumerate(entries):
        fold.add(index, encode_canonical(entry))
    return fold.count()


def codes(*entries: dict[str, Any]) -> list[tuple[str, int]]:
    findings = counted(*entries).findings
    assert all(str(one) for one in findings)
    return [(one.code, one.facts["index"]) for one in findings]


def opened(*ballots: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the entries of a vote with these ballots that is closed and opened."""
    return [MANIFEST, *ballots, given_close(1 + len(ballots)), given_key()]


def test_our_contexts_are_those_of_the_library():
    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
    sent, context = begin_sealing(PUBLIC, b"info")
    whole = sent + context.seal(0, b"text")
    assert suite.decrypt(whole, X25519PrivateKey.from_private_bytes(KEY), b"info") == b"text"
    theirs = suite.encrypt(b"text", X25519PublicKey.from_public_bytes(PUBLIC), b"info")
    assert begin_opening(KEY, theirs[:32], b"info").open(0, theirs[32:]) == b"text"


@given(st.lists(st.sets(st.sampled_from(CANDIDATES), min_size=1, max_size=3), max_size=30))
@settings(max_examples=30, deadline=None)
def test_an_opened_log_counts_what_the_same_log_in_clear_counts(choices):
    ballots = [given_ballot(number, ch=sorted(one)) for number, one in enumerate(choices, start=1)]
    clear = counted(given_manifest(), *ballots, given_close(1 + len(ballots)))
    sealer = given_sealer()
    hidden = [sealed(sealer, dict(ballot)) for ballot in ballots]
    count = counted(*opened(*hidden))
    assert count.findings == []
    assert (count.tally, count.counted) == (clear.tally, clear.counted)


def test_before_the_key_is_published_nobody_can_count_and_afterwards_everybody():
    sealer = given_sealer()
    ballots = [sealed(sealer, given_ballot(number)) for number in (1, 2, 3)]
    before = counted(MANIFEST, *ballots, given_close(4))
    assert (before.sealed, before.counted, sum(before.tally.values())) == (True, 3, 0)
    after = counted(*opened(*ballots))
    assert (after.sealed, after.tally["02"], after.tally["12"]) == (False, 2, 1)


def test_a_sealed_choice_does_not_tell_how_many_were_picked():
    sealer = given_sealer()
    one = sealed(sealer, given_ballot(1, ch=["01"]))
    three = sealed(sealer, given_ballot(2, ch=["01", "02", "07"]))
    assert len(one["x"]) == len(three["x"])


def test_a_context_serves_ten_minutes_and_no_place_in_it_twice():
    now = [0.0]
    sealer = given_sealer(clock=lambda: now[0])
    first, second = sealed(sealer, given_ballot(1)), sealed(sealer, given_ballot(2))
    now[0] = 601.0
    later = sealed(sealer, given_ballot(3))
    assert first["e"] == second["e"] != later["e"]
    assert (first["i"], second["i"], later["i"]) == (0, 1, 0)


def test_adjudications_before_and_after_the_opening_move_the_count():
    sealer = given_sealer()
    ballots = [sealed(sealer, given_ballot(number, ch=["02"])) for number in range(1, 6)]
    entries = [
        MANIFEST,
        *ballots,
        given_adjudication("void", [[1, 3]]),
        given_close(7),
        given_key(),
    ]
    assert counted(*entries).tally["02"] == 3
    count = counted(*entries, given_adjudication("restore", [[2, 3]]))
    assert (count.tally["02"], count.void, count.findings) == (4, 1, [])
    tally = dict.fromkeys(CANDIDATES, 0) | {"02": 3}
    assert counted(*entries, given_result(9, tally)).result == "equal"
    assert codes(*entries[:-1], given_result(8, tally)) == [("result_before_key", 8)]


def flipped(text: str) -> str:
    return f"{int(text[0], 16) ^ 1:x}{text[1:]}"


BROKEN = {
    "the ciphertext is changed": (lambda one: {"x": flipped(one["x"])}, "choice_unopenable"),
    "the context is another": (lambda one: {"e": flipped(one["e"])}, "choice_unopenable"),
    "the context is no key": (lambda _one: {"e": "00" * 32}, "choice_unopenable"),
    "the place is another": (lambda one: {"i": one["i"] + 1}, "choice_unopenable"),
    "the ciphertext is short": (lambda one: {"x": one["x"][2:]}, "entry_malformed"),
    "the ballot is in clear": (lambda _one: {"ch": ["02"]}, "entry_malformed"),
}


@pytest.mark.parametrize("why", BROKEN)
def test_a_changed_choice_is_named_and_counts_for_nothing(why):
    change, code = BROKEN[why]
    sealer = given_sealer()
    good, bad = sealed(sealer, given_ballot(1)), sealed(sealer, given_ballot(2))
    entries = opened(good, {**bad, **change(bad)})
    assert codes(*entries) == [(code, 2)]
    assert (counted(*entries).counted, counted(*entries).cast) == (1, 1)


def test_a_choice_copied_from_another_ballot_is_named():
    sealer = given_sealer()
    first = sealed(sealer, given_ballot(1))
    copied = sealed(sealer, given_ballot(2)) | {name: first[name] for name in "eix"}
    assert codes(*opened(first, copied)) == [("choice_copied", 2)]


def test_a_choice_of_another_campaign_or_for_another_key_does_not_open():
    elsewhere = sealed(given_sealer(campaign="c2"), given_ballot(1))
    assert codes(*opened(elsewhere)) == [("choice_unopenable", 1)]
    for_others = sealed(given_sealer(public=public_of(OTHERS_KEY)), given_ballot(1))
    assert codes(*opened(for_others)) == [("choice_unopenable", 1)]


def test_picks_against_the_rule_are_found_at_the_opening():
    many = sealed(given_sealer(), given_ballot(1, ch=["01", "02", "03", "07"]))
    assert codes(*opened(many)) == [("picks_number", 1)]
    unknown = sealed(given_sealer(candidates=[*CANDIDATES, "99"]), given_ballot(1, ch=["99"]))
    assert codes(*opened(unknown)) == [("pick_unknown", 1)]


def test_the_key_must_be_the_right_one_once_and_after_the_close():
    close = given_close(1)
    assert codes(MANIFEST, given_key()) == [("key_before_close", 1)]
    assert codes(MANIFEST, close, given_key(OTHERS_KEY)) == [("key_false", 2)]
    assert codes(MANIFEST, close, given_key(), given_key()) == [("key_repeated", 3)]
    assert codes(given_manifest(), close, given_key()) == [("key_unwanted", 2)]
    assert codes(given_manifest(seal="00"), close) == [("entry_malformed", 0)]


def test_an_announced_count_is_compared_when_the_choices_are_open():
    sealer = given_sealer()
    one, two, three = (sealed(sealer, given_ballot(number, ch=["02"])) for number in (1, 2, 3))
    void = given_adjudication("void", [[1, 2]])
    right = [given_count(3, 2, _02=2), given_count(6, 2, _02=2)]
    entries = [MANIFEST, one, two, right[0], three, void, right[1], given_close(7), given_key()]
    assert codes(*entries) == []
    entries[6] = given_count(6, 2, _02=3)
    assert codes(*entries) == [("count_differs", 6)]
    entries[3] = given_count(3, 1, _02=2)
    assert codes(*entries) == [("count_differs", 3), ("count_differs", 6)]
    assert codes(*entries[:8]) == []  # nobody can tell before


@pytest.mark.parametrize(("at", "codes_of"), [(0, "count_misplaced"), (3, "count_misplaced")])
def test_an_announced_count_has_its_place(at, codes_of):
    one = sealed(given_sealer(), given_ballot(1))
    assert codes(MANIFEST, one, given_count(at, 1)) == [(codes_of, 2)]
    assert codes(given_manifest(), given_count(1, 0)) == [("count_misplaced", 1)]
    assert codes(MANIFEST, given_close(1), given_count(1, 0)) == [("count_misplaced", 2)]


@pytest.mark.skipif(NODE is None or not SCRIPT.is_file(), reason="node or frontend is not here")
def test_javascript_opens_counts_and_names_the_same(tmp_path):
    sealer = given_sealer()
    ballots = [sealed(sealer, given_ballot(number)) for number in range(1, 40)]
    ballots[4] |= {"x": flipped(ballots[4]["x"])}
    ballots[5] |= {name: ballots[6][name] for name in "eix"}
    ballots[7] |= {"e": "00" * 32}
    ballots.append(sealed(sealer, given_ballot(50, ch=["01", "02", "03", "07"])))
    whole = opened(*ballots)
    whole[10:10] = [given_count(9, 9, _02=1), given_adjudication("void", [[1, 4], [5, 6]])]
    whole[-2]["size"] += 2
    whole += [given_key(), given_result(len(whole), {"02": 1})]
    for name, entries in {"before": whole[:-4], "closed": whole[:-3], "after": whole}.items():
        folder = given_log(tmp_path / name, [[encode_canonical(entry) for entry in entries]])
        count = recount_log(given_reader(folder), given_signer().verifier)
        asked = [NODE, SCRIPT, folder, given_signer().verifier.vkey()]
        answer = json.loads(subprocess.run(asked, capture_output=True, text=True).stdout)
        found = [(one.code, one.facts["index"]) for one in count.findings]
        assert [(one["code"], one["index"]) for one in answer["findings"]] == found
        facts = count_facts(count)
        assert {member: answer[member] for member in facts} == facts
        assert (len(found) > 3) == (name == "after")
