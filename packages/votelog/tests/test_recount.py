# SPDX-License-Identifier: Apache-2.0
import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from votelog import Count, Recount, encode_canonical, recount_log
from votelog._cli import count_facts
from votelog_given import (
    CANDIDATES,
    DAY_MS,
    OPENS,
    PH,
    given_adjudication,
    given_ballot,
    given_close,
    given_closed_vote,
    given_log,
    given_manifest,
    given_reader,
    given_result,
    given_signer,
    written,
)

KEY = given_signer().verifier
KINDS = ["quarantine", "release", "void", "restore"]
SCRIPT = Path(__file__).parents[3] / "frontend/verify/recount.mjs"
NODE = shutil.which("node")


def counted(*entries: dict[str, Any] | bytes) -> Count:
    fold = Recount()
    for index, entry in enumerate(entries):
        fold.add(index, entry if isinstance(entry, bytes) else encode_canonical(entry))
    return fold.count()


def codes(*entries: dict[str, Any] | bytes) -> list[tuple[str, int]]:
    findings = counted(*entries).findings
    assert all(str(one) for one in findings)
    return [(one.code, one.facts["index"]) for one in findings]


def test_a_vote_is_counted_and_its_result_compared(tmp_path):
    given_log(tmp_path, [given_closed_vote(20)])
    count = recount_log(given_reader(tmp_path), KEY)
    assert count.findings == []
    assert (count.cast, count.counted, count.quarantined, count.void) == (20, 17, 2, 1)
    assert count.void_by_rule == {"R12": 1}
    assert count.tally == {"01": 0, "02": 12, "03": 0, "07": 12, "12": 5}
    assert count.closed_at == 26
    assert count.result == "equal"


def test_a_ballot_counts_for_each_of_its_picks():
    count = counted(given_manifest(), given_ballot(1), given_ballot(3))
    assert count.tally == {"01": 0, "02": 1, "03": 0, "07": 1, "12": 1}
    assert count.result == "absent"


BROKEN = [
    ({"tag": given_ballot(1)["tag"]}, "tag_repeated"),
    ({"n": given_ballot(1)["n"]}, "nonce_replayed"),
    ({"t": OPENS - 1}, "ballot_outside_time"),
    ({"t": OPENS + 10 * DAY_MS}, "ballot_outside_time"),
    ({"day": "2026-09-22"}, "ballot_day_false"),
    ({"ph": "0" * 64}, "ballot_rules_differ"),
    ({"ch": []}, "picks_number"),
    ({"ch": ["01", "02", "03", "07"]}, "picks_number"),
    ({"ch": ["07", "02"]}, "picks_order"),
    ({"ch": ["02", "02"]}, "picks_order"),
    ({"ch": ["99"]}, "pick_unknown"),
    ({"ch": "02"}, "entry_malformed"),
    ({"ch": ["０２"]}, "entry_malformed"),
    ({"tag": "A" * 32}, "entry_malformed"),
    ({"tag": "a" * 31}, "entry_malformed"),
    ({"n": None}, "entry_malformed"),
    ({"t": True}, "entry_malformed"),
    ({"t": -1}, "entry_malformed"),
    ({"ip": "10.0.0.1"}, "entry_malformed"),
    ({"type": "vote"}, "entry_type_unknown"),
    ({"type": ["ballot"]}, "entry_malformed"),
]


@pytest.mark.parametrize(("changes", "code"), BROKEN)
def test_a_ballot_against_the_rules_is_named_and_not_counted(changes, code):
    entries = [given_manifest(), given_ballot(1), given_ballot(2, **changes), given_ballot(4)]
    assert codes(*entries) == [(code, 2)]
    assert counted(*entries).counted == 2


def test_a_voter_may_vote_again_on_another_day_but_not_in_a_vote_by_campaign():
    again = given_ballot(2, tag=given_ballot(1)["tag"], t=OPENS + DAY_MS, day="2026-09-22")
    assert codes(given_manifest(), given_ballot(1), again) == []
    once = given_manifest(rule={"per": "campaign", "min": 1, "max": 3})
    assert codes(once, given_ballot(1), again) == [("tag_repeated", 2)]


