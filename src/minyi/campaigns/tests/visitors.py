# SPDX-License-Identifier: Apache-2.0
"""Citizens at their browsers: with a session as the channel's login gives it, or without."""

from datetime import datetime

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from ballotbox.ticket import session_for
from minyi.agencies.models import OfficialAccount
from minyi.campaigns.models import Campaign
from minyi.citizens.services.recognition import recognise_citizen
from minyi.citizens.session import COOKIE, CitizenSession, start_session

from .given import NOW, given_account, given_campaign

WECHAT = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"


def given_votable(**fields: object) -> Campaign:
    """A campaign that has an account, so that citizens can be recognised in it."""
    campaign = given_campaign(**fields)
    campaign.account = given_account(campaign.agency)
    campaign.save(update_fields=["account"])
    return campaign


def a_session(account: OfficialAccount, subject: str = "openid-of-anna") -> CitizenSession:
    """Return a session without a browser, for the services."""
    return CitizenSession("0" * 32, "wechat", account.slug, subject, "0123456789abcdef")


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
