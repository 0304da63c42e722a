# SPDX-License-Identifier: Apache-2.0
"""Publishing a draft: queued at once, examined, finished by PUBLISHJOBFINISH."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from wechat_sandbox.accounts import Account
from wechat_sandbox.errors import ApiError
from wechat_sandbox.press.jobs import PUBLISHING, Job, Publish, PublishStatus
from wechat_sandbox.press.queueing import decide, enqueue, tell
from wechat_sandbox.press.readers import Issue
from wechat_sandbox.push.envelope import Fields
from wechat_sandbox.push.sender import Delivery
from wechat_sandbox.state import Sandbox

ALREADY_PUBLISHING = 53503  # [R]
OWNER_DELETED: PublishStatus = 5
PLATFORM_BANNED: PublishStatus = 6


def submit(sandbox: Sandbox, account: Account, media_id: str, now: float) -> Publish:
    """Queue a draft for publication; raises 40007 or 53503."""
    draft = sandbox.library.get_draft(account.appid, media_id)
    if any(
        one.draft_id == media_id and one.status == PUBLISHING
        for one in sandbox.jobs.publishes.values()
    ):
        raise ApiError(ALREADY_PUBLISHING)
    number = sandbox.jobs.next_number()
    publish = Publish(
        publish_id=str(number),
        appid=account.appid,
        draft_id=media_id,
        articles=[dict(article) for article in draft.articles],
        msg_data_id=sandbox.jobs.next_number(),
        created_at=int(now),
    )
    sandbox.jobs.publishes[publish.publish_id] = publish
    enqueue(
        sandbox,
        Job(
            kind="publish",
            key=publish.publish_id,
            appid=account.appid,
            title=publish.articles[0]["title"],
            due_at=sandbox.jobs.due_at("publish", now),
            finish=lambda: conclude(sandbox, account, publish),
        ),
    )
    return publish


def judge(
    sandbox: Sandbox, publish: Publish, *, status: PublishStatus, fail_idx: tuple[int, ...]
) -> Coroutine[Any, Any, Delivery] | None:
    """Decide on a waiting order now; None when it is decided already."""
    if publish.status != PUBLISHING:
        return None
    publish.status, publish.fail_idx = status, fail_idx
    return decide(sandbox, "publish", publish.publish_id)


def conclude(sandbox: Sandbox, account: Account, publish: Publish) -> Coroutine[Any, Any, Delivery]:
    """End an order: unless somebody decided otherwise, the articles are on the web now."""
    if publish.status in (PUBLISHING, 0):
        publish.status = 0
        issue = sandbox.readers.publish(
            account.appid,
            publish.articles,
            msg_data_id=publish.msg_data_id,
            home=sandbox.settings.sandbox_url,
            is_mass=False,
            now=sandbox.clock.now(),
        )
        publish.article_id = issue.article_id
        sandbox.library.drop_draft(publish.draft_id)
    return tell(sandbox, account, _event(sandbox, publish))


def withdraw(sandbox: Sandbox, issue: Issue, *, index: int, status: PublishStatus) -> None:
    """Take an article off the web, counted from 1; 0 takes all of them."""
    if not 0 <= index <= len(issue.pages):
        raise ApiError(40114)
    for page in issue.pages if index == 0 else [issue.pages[index - 1]]:
        page.is_deleted = True
    issue.is_banned = issue.is_banned or status == PLATFORM_BANNED
    if all(page.is_deleted for page in issue.pages):
        for publish in sandbox.jobs.publishes.values():
            if publish.article_id == issue.article_id:
                publish.status = status


def article_detail(sandbox: Sandbox, publish: Publish) -> dict[str, Any]:
    """Return the addresses of what came out, counted from 1."""
    pages = sandbox.readers.issues[publish.article_id].pages
    items = [{"idx": page.index + 1, "article_url": page.url} for page in pages]
    return {"count": len(items), "item": items}


def _event(sandbox: Sandbox, publish: Publish) -> Fields:
    told: Fields = {"publish_id": publish.publish_id, "publish_status": publish.status}
    if publish.article_id:
        told["article_id"] = publish.article_id
        told["article_detail"] = article_detail(sandbox, publish)
    if publish.fail_idx:
        told["fail_idx"] = list(publish.fail_idx)
    return {"Event": "PUBLISHJOBFINISH", "PublishEventInfo": told}
