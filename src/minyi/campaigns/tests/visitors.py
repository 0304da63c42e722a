# SPDX-License-Identifier: Apache-2.0
"""Citizens at their browsers: with a session as the channel's login gives it, or without."""

import re
from datetime import datetime

from django.conf import settings
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from ballotbox.ticket import session_for
from minyi.agencies.models import OfficialAccount
from minyi.campaigns.models import Ballot, Campaign
from minyi.campaigns.services.tickets import voter_ref_for
from minyi.citizens.services.recognition import recognise_citizen
from minyi.citizens.session import COOKIE, CitizenSession, start_session

from .given import NOW, given_account, given_ballot, given_campaign, given_open_round

WECHAT = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"


def given_votable(**fields: object) -> Campaign:
    """A campaign that has an account, so that citizens can be recognised in it."""
    campaign = given_campaign(**fields)
    if campaign.account is None:
        campaign.account = given_account(campaign.agency)
        campaign.save(update_fields=["account"])
    return campaign


def a_session(account: OfficialAccount, subject: str = "openid-of-anna") -> CitizenSession:
    """Return a session without a browser, for the services."""
    citizen = recognise_citizen(channel="wechat", account=account.slug, subject=subject, now=NOW)
    return CitizenSession(str(citizen.pk), "wechat", account.slug, subject, "0123456789abcdef")


def visitor(
    account: OfficialAccount, subject: str = "openid-of-anna", now: datetime = NOW, **headers: str
) -> Client:
    """Return the browser of a citizen who has come through that account."""
    citizen = recognise_citizen(channel="wechat", account=account.slug, subject=subject, now=now)
    response = HttpResponse()
    start_session(
        response,
        citizen_id=str(citizen.pk),
        channel="wechat",
        account=account.slug,
        subject=subject,
    )
    client = Client(headers=headers)
    client.cookies[COOKIE] = response.cookies[COOKIE].value
    return client


def session_of(client: Client, account: OfficialAccount, subject: str) -> CitizenSession:
    """Return the session the browser holds, as the product reads it."""
    value = client.cookies[COOKIE].value
    return CitizenSession("", "wechat", account.slug, subject, session_for(value))


def stranger(**headers: str) -> Client:
    """Return a browser nobody knows."""
    return Client(headers=headers)


def speak(client: Client, language: str) -> Client:
    """Let this browser prefer a language."""
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def given_vote(*, nominees: int = 3, **fields: object) -> Campaign:
    """A campaign with an account in which one may vote now."""
    campaign = given_votable(now=timezone.now(), **fields)
    given_open_round(campaign, now=timezone.now(), nominees=nominees)
    return campaign


def given_voted(
    campaign: Campaign, subject: str = "openid-of-anna", period: str = "", **fields: str
) -> tuple[Client, Ballot]:
    """A citizen's browser, and the ballot they have cast."""
    client = visitor(campaign.account, subject)
    session = session_of(client, campaign.account, subject)
    tag = voter_ref_for(campaign_id=campaign.pk, session=session)
    now = timezone.now()
    return client, given_ballot(
        campaign.round, [2, 3], now=now, voter_ref=tag, period=period, **fields
    )


# --- Reading what came back ---------------------------------------------------------------------


def body(answer: HttpResponse) -> str:
    return answer.content.decode()


def hidden(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def attribute(page: str, name: str) -> str:
    return re.search(rf'{name}="([^"]*)"', page)[1]
