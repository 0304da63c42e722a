# SPDX-License-Identifier: Apache-2.0
"""The evidence of a vote: who may have it, what is in it, and that it proves what it says."""

import json
import re
from datetime import timedelta
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from votelog import Cosigner, check_evidence, parse_vkey, peek_checkpoint

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_client
from minyi.campaigns.models import Round
from minyi.campaigns.queries.counts import count_whole
from minyi.campaigns.queries.ledgers import log_notice, opening_notice
from minyi.campaigns.services import evidence, roundlogs
from minyi.core.models import AuditEntry
from minyi.core.outbox_worker import Worker
from minyi.ledger import folders
from minyi.ledger.models import Log, LogWitness
from minyi.ledger.services import witnesses
from minyi.ledger.tests.given import given_cosigner, given_witness, keep_logs_in

from .given import NOW, given_ballot, given_campaign, given_nominee, given_open_round, given_staff

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")
    settings.PUBLIC_URL = "https://vote.example.gov.cn"


def given_vote(**fields: object) -> Round:
    """A vote of three candidates and four ballots; its log knows them."""
    campaign = given_campaign(**{"count_mode": "live", **fields})
    for _number in range(3):
        given_nominee(campaign)
    opened = campaign.stages.get(kind="voting").opens_at
    paper = given_open_round(campaign, now=opened - timedelta(hours=1))
    for picks in ([1], [1, 2], [3], [2]):
        given_ballot(paper, picks)
    roundlogs.bring_along(campaign_id=campaign.pk, now=NOW)
    return paper


def made(paper: Round, now=NOW) -> evidence.Bundle:
    return evidence.plan_bundle(campaign=paper.campaign, now=now)


def written(paper: Round, path) -> ZipFile:
    path.write_bytes(b"".join(made(paper).evidence.chunks()))
    return ZipFile(path)


def test_it_proves_the_vote_to_somebody_who_has_nothing_else(tmp_path):
    paper = given_vote()
    archive = tmp_path / "evidence.zip"
    written(paper, archive)
    key = parse_vkey(Log.objects.get(folder=paper.log).vkey)
    checked = check_evidence(archive, key=key)
    assert list(map(str, checked.findings)) == []
    assert checked.count.tally == {"001": 2, "002": 2, "003": 1}


def test_the_guide_tells_in_plain_chinese_what_to_compare_and_what_to_run(tmp_path):
    paper = given_vote()
    log = Log.objects.get(folder=paper.log)
    guide = written(paper, tmp_path / "e.zip").read("README.txt").decode("utf-8-sig")
    assert 'python -m pip install "cryptography>=3.4"' in guide
    assert paper.campaign.title in guide
    assert f"账本公钥：{log.vkey}\r\n" in guide
    assert f"https://vote.example.gov.cn/c/{paper.campaign.slug}/verify/" in guide
    assert "双击 verify.html" in guide
    assert f'votelog.pyz evidence . --vkey "{log.vkey}"' in guide


def test_names_of_candidates_are_fixed_in_the_rules_and_nobody_else_is_named(tmp_path):
    paper = given_vote()
    nominee = paper.campaign.nominees.get(number=2)
    with written(paper, tmp_path / "e.zip") as opened:
        rules = json.loads(opened.read("rules"))
        told = [opened.read(n) for n in opened.namelist() if "verif" not in n]
    whole = b"".join(told).decode(errors="replace")
    assert rules["candidates"]["002"] == nominee.name
    for field in ("phone", "openid", "citizen"):
        assert field not in whole
    assert not re.search(r"(?<![0-9a-f])1[3-9]\d{9}(?![0-9a-f])", whole), "a phone number"


def test_the_same_log_gives_the_same_file_whoever_makes_it(tmp_path):
    paper = given_vote()
    first = b"".join(made(paper).evidence.chunks())
    assert first == b"".join(made(paper, NOW + timedelta(hours=3)).evidence.chunks())
    assert len(first) == made(paper).evidence.length


@pytest.mark.parametrize("mode", ["after_close", "scheduled"])
def test_before_counts_are_public_there_is_none(mode):
    paper = given_vote(count_mode=mode)
    with pytest.raises(evidence.EvidenceTooEarly):
        made(paper)


def test_witnesses_are_in_it(tmp_path, monkeypatch):
    campaign = given_campaign(count_mode="live")
    given_witness(campaign.agency, organisation="市公证处")
    for _number in range(3):
        given_nominee(campaign)
    opened = campaign.stages.get(kind="voting").opens_at
    paper = given_open_round(campaign, now=opened - timedelta(hours=1))
    monkeypatch.setattr(witnesses, "request_cosignature", signing_at_once(given_cosigner()))
    roundlogs.bring_along(campaign_id=campaign.pk, now=NOW)
    witnesses.ask_witnesses(folder=paper.log, now=NOW)
    archive = tmp_path / "e.zip"
    with written(paper, archive) as opened:
        assert "# 市公证处\n" in opened.read("policy").decode()
    checked = check_evidence(archive)
    assert (checked.seen, checked.has_quorum, checked.findings) == (("w1.example",), True, ())


def signing_at_once(cosigner: Cosigner):
    """Stands for a witness of another machine that is quick and agrees."""

    def request(*, checkpoint, **_said):
        return cosigner.cosign(checkpoint.text(), seconds=int(NOW.timestamp()))

    return request


# --- On the console -------------------------------------------------------------------------------


