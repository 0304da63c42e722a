# SPDX-License-Identifier: Apache-2.0
"""What WeChat tells an account about itself: certification, renewal, the console's trial event."""

from __future__ import annotations

from typing import Literal

from wechat_sandbox.accounts import Account
from wechat_sandbox.push.envelope import Fields
from wechat_sandbox.push.sender import Delivery
from wechat_sandbox.state import Sandbox

AccountNotice = Literal[
    "debug_demo",
    "qualification_verify_success",
    "qualification_verify_fail",
    "naming_verify_success",
    "naming_verify_fail",
    "annual_renew",
    "verify_expired",
]
_YEAR_S = 365 * 86_400


async def tell_notice(sandbox: Sandbox, account: Account, event: AccountNotice) -> Delivery:
    """Send one notice; it comes from WeChat itself and not from a citizen."""
    now = int(sandbox.clock.now())
    fields: Fields = {
        "ToUserName": account.original_id,
        "FromUserName": "fromUser",
        "CreateTime": now,
        "MsgType": "event",
        "Event": event,
        **_particulars(event, now),
    }
    return await sandbox.sender.deliver(account, openid="fromUser", fields=fields)


def _particulars(event: AccountNotice, now: int) -> Fields:
    if event == "debug_demo":
        return {"debug_str": "hello world"}
    if event.endswith("_fail"):
        return {"FailTime": now, "FailReason": "示例：资料不完整"}
    # Until when the certification holds, or when it ended.
    return {"ExpiredTime": now if event == "verify_expired" else now + _YEAR_S}
