# SPDX-License-Identifier: Apache-2.0
"""Mass messages: quotas, the administrator's consent, delivery, and MASSSENDJOBFINISH."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from wechat_sandbox import chats
from wechat_sandbox.accounts import Account
from wechat_sandbox.clock import china_day, china_time
from wechat_sandbox.errors import ApiError
from wechat_sandbox.press import publishing
from wechat_sandbox.press.jobs import ADMIN_REFUSED, ADMIN_SILENT, SUCCESS, Counts, Job, Mass
from wechat_sandbox.press.queueing import decide, enqueue, tell
from wechat_sandbox.press.readers import Issue
from wechat_sandbox.push.envelope import Fields, Value
from wechat_sandbox.push.sender import Delivery
from wechat_sandbox.state import Sandbox

SUB_PER_DAY = 1
SVC_PER_CITIZEN_AND_MONTH = 4
CONFIRM_WITHIN_S = 30 * 60
CLIENT_ID_BYTES = 64
CLIENT_ID_GAP_S = 60
CLIENT_ID_KEPT_S = 86_400
NO_QUOTA = 45028


def check_quota(sandbox: Sandbox, account: Account, now: float) -> None:
    """Raise 45028 when a subscription account has had its message of the day."""
    if account.kind != "SUB":
        return
    today = sandbox.jobs.of_day(account.appid, china_day, now)
    # A message that was deleted later has been sent all the same.
    if sum(1 for mass in today if mass.state != "SEND_FAIL") >= SUB_PER_DAY:
        raise ApiError(NO_QUOTA)


def check_client_id(sandbox: Sandbox, account: Account, client_id: str, now: float) -> None:
    """Raise 45065, 45066 or 45067 for a clientmsgid that is used or too long."""
    if len(client_id.encode()) > CLIENT_ID_BYTES:
        raise ApiError(45067)
    earlier = _by_client_id(sandbox, account, client_id, now)
    if not client_id or earlier is None:
        return
    if now - earlier.created_at < CLIENT_ID_GAP_S:
        raise ApiError(45066)
    raise ApiError(45065, msg_id=earlier.msg_id, msg_data_id=earlier.msg_data_id)


def start(sandbox: Sandbox, account: Account, mass: Mass, *, draft_id: str) -> None:
    """Queue a mass message; with 群发保护 one to everybody first waits for an administrator."""
    sandbox.jobs.masses[mass.msg_id] = mass
    sandbox.library.drop_draft(draft_id)
    now = sandbox.clock.now()
    mass.is_unconfirmed = account.mass_protect and mass.is_to_all
    if mass.is_unconfirmed:
        _queue(
            sandbox,
            mass,
            now + CONFIRM_WITHIN_S,
            lambda: _refuse(sandbox, account, mass, ADMIN_SILENT),
        )
    else:
        _queue_sending(sandbox, account, mass, now)


def confirm(sandbox: Sandbox, account: Account, mass: Mass) -> bool:
    """Let the administrator agree; False when nothing waits for that."""
    if not mass.is_unconfirmed or sandbox.jobs.take("mass", str(mass.msg_id)) is None:
        return False
    mass.is_unconfirmed = False
    _queue_sending(sandbox, account, mass, sandbox.clock.now())
    return True


def refuse(sandbox: Sandbox, account: Account, mass: Mass) -> Coroutine[Any, Any, Delivery] | None:
    """Let the administrator refuse; None when nothing waits for that."""
    if not mass.is_unconfirmed or sandbox.jobs.take("mass", str(mass.msg_id)) is None:
        return None
    return _refuse(sandbox, account, mass, ADMIN_REFUSED)


def delete(sandbox: Sandbox, mass: Mass, index: int) -> None:
    """Take one article off the web, counted from 1, or with 0 all; a waiting message is stopped."""
    sandbox.jobs.take("mass", str(mass.msg_id))
    if mass.article_id:
        issue = sandbox.readers.issues[mass.article_id]
        publishing.withdraw(sandbox, issue, index=index, status=publishing.OWNER_DELETED)
        if not all(page.is_deleted for page in issue.pages):
            return
    mass.state = "DELETE"


def set_result(
    sandbox: Sandbox, mass: Mass, *, status: str, counts: Counts | None
) -> Coroutine[Any, Any, Delivery] | None:
    """End a waiting message with this result now; None when it has ended already."""
    if mass.state != "SENDING" or mass.is_unconfirmed:
        return None
    mass.status = status
    if counts is not None:
        mass.counts = counts
    return decide(sandbox, "mass", str(mass.msg_id))


def conclude(sandbox: Sandbox, account: Account, mass: Mass) -> Coroutine[Any, Any, Delivery]:
    """Deliver the message to the phones, unless a result was set that says it failed."""
    mass.status = mass.status or SUCCESS
    issue = None
    if mass.status == SUCCESS:
        mass.state = "SEND_SUCCESS"
        issue = _put_on_web(sandbox, account, mass) if mass.articles else None
        reached = _deliver(sandbox, account, mass, issue)
        if mass.counts == Counts():
            total, left = len(mass.recipients), len(reached)
            mass.counts = Counts(total=total, filtered=left, sent=left)
    else:
        mass.state = "SEND_FAIL"
    return tell(sandbox, account, _event(mass, issue))


def show(
    sandbox: Sandbox,
    account: Account,
    number: int,
    mass: Mass,
    cards: tuple[chats.Article, ...],
) -> None:
    """Put the message into one citizen's conversation; articles come as cards."""
    chat, now = sandbox.chat_of(account, number), sandbox.clock.now()
    if cards:
        chat.add(at=now, side="account", kind="news", articles=cards)
    elif mass.kind == "text":
        chat.add(at=now, side="account", kind="text", text=mass.content["content"])
    else:
        for media_id in mass.content["media_ids"]:
            chat.add(at=now, side="account", kind=mass.kind, media_id=media_id)


