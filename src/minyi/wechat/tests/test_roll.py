# SPDX-License-Identifier: Apache-2.0
"""What WeChat is asked about the voters of a sample, and what its answers mean."""

import pytest
from django.utils import timezone

from minyi.campaigns.tests.given import given_account, given_agency
from minyi.citizens.rolls import find_roll
from minyi.wechat.client.users import Follower
from minyi.wechat.errors import WeChatRefused, WeChatSilent
from minyi.wechat.models import Contact

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return given_account(given_agency(), slug="roll")


@pytest.fixture
def wechat(monkeypatch):
    """WeChat as a table: openid → what it answers; asked are those it was asked about."""
    answers: dict[str, object] = {}
    asked: list[str] = []

    def answer(_account, question):
        class Users:
            def info(self, *, openid):
                asked.append(openid)
                return openid

        class Client:
            users = Users()

        told = answers[question(Client())]
        if isinstance(told, Exception):
            raise told
        return told

    monkeypatch.setattr("minyi.wechat.roll.ask_wechat", answer)
    return answers, asked


def test_followers_are_found_strangers_unknown_and_invented_openids_missing(account, wechat):
    answers, asked = wechat
    now = timezone.now()
    Contact.objects.create(account=account, openid="kept", is_following=True, last_seen_at=now)
    Contact.objects.create(account=account, openid="visitor", last_seen_at=now)
    answers |= {
        "follower": Follower(openid="follower", subscribe=1),
        "visitor": Follower(openid="visitor", subscribe=0),
        "invented": WeChatRefused(words="invalid openid", errcode=40003),
        "busy": WeChatRefused(words="busy", errcode=45009),
        "silent": WeChatSilent(),
    }
    known = find_roll("wechat").ask(account="roll", subjects=["kept", "visitor", *answers], now=now)
    assert known == {
        "kept": "found",
        "follower": "found",
        "visitor": "unknown",
        "invented": "missing",
        "busy": "unknown",
        "silent": "unknown",
    }
    assert "kept" not in asked


def test_an_account_we_do_not_know_tells_nothing():
    assert find_roll("wechat").ask(account="none", subjects=["x"], now=timezone.now()) == {}
