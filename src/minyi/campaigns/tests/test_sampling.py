# SPDX-License-Identifier: Apache-2.0
"""The random sample: the draw that docs/protocol/sample.md describes, and what it finds out."""

import json
import secrets
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from minyi.agencies.policies import Role
from minyi.campaigns.errors import LogNotPublicYet, SampleOutOfRange, TaskRunning
from minyi.campaigns.models import LogCheck, Round, VoterSample
from minyi.campaigns.sampling import draw, seed_of
from minyi.campaigns.services import roundlogs, supervision
from minyi.campaigns.services.tickets import hand_out_ticket, voter_ref_for
from minyi.citizens import rolls
from minyi.core.errors import NotAllowed
from minyi.core.outbox_worker import Worker
from minyi.ledger import folders
from minyi.ledger.models import VaultRow
from minyi.ledger.queries.witnesses import Witnessing
from minyi.ledger.services import logs
from minyi.ledger.tests.given import entries_of, keep_logs_in

from .given import NOW, given_ballot, given_open_round, given_staff
from .visitors import a_session, given_votable

pytestmark = pytest.mark.django_db
VECTOR = Path(__file__).parents[4] / "docs/protocol/sample.json"


def test_the_draw_is_the_published_one():
    ballots = [index for index in range(1000) if index % 7]
    for vector in json.loads(VECTOR.read_text()):
        seed = seed_of(vector["checkpoint"], vector["cosignatures"], vector["many"])
        assert seed.hex() == vector["seed"]
        assert draw(seed, ballots, vector["many"]) == vector["drawn"]


def test_the_draw_is_what_the_document_says():
    """Written again from the document, in another way."""
    text, many, ballots = "vote.example/x\n9\nAAAA\n", 40, list(range(3, 300, 3))
    lines = "— w1.example BBBB\n— w2.example CCCC\n"
    parts = (b"minyi/sample/v1\n", text.encode(), lines.encode(), str(many).encode(), b"\n")
    seed = sha256(b"".join(parts)).digest()
    hashes = (sha256(seed + bytes.fromhex(f"{k:016x}")).hexdigest() for k in range(10_000))
    places = (ballots[int(one[:16], 16) % len(ballots)] for one in hashes)
    expected = list(dict.fromkeys(places))[:many]
    assert draw(seed_of(text, lines, many), ballots, many) == expected


def test_nobody_is_drawn_twice_and_where_there_are_few_all_are():
    seed = seed_of("x\n1\ny\n", "", 50)
    drawn = draw(seed, list(range(60)), 50)
    assert len(set(drawn)) == 50
    assert draw(seed, [4, 5, 6], 50) == [4, 5, 6]


# --- Held against the channel ---------------------------------------------------------------------


class FakeRoll:
    """A channel that knows some, says of some that they do not exist, and is silent on others."""

    key = "wechat"

    def ask(self, *, account, subjects, now):
        words = {"follower": "found", "invented": "missing"}
        return {
            subject: words[subject.split("-")[0]]
            for subject in subjects
            if subject.split("-")[0] in words
        }


@pytest.fixture(autouse=True)
def world(settings, tmp_path, monkeypatch):
    keep_logs_in(settings, tmp_path / "ledger")
    monkeypatch.setattr(rolls, "_rolls", {"wechat": FakeRoll()})


def given_voters(**fields: object) -> Round:
    """Ten followers, three people WeChat does not know, two strangers, one ballot of nobody."""
    campaign = given_votable(**{"count_mode": "live", **fields})
    opened = campaign.stages.get(kind="voting").opens_at
    paper = given_open_round(campaign, now=opened - timedelta(hours=1))
    names = ("follower",) * 10 + ("invented",) * 3 + ("passer",) * 2
    for number, name in enumerate(names):
        session = a_session(campaign.account, f"{name}-{number}")
        hand_out_ticket(campaign=campaign, session=session, language="zh-hans", now=NOW)
        tag = voter_ref_for(campaign_id=campaign.pk, session=session)
        given_ballot(paper, [1], now=NOW, voter_ref=tag)
    given_ballot(paper, [2], now=NOW, voter_ref=secrets.token_hex(16))
    roundlogs.bring_along(campaign_id=campaign.pk, now=NOW)
    return paper


def supervisor_of(paper: Round):
    return given_staff(paper.campaign.agency, Role.SUPERVISOR).actor


def sample(paper: Round, many: int = 20) -> VoterSample:
    drawn = supervision.ask_sample(
        campaign_id=paper.campaign_id, many=many, actor=supervisor_of(paper), now=NOW
    )
    for at in (NOW, NOW + supervision.SOON):
        Worker(clock=lambda at=at: at).run_due()
    drawn.refresh_from_db()
    return drawn


def test_found_missing_and_unknown_are_counted_and_nobody_is_named():
    paper = given_voters()
    drawn = sample(paper)
    assert (drawn.state, drawn.found, drawn.missing, drawn.unknown) == ("done", 10, 4, 2)
    events = [entry for entry in entries_of(paper.log) if entry["type"] == "event"]
    assert [entry["what"] for entry in events] == [
        *("sample_asked", "sample_drawn", "sample_checked")
    ]
    assert events[2]["missing"] == 4
    assert "follower" not in str(events)