def _queue_sending(sandbox: Sandbox, account: Account, mass: Mass, now: float) -> None:
    due_at = sandbox.jobs.due_at("mass", now)
    _queue(sandbox, mass, due_at, lambda: conclude(sandbox, account, mass))


def _queue(
    sandbox: Sandbox,
    mass: Mass,
    due_at: float,
    finish: Callable[[], Coroutine[Any, Any, Delivery]],
) -> None:
    title = mass.articles[0]["title"] if mass.articles else mass.content.get("content", mass.kind)
    job = Job("mass", str(mass.msg_id), mass.appid, str(title)[:40], due_at, finish)
    enqueue(sandbox, job)


def _refuse(
    sandbox: Sandbox, account: Account, mass: Mass, status: str
) -> Coroutine[Any, Any, Delivery]:
    mass.is_unconfirmed = False
    mass.state, mass.status = "SEND_FAIL", status
    return tell(sandbox, account, _event(mass, None))


def _put_on_web(sandbox: Sandbox, account: Account, mass: Mass) -> Issue:
    issue = sandbox.readers.publish(
        account.appid,
        mass.articles,
        msg_data_id=mass.msg_data_id,
        home=sandbox.settings.sandbox_url,
        is_mass=True,
        now=sandbox.clock.now(),
    )
    mass.article_id = issue.article_id
    return issue


def article_card(article: dict[str, Any], url: str) -> chats.Article:
    """Return an article as a conversation shows it."""
    return chats.Article(
        title=article["title"],
        description=article["digest"],
        picture_url=article.get("thumb_url", ""),
        url=url,
    )


def _deliver(sandbox: Sandbox, account: Account, mass: Mass, issue: Issue | None) -> list[int]:
    """Show the message to those it may reach: followers, not black-listed, below the quota."""
    pages = issue.pages if issue is not None else []
    cards = tuple(article_card(page.article, f"{page.url}?from=message") for page in pages)
    month = china_time(sandbox.clock.now()).strftime("%Y-%m")
    reached = []
    for number in mass.recipients:
        if not sandbox.follow_of(account, number).subscribed:
            continue
        if sandbox.relation_of(account, number).is_blocked:
            continue
        key = (account.appid, number, month)
        had = sandbox.jobs.received.get(key, 0)
        if account.kind == "SVC" and had >= SVC_PER_CITIZEN_AND_MONTH:
            continue
        sandbox.jobs.received[key] = had + 1
        show(sandbox, account, number, mass, cards)
        reached.append(number)
    return reached


def _by_client_id(sandbox: Sandbox, account: Account, client_id: str, now: float) -> Mass | None:
    """Return the message that carried the id in the last 24 hours."""
    for mass in sandbox.jobs.masses.values():
        is_same = (mass.appid, mass.client_id) == (account.appid, client_id)
        if is_same and now - mass.created_at < CLIENT_ID_KEPT_S:
            return mass
    return None


def _event(mass: Mass, issue: Issue | None) -> Fields:
    event: Fields = {
        "Event": "MASSSENDJOBFINISH",
        "MsgID": mass.msg_id,
        "Status": mass.status,
        "TotalCount": mass.counts.total,
        "FilterCount": mass.counts.filtered,
        "SentCount": mass.counts.sent,
        "ErrorCount": mass.counts.error,
    }
    pages = issue.pages if issue is not None else []
    addresses: list[Value] = [
        {"ArticleIdx": page.index + 1, "ArticleUrl": page.url} for page in pages
    ]
    event["CopyrightCheckResult"] = {"Count": 0, "ResultList": "", "CheckState": 1}
    event["ArticleUrlResult"] = {
        "Count": len(addresses),
        "ResultList": {"item": addresses} if addresses else "",
    }
    return event
