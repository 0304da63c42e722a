# SPDX-License-Identifier: Apache-2.0
"""Late answers: promised before WeChat is told «success», kept even if this process dies.

The promise lies in the outbox and falls due half a minute later. It and the answer itself ask for
one and the same message (the key is the citizen's message), so whichever comes first is the one
that goes out, and the citizen never hears both.
"""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from minyi.citizens.notices import Notice
from minyi.core import outbox
from minyi.core.outbox import Delivery, GiveUp
from minyi.wechat.callback.messages import Message, Reply
from minyi.wechat.errors import AccountNotFound
from minyi.wechat.outgoing.purposes import LATE_ANSWER

from .outgoing import send_to_citizen

TOPIC = "wechat.late_answer"
KEPT_AFTER = timedelta(seconds=30)

_SORRY = _("抱歉，刚才的请求没有办成，请再发一次。")


def promise_answer(account: str, message: Message, now: datetime) -> None:
    """Write down that this message is owed an answer."""
    outbox.send(
        topic=TOPIC,
        key=message.identity.hex(),
        payload={"account": account, "openid": message.sender},
        now=now,
        due_at=now + KEPT_AFTER,
    )


def answer_late(account: str, message: Message, reply: Reply | None, now: datetime) -> None:
    """Send the answer at last; without one, say that it came to nothing."""
    text = reply.late if reply else str(_SORRY)
    _send(
        account=account,
        openid=message.sender,
        key=message.identity.hex(),
        text=text,
        is_ai=reply.is_ai if reply else False,
        now=now,
    )


@outbox.consumer(TOPIC)
def keep_promise(delivery: Delivery) -> None:
    """Tell the citizen that nothing came of it, unless the answer has gone out."""
    told = delivery.payload
    try:
        _send(
            account=str(told["account"]),
            openid=str(told["openid"]),
            key=delivery.key,
            text=str(_SORRY),
            is_ai=False,
            now=delivery.now,
        )
    except AccountNotFound as gone:
        raise GiveUp(gone.code) from gone


def _send(*, account: str, openid: str, key: str, text: str, is_ai: bool, now: datetime) -> None:
    send_to_citizen(
        account=account,
        openid=openid,
        purpose=LATE_ANSWER.key,
        key=key,
        words=Notice(text),
        url="",
        is_ai=is_ai,
        is_urgent=True,
        now=now,
    )