def test_what_decides_the_draw_comes_after_it_was_asked_for():
    paper = given_voters()
    before = folders.read_size(paper.log)
    drawn = sample(paper)
    asked = next(i for i, e in enumerate(entries_of(paper.log)) if e.get("what") == "sample_asked")
    assert asked == before
    assert drawn.size > asked


def test_where_there_are_witnesses_their_signatures_decide_the_draw(monkeypatch):
    """Whoever seals last could try last entries until the draw pleases; not what others sign."""
    paper = given_voters()
    named = Witnessing((), 1)
    monkeypatch.setattr(supervision, "read_witnesses", lambda _folder: named)
    drawn = sample(paper)
    assert (drawn.state, drawn.note) == ("waiting", "")  # nobody has cosigned
    plain = folders.read_note(paper.log)
    signed = {name: plain + f"— w1.example {name}\n".encode() for name in ("AAAAAAAA", "BBBBBBBB")}
    draws = {
        name: supervision.draw_again(folder=paper.log, note=note.decode(), many=10)
        for name, note in signed.items()
    }
    assert draws["AAAAAAAA"] != draws["BBBBBBBB"]
    folders.write_cosigned(paper.log, "newest", signed["AAAAAAAA"])
    Worker(clock=lambda: NOW + 2 * supervision.SOON).run_due()
    drawn.refresh_from_db()
    assert (drawn.state, drawn.note) == ("done", signed["AAAAAAAA"].decode())
    (told,) = [one for one in entries_of(paper.log) if one.get("what") == "sample_drawn"]
    assert told["cosignatures"] == ["— w1.example AAAAAAAA"]


def test_a_row_that_was_moved_under_another_tag_does_not_pass_for_a_voter():
    paper = given_voters()
    rows = VaultRow.objects.filter(vault__campaign_id=paper.campaign_id)
    first, second = rows[0], rows[1]
    for name in ("channel", "account", "subject"):
        setattr(first, name, getattr(second, name))
    first.save()
    failed = sample(paper)
    assert failed.state == "failed"
    assert "不符" in failed.reason


def test_the_same_checkpoint_draws_the_same_ballots():
    paper = given_voters()
    note = folders.read_note(paper.log).decode()
    drawn = supervision.draw_again(folder=paper.log, note=note, many=10)
    assert drawn == supervision.draw_again(folder=paper.log, note=note, many=10)
    assert drawn != supervision.draw_again(folder=paper.log, note=note, many=11)[:10]
    assert set(drawn) <= set(range(1, 17))


def test_one_at_a_time_of_some_size_by_a_supervisor_and_not_before_counts_are_public():
    paper = given_voters()
    ask = {"campaign_id": paper.campaign_id, "now": NOW}
    supervisor = supervisor_of(paper)
    for many in (9, 501):
        with pytest.raises(SampleOutOfRange):
            supervision.ask_sample(**ask, many=many, actor=supervisor)
    organiser = given_staff(paper.campaign.agency, Role.ORGANISER).actor
    with pytest.raises(NotAllowed):
        supervision.ask_sample(**ask, many=10, actor=organiser)
    supervision.ask_sample(**ask, many=10, actor=supervisor)
    with pytest.raises(TaskRunning):
        supervision.ask_sample(**ask, many=10, actor=supervisor)
    hidden = given_voters(count_mode="after_close")
    with pytest.raises(LogNotPublicYet):
        supervision.ask_sample(
            campaign_id=hidden.campaign_id, many=10, actor=supervisor_of(hidden), now=NOW
        )


# --- The log, checked on demand -------------------------------------------------------------------


def check(paper: Round) -> LogCheck:
    made = supervision.ask_log_check(
        campaign_id=paper.campaign_id, actor=supervisor_of(paper), now=NOW
    )
    Worker(clock=lambda: NOW).run_due()
    made.refresh_from_db()
    return made


def test_a_sound_log_passes_and_a_changed_byte_is_named():
    paper = given_voters()
    sound = check(paper)
    assert (sound.state, sound.findings, sound.size) == ("done", [], 17)
    assert sound.done == sound.total == 17
    bundle = next((folders.path_of(paper.log) / "tile/entries").rglob("17"))
    bundle.write_bytes(bundle.read_bytes().replace(b'"002"', b'"003"'))
    damaged = check(paper)
    assert damaged.state == "done"
    assert any("tile/entries" in finding for finding in damaged.findings)


def test_an_entry_against_the_rules_is_named_in_the_words_of_the_office():
    paper = given_voters()
    wrong = {"type": "release", "t": 1, "ballots": [[1, 2]], "rule": "x", "ev": "0" * 64, "by": "x"}
    place = logs.append(folder=paper.log, entry=wrong, now=NOW)
    assert check(paper).findings == [f"第 {place} 条：认定的选票不在可以这样认定的状态"]
