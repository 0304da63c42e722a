# SPDX-License-Identifier: Apache-2.0
"""The sample account's menu on the sandbox's phone, without anybody having to press a button.

The sandbox forgets everything when it ends, so each start of the product asks for it anew. What
the office published is shown again; the sample draft is published once. A real account is never
touched: without WECHAT_SANDBOX nothing is asked for.
"""

from datetime import datetime, timedelta

from django.conf import settings

from minyi.agencies.models import OfficialAccount
from minyi.core.actors import SYSTEM
from minyi.core.errors import DomainError
from minyi.core.outbox import Delivery, GiveUp, Later, consumer, send
from minyi.wechat.asking import ask_wechat
from minyi.wechat.buttons import read_draft, to_wechat
from minyi.wechat.errors import WeChatSilent

from .menus import open_menu, publish_menu

TOPIC = "wechat.sandbox_menu"
LOOK_AGAIN, PATIENCE = timedelta(seconds=2), timedelta(minutes=2)  # the sandbox starts beside us


def ask_for_menu(account: OfficialAccount, *, now: datetime) -> None:
    """Have the account's menu shown in the sandbox as soon as it answers."""
    if settings.WECHAT_SANDBOX:
        payload = {"account": account.pk}
        send(topic=TOPIC, key=f"{account.pk}:{now.isoformat()}", payload=payload, now=now)


@consumer(TOPIC)
def show_menu(delivery: Delivery) -> None:
    """Show what was published; publish what never was."""
    account = OfficialAccount.objects.get(pk=int(str(delivery.payload["account"])))
    menu = open_menu(account)
    try:
        if menu.live:
            shown = to_wechat(read_draft(menu.live))
            ask_wechat(account, lambda client: client.menus.create(buttons=shown))
        elif not menu.versions.exists():  # taken off by somebody, it stays off
            publish_menu(account=account, version=menu.version, actor=SYSTEM, now=delivery.now)
    except WeChatSilent as silent:
        if delivery.now - delivery.asked_at > PATIENCE:
            return  # no sandbox here; the overview says that the menu is not published
        raise Later(delivery.now + LOOK_AGAIN, reason=str(silent)) from silent
    except DomainError as refused:
        raise GiveUp(str(refused)) from refused
