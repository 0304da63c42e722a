# SPDX-License-Identifier: Apache-2.0
"""A service asks WeChat on an account's behalf, and gets an answer or a readable refusal."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from minyi.agencies.models import OfficialAccount

from .connection.line import the_line
from .errors import AccountCannot, AccountNotFound
from .queries import Account, find_account
from .refusals import in_plain_words

if TYPE_CHECKING:
    from .client import WeChatClient

T = TypeVar("T")


def voice_of(account: OfficialAccount) -> Account:
    """Return the account with its secrets, which the register does not hold."""
    known = find_account(account.slug, secrets=settings.WECHAT_SECRETS)
    if known is None:
        raise AccountNotFound
    return known


def ask_wechat(account: OfficialAccount, question: "Callable[[WeChatClient], Awaitable[T]]") -> T:
    """Ask WeChat and wait for the answer; never inside a transaction: it may take seconds."""
    known = voice_of(account)
    if not known.secret:
        raise AccountCannot(reason=_("还没有配置 AppSecret，平台不能代公众号与微信通信。"))
    with in_plain_words():
        return the_line().call(known, question)
