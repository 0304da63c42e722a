# SPDX-License-Identifier: Apache-2.0
"""Publishing (freepublish): queue a draft, ask how it went, read and delete what came out."""

from __future__ import annotations

from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface, Json
from wechat_sandbox.interfaces.drafts import told_article
from wechat_sandbox.interfaces.materials import page_of
from wechat_sandbox.press import publishing
from wechat_sandbox.press.queueing import settle
from wechat_sandbox.press.readers import Issue, Page
from wechat_sandbox.state import Sandbox


def submit(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/freepublish/submit; errcode 0 means queued, not published."""
    settle(sandbox)
    publish = publishing.submit(sandbox, call.caller, call.text("media_id"), call.now)
    return {**OK, "publish_id": publish.publish_id, "msg_data_id": publish.msg_data_id}


def get(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/freepublish/get."""
    settle(sandbox)
    # Documented as text, yet some clients hold it as a number.
    publish = sandbox.jobs.publishes.get(str(call.params.get("publish_id", "")))
    if publish is None or publish.appid != call.caller.appid:
        raise ApiError(40097, "publish_id")
    told: Json = {"publish_id": publish.publish_id, "publish_status": publish.status}
    if publish.article_id:
        told["article_id"] = publish.article_id
        told["article_detail"] = publishing.article_detail(sandbox, publish)
    return {**told, "fail_idx": list(publish.fail_idx)}


def get_article(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/freepublish/getarticle."""
    settle(sandbox)
    issue = sandbox.readers.get_issue(call.caller.appid, call.text("article_id"))
    return _content(issue, with_content=True)


def list_articles(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/freepublish/batchget, newest first; mass messages do not stand here."""
    settle(sandbox)
    offset, count = page_of(call)
    with_content = call.params.get("no_content") not in (1, True)
    found = [
        issue
        for issue in reversed(sandbox.readers.issues.values())
        if issue.appid == call.caller.appid
        and not issue.is_mass
        and not all(page.is_deleted for page in issue.pages)
    ]
    items = [
        {
            "article_id": issue.article_id,
            "content": _content(issue, with_content=with_content),
            "update_time": issue.published_at,
        }
        for issue in found[offset : offset + count]
    ]
    return {"total_count": len(found), "item_count": len(items), "item": items}


def delete(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/freepublish/delete; its index counts from 1, 0 stands for all."""
    issue = sandbox.readers.get_issue(call.caller.appid, call.text("article_id"))
    index = call.whole("index", 0, error=40114)
    publishing.withdraw(sandbox, issue, index=index, status=publishing.OWNER_DELETED)
    return OK


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/freepublish/submit": Interface("POST", "token", submit, "freepublish"),
    "/cgi-bin/freepublish/get": Interface("POST", "token", get, "freepublish"),
    "/cgi-bin/freepublish/getarticle": Interface("POST", "token", get_article, "freepublish"),
    "/cgi-bin/freepublish/batchget": Interface("POST", "token", list_articles, "freepublish"),
    "/cgi-bin/freepublish/delete": Interface("POST", "token", delete, "freepublish"),
}


def _content(issue: Issue, *, with_content: bool) -> Json:
    return {
        "news_item": [_news_item(page, with_content=with_content) for page in issue.pages],
        "create_time": issue.published_at,
        "update_time": issue.published_at,
    }


def _news_item(page: Page, *, with_content: bool) -> Json:
    told = told_article(page.article, with_content=with_content)
    return {**told, "url": page.url, "is_deleted": page.is_deleted}
