# SPDX-License-Identifier: Apache-2.0
"""Does the line of an account stand? One token and a few counters, asked for by a person."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from minyi.agencies.models import OfficialAccount
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.errors import Words
from minyi.wechat.asking import ask_wechat
from minyi.wechat.capabilities import ABILITIES, Ability, may
from minyi.wechat.errors import WeChatRefused

if TYPE_CHECKING:
    from minyi.wechat.client import WeChatClient

# The interfaces whose daily calls an office can use up.
COUNTED = {
    Ability.MENU: "/cgi-bin/menu/create",
    Ability.CUSTOM_SEND: "/cgi-bin/message/custom/send",
    Ability.TEMPLATE: "/cgi-bin/message/template/send",
    Ability.QRCODE: "/cgi-bin/qrcode/create",
    Ability.USERS: "/cgi-bin/user/get",
}


@dataclass(frozen=True, slots=True)
class Used:
    """Today's calls of one interface."""

    name: Words
    used: int
    limit: int


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found."""

    at: datetime
    quotas: tuple[Used, ...]


def check_connection(*, account: OfficialAccount, actor: Actor, now: datetime) -> Report:
    """Ask WeChat for a token and for today's counters; raises what stands against it.

    What WeChat refused earlier is forgotten first: somebody may have mended it.
    """
    actor.check("wechat.view", account.agency_id)
    quotas = []
    ask_wechat(account, _sign_of_life)
    for ability, path in COUNTED.items():
        if may(account, ability).allowed:
            used = _used(account, path)
            if used is not None:
                quotas.append(Used(ABILITIES[ability].name, *used))
    audit.record(
        actor=actor,
        act="wechat.account.checked",
        target=account,
        now=now,
        agency_id=account.agency_id,
    )
    return Report(now, tuple(quotas))


async def _sign_of_life(client: "WeChatClient") -> None:
    await client.forget_refusal()
    await client.quota.api_addresses()


def _used(account: OfficialAccount, path: str) -> tuple[int, int] | None:
    """Return calls used and allowed; None where WeChat keeps no count."""
    try:
        usage = ask_wechat(account, lambda client: client.quota.of(path=path))
    except WeChatRefused:
        return None
    return usage.used, usage.daily_limit