@pytest.fixture
def now_vote():
    """A live vote of this very moment."""
    campaign = given_campaign(now=timezone.now(), count_mode="live")
    for _number in range(3):
        given_nominee(campaign)
    opened = campaign.stages.get(kind="voting").opens_at
    paper = given_open_round(campaign, now=opened - timedelta(hours=1))
    roundlogs.bring_along(campaign_id=campaign.pk, now=timezone.now())
    return paper


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ORGANISER])
def test_one_click_sends_it_and_stands_on_the_trail(now_vote, role, tmp_path):
    client = given_client(given_staff(now_vote.campaign.agency, role))
    page = client.get(f"/staff/results/{now_vote.campaign_id}/").content.decode()
    action = f"/staff/results/{now_vote.campaign_id}/evidence/"
    assert f'action="{action}"' in page
    answer = client.post(action)
    sent = b"".join(answer.streaming_content)
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Length"] == str(len(sent))
    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{now_vote.log}-1.zip"'
    (tmp_path / "e.zip").write_bytes(sent)
    assert check_evidence(tmp_path / "e.zip").findings == ()
    assert AuditEntry.objects.filter(act="campaigns.evidence.made").count() == 1


def test_who_may_not_export_may_not_have_it(now_vote):
    client = given_client(given_staff(now_vote.campaign.agency, Role.EDITOR))
    assert client.post(f"/staff/results/{now_vote.campaign_id}/evidence/").status_code == 403
    assert client.get(f"/staff/results/{now_vote.campaign_id}/evidence/").status_code == 405


def test_too_early_is_explained_on_the_page():
    campaign = given_campaign(now=timezone.now(), count_mode="after_close")
    for _number in range(3):
        given_nominee(campaign)
    opened = campaign.stages.get(kind="voting").opens_at
    given_open_round(campaign, now=opened - timedelta(hours=1))
    roundlogs.bring_along(campaign_id=campaign.pk, now=timezone.now())
    client = given_client(given_staff(campaign.agency, Role.SUPERVISOR))
    answer = client.post(f"/staff/results/{campaign.pk}/evidence/", follow=True)
    assert "现在不能制作证据包" in answer.content.decode()


def test_the_command_writes_it_and_says_its_hash(now_vote, tmp_path, capsys):
    call_command("ledger", "bundle", now_vote.campaign.slug, "--out", str(tmp_path))
    digest, place = capsys.readouterr().out.split()
    (target,) = tmp_path.glob("evidence-*.zip")
    assert (str(target), len(digest)) == (place, 64)
    assert check_evidence(target).findings == ()
    with pytest.raises(CommandError):
        call_command("ledger", "bundle", "nothing")


# --- What notices print ---------------------------------------------------------------------------


def test_the_witnesses_of_a_vote_follow_the_register_until_it_opens():
    campaign = given_campaign(count_mode="live")
    for _number in range(3):
        given_nominee(campaign)
    opened = campaign.stages.get(kind="voting").opens_at
    paper = given_open_round(campaign, now=opened - timedelta(hours=1))
    before = json.loads(paper.manifest)["policy"]
    witness = given_witness(campaign.agency)
    early = opened - timedelta(minutes=30)
    witnesses.announce_change(agency_id=campaign.agency_id, now=early)
    Worker(clock=lambda: early).run_due()
    paper.refresh_from_db()
    assert json.loads(paper.manifest)["policy"] != before
    assert witness.vkey in folders.read_beside(paper.log, "policy")
    roundlogs.bring_along(campaign_id=campaign.pk, now=NOW)
    given_witness(campaign.agency, 2)
    witnesses.announce_change(agency_id=campaign.agency_id, now=NOW)
    Worker(clock=lambda: NOW).run_due()
    assert LogWitness.objects.filter(log__folder=paper.log).count() == 1


def test_a_notice_names_size_root_key_and_how_many_have_seen_it():
    paper = given_vote()
    note = folders.read_note(paper.log)
    head = peek_checkpoint(note)
    mark = mark_of(paper)
    notice = log_notice(mark=mark, verify_url="https://v/")
    assert notice.seen is None
    assert f"账本条目数：{head.size}\n" in notice.text()
    assert notice.root in note.decode()
    row = given_witness(paper.campaign.agency)
    log = Log.objects.get(folder=paper.log)
    LogWitness.objects.create(log=log, witness=row, next_at=NOW)
    notice = log_notice(mark=mark, verify_url="https://v/")
    assert (notice.seen.count, notice.seen.of, notice.seen.is_enough) == (0, 1, False)
    LogWitness.objects.update(size=head.size)
    notice = log_notice(mark=mark, verify_url="https://v/")
    assert notice.text().endswith("1 家单位中已有 1 家见证本结果")
    assert log_notice(mark=None, verify_url="") is None


def test_the_notice_before_a_vote_prints_key_and_witnesses_and_no_size():
    campaign = given_campaign(count_mode="live")
    given_witness(campaign.agency, organisation="市公证处")
    for _number in range(3):
        given_nominee(campaign)
    opened = campaign.stages.get(kind="voting").opens_at
    paper = given_open_round(campaign, now=opened - timedelta(hours=1))
    text = opening_notice(folder=paper.log, verify_url="https://v/").text()
    assert text.splitlines() == [
        "核对网址：https://v/",
        f"公开账本：https://vote.example.gov.cn/ledger/{paper.log}",
        f"账本公钥：{Log.objects.get(folder=paper.log).vkey}",
        "见证单位：市公证处",
    ]
    client = given_client(given_staff(campaign.agency, Role.ORGANISER))
    assert "见证单位：市公证处" in client.get(f"/staff/results/{campaign.pk}/").content.decode()


def mark_of(paper: Round):

    return count_whole(paper=paper, as_of=NOW).mark