def test_the_day_is_that_of_the_zone():
    late = OPENS - OPENS % DAY_MS + DAY_MS - 8 * 3_600_000  # midnight in Shanghai
    before, after = given_ballot(1, t=late - 1), given_ballot(2, t=late, day="2026-09-22")
    assert codes(given_manifest(), before, after) == []


MANIFEST, ONE, TWO = given_manifest(), given_ballot(1), given_ballot(2)
TALLY = {"01": 0, "02": 2, "03": 0, "07": 2, "12": 0}


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ([ONE, TWO], [("manifest_missing", 0)]),
        ([MANIFEST, MANIFEST], [("manifest_repeated", 1)]),
        ([given_manifest(candidates=["a", "a"])], [("entry_malformed", 0)]),
        ([given_manifest(closes=OPENS)], [("entry_malformed", 0)]),
        ([given_manifest(rule={"per": "hour", "min": 1, "max": 1})], [("entry_malformed", 0)]),
        ([given_manifest(rule={"per": "day", "min": 3, "max": 2})], [("entry_malformed", 0)]),
        ([given_manifest(rule=7)], [("entry_malformed", 0)]),
        ([given_manifest(v=2)], [("entry_malformed", 0)]),
        ([given_manifest(closes=1 << 52)], [("entry_malformed", 0)]),
        ([MANIFEST, b'{"type": "ballot"}'], [("entry_not_canonical", 1)]),
        ([MANIFEST, b"{}"], [("entry_malformed", 1)]),
        ([MANIFEST, b"x"], [("entry_not_canonical", 1)]),
        ([MANIFEST, ONE, given_close(2), TWO], [("ballot_after_close", 3)]),
        ([MANIFEST, ONE, given_close(1)], [("close_size_false", 2)]),
        ([MANIFEST, given_close(1), given_close(2)], [("close_repeated", 2)]),
        ([MANIFEST, given_result(1, TALLY)], [("result_before_close", 1)]),
        ([MANIFEST, ONE, TWO, given_close(3), given_result(4, TALLY)], []),
        ([MANIFEST, ONE, TWO, given_close(3), given_result(3, TALLY)], []),
        ([MANIFEST, ONE, TWO, given_close(3), given_result(2, TALLY)], [("result_stale", 4)]),
        ([MANIFEST, ONE, TWO, given_close(3), given_result(5, TALLY)], [("result_stale", 4)]),
        (
            [MANIFEST, ONE, TWO, given_close(3), given_result(4, {**TALLY, "02": 3})],
            [("result_differs", 4)],
        ),
        ([MANIFEST, ONE, TWO, given_close(3), given_result(4, {})], [("result_differs", 4)]),
        ([MANIFEST, ONE, given_adjudication("release", [[1, 2]])], [("state_wrong", 2)]),
        ([MANIFEST, ONE, given_adjudication("restore", [[1, 2]])], [("state_wrong", 2)]),
        ([MANIFEST, ONE, given_adjudication("void", [[0, 1]])], [("state_wrong", 2)]),
        ([MANIFEST, ONE, given_adjudication("void", [[2, 3]])], [("ballot_ahead", 2)]),
        ([MANIFEST, ONE, given_adjudication("void", [[2, 1]])], [("entry_malformed", 2)]),
        ([MANIFEST, ONE, given_adjudication("void", [])], [("entry_malformed", 2)]),
        ([MANIFEST, ONE, given_adjudication("void", [[1, 2], [1, 2]])], [("entry_malformed", 2)]),
        ([MANIFEST, ONE, given_adjudication("void", [[1, 2]], rule="")], [("entry_malformed", 2)]),
        ([MANIFEST, {"type": "appeal", "t": 1, "ev": PH}], []),
        ([MANIFEST, {"type": "event", "t": 1, "what": "vault opened"}], []),
    ],
)
def test_each_breach_of_the_rules_is_named(entries, expected):
    assert codes(*entries) == expected


def test_an_adjudication_with_a_fault_moves_no_ballot():
    count = counted(MANIFEST, ONE, TWO, given_adjudication("void", [[1, 4]]))
    assert [one.code for one in count.findings] == ["ballot_ahead"]
    assert (count.counted, count.void) == (2, 0)


