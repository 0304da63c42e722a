# SPDX-License-Identifier: Apache-2.0
"""Whether WeChat knows somebody: what a supervisor's sample of voters is held against.

A follower is found. WeChat says 40003 of an openid the account never gave out: missing. Somebody
who does not follow is a bare openid in WeChat's answer: that tells nothing, so unknown.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from minyi.agencies.models import OfficialAccount
from minyi.citizens.rolls import Known
from minyi.core.errors import DomainError

from .asking import ask_wechat
from .errors import WeChatRefused
from .models import Contact

NEVER_GIVEN_OUT = 40003


class WeChatRoll:
    """The register of an account's followers; WeChat itself is asked about everybody else."""

    key = "wechat"

    def ask(self, *, account: str, subjects: Sequence[str], now: datetime) -> Mapping[str, Known]:
        """Tell of each openid whether WeChat knows it."""
        row = OfficialAccount.objects.filter(slug=account).first()
        if row is None:
            return {}
        # Read from WeChat or told by its events, never from a visitor: good enough to be found.
        following = Contact.objects.filter(account=row, openid__in=subjects, is_following=True)
        known: dict[str, Known] = dict.fromkeys(following.values_list("openid", flat=True), "found")
        for subject in subjects:
            if subject not in known:
                known[subject] = _ask_wechat(row, subject)
        return known


def _ask_wechat(account: OfficialAccount, openid: str) -> Known:
    try:
        told = ask_wechat(account, lambda client: client.users.info(openid=openid))
    except WeChatRefused as refused:
        return "missing" if refused.facts.get("errcode") == NEVER_GIVEN_OUT else "unknown"
    except DomainError:
        return "unknown"
    return "found" if told.is_following else "unknown"
