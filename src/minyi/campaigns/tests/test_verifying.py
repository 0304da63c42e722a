# SPDX-License-Identifier: Apache-2.0
"""What the pages say of the public log: one's own proof, and never a size before its time."""

from datetime import timedelta

import pytest
from django.utils import timezone
from votelog import parse_policy, parse_receipt, verify_receipt

from minyi.campaigns.models import Ballot, Campaign
from minyi.campaigns.services import roundlogs
from minyi.campaigns.services.tickets import voter_ref_for
from minyi.ledger import folders
from minyi.ledger.tests.given import keep_logs_in

from .given import given_ballot, given_nominee, given_open_round
from .visitors import body, given_votable, session_of, stranger, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


def given_vote(**fields: object) -> Campaign:
    """A vote that is open at this moment, and whose paper was printed before it opened."""
    campaign = given_votable(now=timezone.now(), **fields)
    for _number in range(3):
        given_nominee(campaign)
    opened = campaign.stages.get(kind="voting").opens_at
    given_open_round(campaign, now=opened - timedelta(hours=1))
    campaign.refresh_from_db()
    return campaign


def given_voted(campaign: Campaign, subject: str):
    """Return the browser of a citizen who has voted, and the ballot; the log knows of it."""
    client = visitor(campaign.account, subject, now=timezone.now())
    tag = voter_ref_for(
        campaign_id=campaign.pk, session=session_of(client, campaign.account, subject)
    )
    ballot = given_ballot(campaign.round, [2, 3], now=timezone.now(), voter_ref=tag)
    roundlogs.bring_along(campaign_id=campaign.pk, now=timezone.now())
    return client, ballot


def proof_of(client, campaign: Campaign, ballot: Ballot):
    return client.get(f"/c/{campaign.slug}/ballot/proof", {"receipt": ballot.receipt})


def test_a_voter_gets_the_proof_of_the_own_ballot_and_anybody_can_check_it():
    campaign = given_vote(count_mode="live")
    given_voted(campaign, "bo")
    anna, ballot = given_voted(campaign, "anna")
    answer = proof_of(anna, campaign, ballot)
    policy = parse_policy(folders.read_beside(campaign.round.log, "policy").encode())
    proven = verify_receipt(parse_receipt(answer.content), policy)
    assert proven.index == 2
    assert ballot.nonce.encode() in proven.entry
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Disposition"].endswith('-2.tlog-proof"')
    page = body(anna.get(f"/c/{campaign.slug}/ballot/"))
    assert "第 2 号" in page
    assert f'data-check="{ballot.receipt}"' in page
    assert "c2sp.org/tlog-proof@v1" in page


def test_the_proof_of_somebody_else_is_not_handed_out():
    campaign = given_vote(count_mode="live")
    _anna, ballot = given_voted(campaign, "anna")
    bo, _other = given_voted(campaign, "bo")
    assert proof_of(bo, campaign, ballot).status_code == 404
    assert "tlog-proof@v1" not in body(proof_of(stranger(), campaign, ballot))


@pytest.mark.parametrize("mode", ["after_close", "scheduled"])
def test_while_counts_are_hidden_no_page_tells_place_size_or_root(mode):
    campaign = given_vote(count_mode=mode)
    anna, ballot = given_voted(campaign, "anna")
    assert folders.read_size(campaign.round.log) == 2
    assert proof_of(anna, campaign, ballot).status_code == 404
    root = folders.read_note(campaign.round.log).decode().split("\n")[2]
    vkey = folders.read_beside(campaign.round.log, "vkey").strip()
    receipt, verify = (
        body(anna.get(f"/c/{campaign.slug}/{page}/")) for page in ("ballot", "verify")
    )
    for page in (receipt, verify):
        assert "第 1 号" not in page
        assert "own-proof" not in page
        assert root not in page
    assert "公开账本的公开时间是" in receipt
    assert "账本在" in verify
    assert vkey in verify
    assert "条目数</dt>" not in verify
    assert "data-recount" not in verify


def test_the_verify_page_is_open_to_everybody_and_says_what_nobody_can_prove():
    campaign = given_vote(count_mode="live")
    given_voted(campaign, "anna")
    page = body(stranger().get(f"/c/{campaign.slug}/verify/"))
    root = folders.read_note(campaign.round.log).decode().split("\n")[2]
    for words in (
        root,
        "管理系统的人虚构投票人",
        "没有外部单位见证",
        "data-recount",
        "recount.mjs",
    ):
        assert words in page


def test_a_vote_without_a_log_says_so_and_shows_the_receipt_as_ever(settings):
    settings.LEDGER_KEY = ""
    campaign = given_vote(count_mode="live")
    client = visitor(campaign.account, "anna", now=timezone.now())
    tag = voter_ref_for(
        campaign_id=campaign.pk, session=session_of(client, campaign.account, "anna")
    )
    given_ballot(campaign.round, [2, 3], now=timezone.now(), voter_ref=tag)
    page = body(client.get(f"/c/{campaign.slug}/ballot/"))
    assert "已收到您的选票" in page
    assert "data-check" not in page
    assert "没有公开账本" in body(client.get(f"/c/{campaign.slug}/verify/"))