def test_a_result_before_the_last_void_is_stale():
    void = given_adjudication("void", [[1, 2]])
    entries = [MANIFEST, ONE, TWO, given_close(3), void, given_result(4, TALLY)]
    assert codes(*entries) == [("result_stale", 5)]
    corrected = {**TALLY, "02": 1, "07": 1}
    assert codes(*entries, given_result(6, corrected)) == [("result_stale", 5)]
    assert counted(*entries, given_result(6, corrected)).result == "equal"


def test_a_stage_moves_the_voting_time_and_the_rules():
    new = "1" * 64
    stage = {
        "type": "stage",
        "t": OPENS,
        "by": "clerk",
        "ph": new,
        "opens": OPENS,
        "closes": OPENS + 9,
    }
    entries = [
        MANIFEST,
        ONE,
        stage,
        given_ballot(2, ph=new),
        given_ballot(4),
        given_ballot(9, ph=new),
    ]
    assert codes(*entries) == [("ballot_rules_differ", 4), ("ballot_outside_time", 5)]


def test_a_log_whose_entries_cannot_be_read_is_not_counted_in_silence(tmp_path):
    given_log(tmp_path, [given_closed_vote(300)])
    (tmp_path / "tile/entries/000").unlink()
    first, *_ = recount_log(given_reader(tmp_path), KEY).findings
    assert first.code == "file_missing"
    given_log(tmp_path / "empty", [])
    assert [one.code for one in recount_log(given_reader(tmp_path / "empty"), KEY).findings] == [
        "manifest_missing"
    ]


def recount_in_javascript(folder: Path) -> dict[str, Any]:
    answer = subprocess.run(
        [NODE, SCRIPT, folder, KEY.vkey()], capture_output=True, text=True, timeout=60, check=False
    )
    assert answer.stdout, answer.stderr
    found = json.loads(answer.stdout)
    assert answer.returncode == (0 if found["ok"] else 1)
    return found


needs_node = pytest.mark.skipif(
    NODE is None or not (SCRIPT.parents[1] / "node_modules/@noble").is_dir(),
    reason="node, or the packages of frontend/, are not installed",
)


@needs_node
@pytest.mark.parametrize("ballots", [1, 20, 300, 700])
def test_javascript_gives_the_same_result(tmp_path, ballots):
    vote = given_closed_vote(max(ballots, 7)) if ballots > 1 else written(MANIFEST, ONE)
    given_log(tmp_path, [vote])
    check_same_count(tmp_path, ok=True)


@needs_node
def test_javascript_names_the_same_breaches(tmp_path):
    entries = [MANIFEST, given_ballot(1)]
    entries += [given_ballot(2, **changes) for changes, _ in BROKEN]
    entries += [given_adjudication("void", [[1, 2]]), given_adjudication("restore", [[1, 3]])]
    entries += [given_close(len(entries)), given_result(4, TALLY), given_ballot(5), {"type": "odd"}]
    given_log(tmp_path, [[*written(*entries), b"\xff", b'{"a":1.0}', b'{"b":1,"a":2}']])
    check_same_count(tmp_path, ok=False)


@needs_node
def test_javascript_refuses_a_changed_log(tmp_path):
    given_log(tmp_path, [written(MANIFEST, ONE, TWO)])
    for path in ("tile/entries/000.p/3", "checkpoint"):
        whole = (tmp_path / path).read_bytes()
        (tmp_path / path).write_bytes(whole.replace(b"1", b"2"))
        assert not recount_in_javascript(tmp_path)["ok"]
        (tmp_path / path).write_bytes(whole)


ODD_VALUES = [
    None, True, False, 0, 1, -1, 7, 2**53 - 1, 253_402_300_799_999, "", "02", "day",
    "ballot", "void",
    "a" * 32, "a" * 64, "A" * 64, "民意", "2026-09-21", "9999-99-99", [], [[1, 2]], [[2, 2]],
    [[1, 3], [2, 4]],
    [1], [[1, 2, 3]], ["02"], ["07", "02"], ["02", "07"], {}, {"02": 1}, {"02": -1}, {"per": "day"},
    {"per": "day", "min": 0, "max": 5}, OPENS, OPENS + 5, "__proto__", "constructor",
]  # fmt: skip


