# SPDX-License-Identifier: Apache-2.0
"""The draft box: articles before they are published or sent."""

from __future__ import annotations

from typing import Any

from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface, Json
from wechat_sandbox.interfaces.materials import page_of
from wechat_sandbox.press.draft_checks import read_article, read_articles
from wechat_sandbox.press.library import Draft
from wechat_sandbox.state import Sandbox

BAD_INDEX = 40114
# What the sandbox keeps beside an article but WeChat does not return.
_OWN_KEYS = frozenset({"picture_urls"})


def add(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/draft/add."""
    articles = read_articles(sandbox, call.caller, call.params.get("articles"))
    return {"media_id": sandbox.library.add_draft(call.caller.appid, articles, call.now).media_id}


def update(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/draft/update; its index counts from 0."""
    draft = _draft(sandbox, call)
    index = call.whole("index", error=BAD_INDEX)
    if not 0 <= index < len(draft.articles):
        raise ApiError(BAD_INDEX)
    draft.articles[index] = read_article(sandbox, call.caller, call.params.get("articles"))
    draft.updated_at = int(call.now)
    return OK


def get(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/draft/get."""
    draft = _draft(sandbox, call)
    return {**_content(sandbox, draft, with_content=True)}


def delete(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/draft/delete."""
    sandbox.library.drop_draft(_draft(sandbox, call).media_id)
    return OK


def count(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/draft/count."""
    return {"total_count": len(sandbox.library.list_drafts(call.caller.appid))}


def list_drafts(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/draft/batchget."""
    offset, wanted = page_of(call)
    with_content = call.params.get("no_content") not in (1, True)
    drafts = sandbox.library.list_drafts(call.caller.appid)
    items = [
        {
            "media_id": draft.media_id,
            "content": _content(sandbox, draft, with_content=with_content),
            "update_time": draft.updated_at,
        }
        for draft in drafts[offset : offset + wanted]
    ]
    return {"total_count": len(drafts), "item_count": len(items), "item": items}


def switch(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/draft/switch; the draft box is open to everybody since 2022."""
    return {**OK, "is_open": 1}


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/draft/add": Interface("POST", "token", add, "drafts"),
    "/cgi-bin/draft/update": Interface("POST", "token", update, "drafts"),
    "/cgi-bin/draft/get": Interface("POST", "token", get, "drafts"),
    "/cgi-bin/draft/delete": Interface("POST", "token", delete, "drafts"),
    "/cgi-bin/draft/count": Interface("GET", "token", count, "drafts"),
    "/cgi-bin/draft/batchget": Interface("POST", "token", list_drafts, "drafts"),
    "/cgi-bin/draft/switch": Interface("POST", "token", switch, "drafts", body="optional"),
}


def told_article(article: dict[str, Any], *, with_content: bool) -> Json:
    """Return an article as WeChat tells it; lists may leave the body out."""
    told = {name: value for name, value in article.items() if name not in _OWN_KEYS}
    if not with_content:
        told["content"] = ""
    return told


def _draft(sandbox: Sandbox, call: Call) -> Draft:
    return sandbox.library.get_draft(call.caller.appid, call.text("media_id"))


def _content(sandbox: Sandbox, draft: Draft, *, with_content: bool) -> Json:
    address = f"{sandbox.settings.sandbox_url}/s/draft/{draft.key}"
    return {
        "news_item": [
            told_article(article, with_content=with_content) | {"url": f"{address}/{index}"}
            for index, article in enumerate(draft.articles)
        ],
        "create_time": draft.created_at,
        "update_time": draft.updated_at,
    }
