# SPDX-License-Identifier: Apache-2.0
"""What WeChat reports (wechat-api.md §1.6), taken into the database before it is acknowledged.

What only this app keeps is changed at once, in the same transaction. Others learn of the rest by
outbox topics; the key is the event's own identity, so a second delivery adds nothing:

    wechat.mass_sent       account, msg_id, status, counts, articles (index → address)
    wechat.published       account, publish_id, status, article_id, articles, failed (indexes)
    wechat.message_failed  account, wechat_id, openid, template_id, status
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime

from django.db import transaction

from minyi.core import outbox

from ..services.contacts import erase_profile
from ..services.grants import note_grants
from ..services.inbox import Letter, moment, record_letters
from ..services.outgoing import FAILED_TOPIC
from ..services.reports import note_account_notice, note_media_verdict
from .messages import Element, Message, read_tree

COUNTS = ("TotalCount", "FilterCount", "SentCount", "ErrorCount")


@transaction.atomic
def take_notice(
    *, account: str, message: Message, account_ids: dict[str, int], now: datetime
) -> None:
    """Take one report in; raises NotAMessage when its XML is broken."""
    _TAKERS[message.event](account, message, read_tree(message.plain), account_ids, now)


def _template_sent(
    account: str, message: Message, tree: Element, _ids: dict[str, int], now: datetime
) -> None:
    status = tree.value("Status")
    if status != "success":
        told = {"account": account, "wechat_id": tree.value("MsgID"), "status": status}
        _tell(FAILED_TOPIC, message, now, **told)


def _mass_sent(
    account: str, message: Message, tree: Element, _ids: dict[str, int], now: datetime
) -> None:
    articles = {
        item.value("ArticleIdx"): item.value("ArticleUrl")
        for item in tree.find("ArticleUrlResult").below("item")
    }
    _tell(
        "wechat.mass_sent",
        message,
        now,
        account=account,
        msg_id=tree.value("MsgID") or tree.value("MsgId"),
        status=tree.value("Status"),
        counts={name: _number(tree.value(name)) for name in COUNTS},
        articles=articles,
        copyright=[
            {child.name: child.text.strip() for child in item.children}
            for item in tree.find("CopyrightCheckResult").below("item")
        ],
    )


def _published(
    account: str, message: Message, tree: Element, _ids: dict[str, int], now: datetime
) -> None:
    found = tree.find("PublishEventInfo")
    _tell(
        "wechat.published",
        message,
        now,
        account=account,
        publish_id=found.value("publish_id"),
        status=_number(found.value("publish_status")),
        article_id=found.value("article_id"),
        articles={
            item.value("idx"): item.value("article_url")
            for item in found.find("article_detail").below("item")
        },
        failed=[_number(one.text) for one in found.below("fail_idx")],
    )


def _granted(
    account: str, message: Message, tree: Element, ids: dict[str, int], now: datetime
) -> None:
    # Written down as a letter first: consents are counted, and a repeated event must not count.
    (recorded,) = record_letters([Letter(account, message)], account_ids=ids)
    if not recorded.is_new:
        return
    answers = [
        (one.value("TemplateId"), one.value("SubscribeStatusString")) for one in tree.below("List")
    ]
    is_popup = message.event == "subscribe_msg_popup_event"
    note_grants(
        account=account,
        openid=message.sender,
        accepted=[template for template, said in answers if said == "accept" and is_popup],
        withdrawn=[template for template, said in answers if said == "reject" and not is_popup],
        now=now,
    )


def _notice_sent(
    account: str, message: Message, tree: Element, _ids: dict[str, int], now: datetime
) -> None:
    for place, one in enumerate(tree.below("List")):
        if one.value("ErrorCode") in ("", "0"):
            continue
        outbox.send(
            topic=FAILED_TOPIC,
            key=f"{message.identity.hex()}:{place}",
            payload={
                "account": account,
                "wechat_id": one.value("MsgID"),
                "openid": message.sender,
                "template_id": one.value("TemplateId"),
                "status": one.value("ErrorStatus") or one.value("ErrorCode"),
            },
            now=now,
        )


def _revoked(
    account: str, message: Message, tree: Element, _ids: dict[str, int], now: datetime
) -> None:
    erase_profile(account=account, openid=tree.value("OpenID") or message.sender, now=now)


def _account_notice(
    account: str, message: Message, tree: Element, _ids: dict[str, int], now: datetime
) -> None:
    expires = _number(tree.value("ExpiredTime"))
    note_account_notice(
        account=account,
        kind=message.event,
        identity=message.identity.hex(),
        told_at=moment(message.sent_at),
        expires_at=moment(str(expires)) if 0 < expires < _END_OF_TIME else None,
        reason=tree.value("FailReason"),
        now=now,
    )


def _media_checked(
    account: str, _message: Message, tree: Element, _ids: dict[str, int], now: datetime
) -> None:
    result = tree.find("result")
    error, label = tree.value("errcode"), result.value("label")
    note_media_verdict(
        account=account,
        trace_id=tree.value("trace_id"),
        suggest=result.value("suggest"),
        label=int(label) if _is_code(label) else None,
        error=int(error) if _is_code(error) else 0,
        now=now,
    )


_END_OF_TIME = 10**10  # seconds; beyond it WeChat's number is no moment
_is_code = re.compile(r"-?[0-9]{1,9}").fullmatch
_TAKERS: Mapping[str, Callable[[str, Message, Element, dict[str, int], datetime], None]] = {
    "TEMPLATESENDJOBFINISH": _template_sent,
    "MASSSENDJOBFINISH": _mass_sent,
    "PUBLISHJOBFINISH": _published,
    "subscribe_msg_popup_event": _granted,
    "subscribe_msg_change_event": _granted,
    "subscribe_msg_sent_event": _notice_sent,
    "user_info_modified": _revoked,
    "user_authorization_revoke": _revoked,
    "user_authorization_cancellation": _revoked,
    "wxa_media_check": _media_checked,
    "qualification_verify_success": _account_notice,
    "qualification_verify_fail": _account_notice,
    "naming_verify_success": _account_notice,
    "naming_verify_fail": _account_notice,
    "annual_renew": _account_notice,
    "verify_expired": _account_notice,
}


def _tell(topic: str, message: Message, now: datetime, **payload: object) -> None:
    outbox.send(topic=topic, key=message.identity.hex(), payload=payload, now=now)


def _number(text: str) -> int:
    return int(text) if text.strip().isdecimal() else 0