def given_odd_entry(dice: random.Random, index: int) -> bytes:
    """An entry that is nearly right, or a little wrong, or not at all an entry."""
    low = dice.randrange(1, max(index, 2))
    tally = {label: dice.randrange(3) for label in CANDIDATES}
    value = dice.choice(
        [
            given_ballot(dice.randrange(400), t=OPENS + dice.randrange(20_000)),
            given_ballot(index + 1000),
            given_adjudication(dice.choice(KINDS), [[low, low + dice.randrange(1, 3)]]),
            given_close(dice.choice([index, 5])),
            given_result(dice.choice([index, index - 1]), tally),
            {
                "type": "stage",
                "t": 1,
                "ph": PH,
                "opens": OPENS,
                "closes": OPENS + 15_000,
                "by": "x",
            },
            {"type": "appeal", "t": 1, "ev": PH},
            given_manifest(),
        ]
    )
    if value["type"] == "close" and dice.random() < 0.98:
        value = given_ballot(index + 5000)
    value = dict(value)
    if dice.random() < 0.4:
        member = dice.choice([*value, "more", "__proto__"])
        value[member] = dice.choice(ODD_VALUES)
        if dice.random() < 0.2:
            del value[member]
    raw = encode_canonical(value)
    if dice.random() < 0.1:
        at = dice.randrange(len(raw))
        raw = raw[:at] + bytes([dice.randrange(256)]) + raw[at + dice.randrange(2) :]
    return raw


@needs_node
@pytest.mark.parametrize("seed", range(6))
def test_javascript_agrees_on_odd_entries(tmp_path, seed):
    dice = random.Random(seed)
    entries = [encode_canonical(given_manifest(rule={"per": "day", "min": 1, "max": 2}))]
    while len(entries) < 900:
        entries.append(given_odd_entry(dice, len(entries)))
    given_log(tmp_path, [entries])
    check_same_count(tmp_path, ok=False)


@needs_node
@pytest.mark.parametrize("seed", range(3))
def test_javascript_agrees_on_odd_manifests(tmp_path, seed):
    dice = random.Random(seed)
    for member in given_manifest():
        odd = dice.choice([*ODD_VALUES, ["a", "a"], ["b", "a"]])
        folder = given_log(tmp_path / member, [written(given_manifest(**{member: odd}), ONE)])
        check_same_count(folder, ok=not recount_log(given_reader(folder), KEY).findings)


def check_same_count(folder: Path, *, ok: bool) -> None:
    count = recount_log(given_reader(folder), KEY)
    found = recount_in_javascript(folder)
    named = [(one["code"], one["index"]) for one in found.pop("findings")]
    assert named == [(one.code, one.facts["index"]) for one in count.findings]
    assert found.pop("ok") is ok
    head = {found.pop("origin"), found.pop("size"), found.pop("root")}
    assert given_reader(folder).size in head
    assert found == count_facts(count)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.integers(1, 12), st.integers(1, 4)), max_size=12)
)
def test_the_tally_is_always_the_sum_of_the_counted_ballots(judgements):
    entries = [MANIFEST, *(given_ballot(number) for number in range(1, 13))]
    states = dict.fromkeys(range(1, 13), "counted")
    for kind, first, width in judgements:
        entries.append(given_adjudication(kind, [[first, first + width]]))
        touched = range(first, first + width)
        before = {
            "quarantine": {"counted"},
            "release": {"quarantined"},
            "void": {"counted", "quarantined"},
            "restore": {"void"},
        }[kind]
        if all(states.get(number) in before for number in touched):
            after = {"quarantine": "quarantined", "void": "void"}.get(kind, "counted")
            states.update(dict.fromkeys(touched, after))
    tally = dict.fromkeys(CANDIDATES, 0)
    for number, state in states.items():
        for pick in given_ballot(number)["ch"] if state == "counted" else []:
            tally[pick] += 1
    count = counted(*entries)
    assert count.tally == tally
    assert sum(count.void_by_rule.values()) == count.void
