# SPDX-License-Identifier: Apache-2.0
"""A fresh installation shows the sample menu on the sandbox's phone by itself."""

from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from minyi.core.models import OutboxMessage
from minyi.core.outbox_worker import Worker
from minyi.wechat.asking import ask_wechat
from minyi.wechat.models import Menu
from minyi.wechat.samples import seed_account
from minyi.wechat.services import menus
from minyi.wechat.services.sandbox_menu import TOPIC, ask_for_menu
from minyi.wechat.tests.given import SECRETS, given_official_account

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def account(settings):
    settings.WECHAT_SECRETS, settings.WECHAT_SANDBOX = SECRETS, True
    account = given_official_account()
    seed_account(account)
    return account


def start(account, after=timedelta()):
    ask_for_menu(account, now=timezone.now())
    Worker(clock=lambda: timezone.now() + after).run_due()


def shown_in(sandbox) -> str:
    with httpx.Client(base_url=sandbox.url, trust_env=False, follow_redirects=True) as phone:
        phone.post("/people", data={"citizen": "1"})
        return phone.get("/chats/sandbox").text


def test_the_sample_menu_is_published_once_and_shown_again_after_a_restart(account, sandbox):
    sandbox.order("follow", citizen=1, account="sandbox")
    start(account)
    assert "民意评选" in shown_in(sandbox)
    ask_wechat(account, lambda client: client.menus.delete())  # as if it had begun anew
    start(account)
    assert sandbox.calls("/cgi-bin/menu/create") == 2
    assert "民意评选" in shown_in(sandbox)
    assert Menu.objects.get().versions.count() == 1


def test_a_menu_the_office_took_off_stays_off(account, sandbox):
    start(account)
    Menu.objects.update(live=[], published_at=None)
    start(account)
    assert sandbox.calls("/cgi-bin/menu/create") == 1


def test_without_a_sandbox_it_is_tried_for_two_minutes_and_no_longer(account, silence):
    start(account)
    assert OutboxMessage.objects.get(topic=TOPIC).state == "waiting"
    Worker(clock=lambda: timezone.now() + timedelta(minutes=3)).run_due()
    assert OutboxMessage.objects.get(topic=TOPIC).state == "done"
    assert menus.open_menu(account).published_at is None


def test_a_real_account_is_left_alone(account, settings):
    settings.WECHAT_SANDBOX = False
    ask_for_menu(account, now=timezone.now())
    assert not OutboxMessage.objects.filter(topic=TOPIC).exists()
