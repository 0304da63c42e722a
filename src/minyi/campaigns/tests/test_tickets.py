# SPDX-License-Identifier: Apache-2.0
import hmac
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from ballotbox.ticket import check_ticket, read_ticket
from minyi.campaigns.errors import (
    AttemptRefused,
    IdentityOfAnotherAccount,
    VotingHasNoAccount,
    VotingNotOpen,
)
from minyi.campaigns.services.tickets import hand_out_ticket, pseudonyms_for, voter_ref_for
from minyi.citizens.models import Citizen
from minyi.ledger.models import Vault, VaultRow
from minyi.ledger.vaultkeys import wrapping_key

from .given import NOW, given_account, given_campaign, given_open_round
from .visitors import a_session, given_votable

pytestmark = pytest.mark.django_db


def given_open_campaign():
    campaign = given_votable()
    given_open_round(campaign)
    return campaign


def ticket_for(campaign, session, *, now=NOW, language="zh-hans"):
    token = hand_out_ticket(campaign=campaign, session=session, language=language, now=now).ticket
    return read_ticket(token, key=settings.TICKET_KEY.encode())


def test_the_ballot_box_can_read_a_ticket_and_finds_round_and_tag_in_it():
    campaign = given_open_campaign()
    session = a_session(campaign.account)
    ticket = ticket_for(campaign, session, language="en")
    assert ticket.round_id == campaign.round.pk
    assert ticket.voter_ref == voter_ref_for(campaign_id=campaign.pk, session=session)
    assert ticket.language == "en"
    check_ticket(ticket, now_s=NOW.timestamp(), session=session.key)


def test_a_ticket_lasts_thirty_minutes():
    campaign = given_open_campaign()
    ticket = ticket_for(campaign, a_session(campaign.account))
    assert ticket.expires_s == int((NOW + timedelta(minutes=30)).timestamp())


def test_a_ticket_of_the_last_minute_lasts_as_long_so_that_late_is_told_from_expired():
    campaign = given_open_campaign()
    late = datetime.fromtimestamp(campaign.round.closes_ms / 1000 - 60, UTC)
    ticket = ticket_for(campaign, a_session(campaign.account), now=late)
    assert ticket.expires_s == int((late + timedelta(minutes=30)).timestamp())


def test_the_tag_is_the_same_for_one_person_and_another_for_another():
    campaign = given_open_campaign()
    anna = a_session(campaign.account, "anna")
    again = a_session(campaign.account, "anna")
    bo = a_session(campaign.account, "bo")
    tags = [voter_ref_for(campaign_id=campaign.pk, session=s) for s in (anna, again, bo)]
    assert tags[0] == tags[1] != tags[2]
    assert all(re.fullmatch("[0-9a-f]{32}", tag) for tag in tags)


def test_the_tags_of_one_person_in_two_campaigns_cannot_be_linked():
    campaign = given_open_campaign()
    anna = a_session(campaign.account)
    tags = {voter_ref_for(campaign_id=campaign.pk + n, session=anna) for n in range(20)}
    assert len(tags) == 20
    assert len({bytes(vault.tag_key) for vault in Vault.objects.all()}) == 20


def test_the_order_reference_is_not_the_tag():
    campaign = given_open_campaign()
    anna = a_session(campaign.account)
    names = pseudonyms_for(campaign_id=campaign.pk, session=anna)
    assert len({names.tag, names.order}) == 2


def test_the_tag_is_made_as_the_protocol_says(settings):
    """docs/protocol/log-format.md §6.2, by other means than the product's."""
    campaign = given_open_campaign()
    tag = voter_ref_for(campaign_id=campaign.pk, session=a_session(campaign.account))
    vault = Vault.objects.get(campaign_id=campaign.pk)
    master = wrapping_key(settings.VAULT_KEY, vault.cipher)
    wrapped_at = f"minyi/vault/v1\n{campaign.pk}\nkeys\ndata_key".encode()
    data = AESGCM(master.open(vault.data_key, wrapped_at))
    place = f"minyi/vault/v1\n{campaign.pk}\nkeys\ntag_key".encode()
    kt = data.decrypt(vault.tag_key[:12], vault.tag_key[12:], place)
    person = f"wechat:{campaign.account.slug}:openid-of-anna"
    message = f"tag/v1\n{campaign.pk}\n{person}".encode()
    assert tag == hmac.new(kt, message, "sha256").hexdigest()[:32]


def test_one_citizen_asking_often_is_one_row_and_no_name_lies_open_in_it():
    campaign = given_open_campaign()
    anna, bo = a_session(campaign.account, "anna"), a_session(campaign.account, "bo")
    for session in (anna, bo, anna, anna):
        ticket_for(campaign, session)
    rows = VaultRow.objects.filter(vault__campaign_id=campaign.pk)
    assert {row.tag for row in rows} == {
        voter_ref_for(campaign_id=campaign.pk, session=session) for session in (anna, bo)
    }
    for row in rows:
        sealed = bytes(row.channel) + bytes(row.account) + bytes(row.subject)
        assert not any(word in sealed for word in (b"anna", b"wechat", b"account"))


def test_who_came_through_another_account_gets_no_ticket():
    campaign = given_open_campaign()
    elsewhere = a_session(given_account(campaign.agency))
    with pytest.raises(IdentityOfAnotherAccount):
        ticket_for(campaign, elsewhere)


def test_a_campaign_without_an_account_hands_out_no_ticket():
    campaign = given_campaign()
    given_open_round(campaign)
    with pytest.raises(VotingHasNoAccount):
        ticket_for(campaign, a_session(given_account(campaign.agency)))


def test_a_session_without_a_person_gets_no_ticket():
    campaign = given_open_campaign()
    with pytest.raises(AttemptRefused):
        ticket_for(campaign, a_session(campaign.account, ""))


def test_an_erased_citizen_gets_no_ticket_though_the_session_still_runs():
    campaign = given_open_campaign()
    session = a_session(campaign.account)
    ticket_for(campaign, session)
    Citizen.objects.filter(pk=session.citizen_id).update(erased_at=NOW)
    with pytest.raises(AttemptRefused, match="attempt_refused") as refused:
        ticket_for(campaign, session)
    assert "已按您的申请删除" in refused.value.detail


@pytest.mark.parametrize("citizen_id", ["", "nobody", "0" * 32])
def test_a_session_of_nobody_gets_no_ticket(citizen_id):
    campaign = given_open_campaign()
    session = replace(a_session(campaign.account), citizen_id=citizen_id)
    with pytest.raises(AttemptRefused):
        ticket_for(campaign, session)


@pytest.mark.parametrize("during", ["before", "nomination", "verification", "result"])
def test_outside_the_voting_stage_there_is_no_ticket(during):
    campaign = given_votable(during=during)
    given_open_round(campaign)
    with pytest.raises(VotingNotOpen):
        ticket_for(campaign, a_session(campaign.account))


def test_while_the_vote_is_paused_there_is_no_ticket():
    campaign = given_votable()
    paper = given_open_round(campaign)
    paper.paused = True
    paper.save()
    with pytest.raises(VotingNotOpen):
        ticket_for(campaign, a_session(campaign.account))


def test_a_withdrawn_campaign_hands_out_no_ticket():
    campaign = given_open_campaign()
    campaign.cancelled_at = NOW
    campaign.save()
    with pytest.raises(VotingNotOpen):
        ticket_for(campaign, a_session(campaign.account))
