# SPDX-License-Identifier: Apache-2.0
"""What the callback knows, and that learning it never holds a citizen up."""

import asyncio
import threading
from datetime import time

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from minyi.campaigns.tests.given import given_campaign, given_open_round
from minyi.wechat.callback.app import CallbackApp
from minyi.wechat.callback.changes import latest_change, tell_change
from minyi.wechat.callback.deliveries import Deliveries
from minyi.wechat.callback.endpoints import Endpoints, NoEndpointsYet, read_endpoints
from minyi.wechat.callback.messages import text_reply
from minyi.wechat.models import Conversation, KeywordReply, Menu, OfficeHours, Scene
from minyi.wechat.tests.given import (
    SECRETS,
    given_contact,
    given_endpoint,
    given_official_account,
)


def read_all(**changed: object):
    asked = {
        "secrets": SECRETS,
        "public_url": "https://minyi.example",
        "language": "zh-hans",
        "now": timezone.now(),
        **changed,
    }
    return read_endpoints(**asked)


@pytest.mark.django_db
def test_a_desk_points_to_the_campaigns_of_its_own_account_only():
    account = given_official_account()
    other = given_official_account(slug="other", appid="wx2")
    now = timezone.now()
    given_campaign(now=now, account=account, agency=account.agency, slug="ours")
    given_campaign(now=now, account=other, agency=other.agency, slug="theirs")
    given_campaign(now=now, account=account, agency=account.agency, slug="draft", launched=False)
    given_campaign(now=now, account=account, agency=account.agency, slug="later", during="before")
    welcome = read_all()["sandbox"].book.phrases.welcome.tail.decode()
    assert "https://minyi.example/c/ours/" in welcome
    assert not any(slug in welcome for slug in ("theirs", "draft", "later"))


@pytest.mark.django_db
def test_a_desk_without_secrets_stays_shut():
    given_official_account()
    assert read_all()["sandbox"].is_open
    assert not read_all(secrets={})["sandbox"].is_open


@pytest.mark.django_db
def test_reading_the_desks_takes_few_queries(django_assert_max_num_queries):
    account = given_official_account()
    for number in range(3):
        given_campaign(
            now=timezone.now(), account=account, agency=account.agency, slug=f"c{number}"
        )
    with django_assert_max_num_queries(13):
        read_all()


@pytest.mark.django_db
def test_reading_three_accounts_takes_as_many_queries_as_reading_one():
    first = given_official_account()
    add_everything(first)
    with CaptureQueriesContext(connection) as for_one:
        read_all()
    for slug in ("second", "third"):
        add_everything(given_official_account(slug=slug, appid=f"wx-{slug}"))
    with CaptureQueriesContext(connection) as for_three:
        endpoints = read_all()
    assert len(for_three) == len(for_one)
    assert all(endpoints[slug].book.has_rounds for slug in ("sandbox", "second", "third"))


def add_everything(account):
    """An open vote, office hours, a keyword, a scene, a menu, and somebody who waits."""
    now = timezone.now()
    campaign = given_campaign(now=now, agency=account.agency, account=account, slug=account.slug)
    given_open_round(campaign, now=now)
    for weekday in range(7):
        OfficeHours.objects.create(
            account=account, weekday=weekday, opens=time(9), closes=time(9, 1)
        )
    KeywordReply.objects.create(account=account, words=["你好"], text="您好")
    Scene.objects.create(account=account, key="hall", name="大厅", welcome="欢迎")
    Menu.objects.create(account=account)
    contact = given_contact(account)
    Conversation.objects.create(contact=contact, state="waiting", last_at=now, waiting_since=now)


def test_what_has_changed_in_this_process_is_known_to_the_very_next_callback():
    async def play() -> None:
        read = []

        def load():
            read.append(latest_change())
            return dict([given_endpoint()])

        endpoints = Endpoints(load)
        before = await endpoints.find("sandbox")
        assert await endpoints.find("sandbox") is before
        tell_change()
        assert await endpoints.find("sandbox") is not before
        await endpoints.find("sandbox")
        assert len(read) == 2  # once for the change, not for every callback after it

    asyncio.run(play())


def test_callbacks_use_the_old_desks_while_new_ones_are_read(monkeypatch):
    first_read, go_on = threading.Event(), threading.Event()

    def load():
        if first_read.is_set():
            go_on.wait(5)
        first_read.set()
        return dict([given_endpoint()])

    async def play() -> None:
        endpoints = Endpoints(load)
        before = await endpoints.find("sandbox")
        monkeypatch.setattr("minyi.wechat.callback.endpoints.RENEW_S", -1)
        assert await endpoints.find("sandbox") is before
        go_on.set()
        while await endpoints.find("sandbox") is before:
            await asyncio.sleep(0.01)

    asyncio.run(play())


def test_after_a_silence_the_first_callback_waits_for_what_is_true_now(monkeypatch):
    async def play() -> None:
        endpoints = Endpoints(lambda: dict([given_endpoint()]))
        before = await endpoints.find("sandbox")
        monkeypatch.setattr("minyi.wechat.callback.endpoints.RENEW_S", -1)
        monkeypatch.setattr("minyi.wechat.callback.endpoints.OLD_S", -1)
        assert await endpoints.find("sandbox") is not before

    asyncio.run(play())


def test_a_lost_database_is_survived_with_what_is_known(monkeypatch):
    answers = [dict([given_endpoint()])]

    def load():
        if not answers:
            raise OperationalError
        return answers.pop()

    async def play() -> None:
        endpoints = Endpoints(load)
        known = await endpoints.find("sandbox")
        monkeypatch.setattr("minyi.wechat.callback.endpoints.RENEW_S", -1)
        for _ in range(20):
            assert await endpoints.find("sandbox") is known
            await asyncio.sleep(0.005)

    asyncio.run(play())


def test_without_any_register_wechat_is_told_to_come_again():
    def load():
        raise OperationalError

    async def play() -> None:
        with pytest.raises(NoEndpointsYet):
            await Endpoints(load).find("sandbox")
        sent: list[dict[str, object]] = []
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/wechat/sandbox/callback",
            "query_string": b"",
            "headers": [],
        }

        async def send(message):
            sent.append(message)

        await CallbackApp(Endpoints(load), reception=None)(scope, None, send)
        assert sent[0]["status"] == 503
        assert (b"retry-after", b"2") in sent[0]["headers"]

    asyncio.run(play())


def test_what_was_answered_is_remembered_within_bounds():
    moment = 0.0
    deliveries = Deliveries(clock=lambda: moment, most=100)
    reply = text_reply("好")
    for number in range(500):
        deliveries.keep(number.to_bytes(16), reply)
        assert len(deliveries) <= 100
    for number in range(450, 500):
        assert deliveries.find(number.to_bytes(16)).reply is reply
    assert deliveries.find((0).to_bytes(16)) is None
    for moment in (601.0, 1202.0):
        deliveries.keep(str(moment).encode(), reply)
    assert deliveries.find((499).to_bytes(16)) is None
    assert len(deliveries) == 2
