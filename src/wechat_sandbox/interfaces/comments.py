# SPDX-License-Identifier: Apache-2.0
"""Comments under published articles. Their index counts from 0, unlike that of publishing."""

from __future__ import annotations

from collections.abc import Callable

from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface, Json
from wechat_sandbox.office.abilities import may
from wechat_sandbox.press.readers import Comment, Page
from wechat_sandbox.state import Sandbox

MAX_LISTED = 49
MAX_ELECTED = 100  # [R]
MAX_REPLY = 140  # [R], in characters

NO_PRIVILEGE = 88000
ELECTED_LIMIT = 88003
DELETED_BY_CITIZEN = 88004
ALREADY_REPLIED = 88005
REPLY_LENGTH = 88007
NO_COMMENT = 88008
BAD_COUNT = 88010


def open_comments(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/comment/open."""
    _page(sandbox, call).is_open_for_comments = True
    return OK


def close_comments(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/comment/close."""
    _page(sandbox, call).is_open_for_comments = False
    return OK


def list_comments(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/comment/list: type 0 all, 1 ordinary, 2 elected ones."""
    page = _page(sandbox, call)
    begin, count = call.whole("begin", 0), call.whole("count", error=BAD_COUNT)
    kind = call.whole("type", 0)
    if not 1 <= count <= MAX_LISTED or begin < 0:
        raise ApiError(BAD_COUNT)
    if kind not in (0, 1, 2):
        raise ApiError(40097, "type")
    found = [
        comment
        for comment in reversed(page.comments)
        if not comment.is_deleted and (kind == 0 or comment.is_elected == (kind == 2))
    ]
    told = [_told(comment) for comment in found[begin : begin + count]]
    return {**OK, "total": len(found), "comment": told}


def elect(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/comment/markelect: only elected comments stand under the article."""
    page, comment = _comment(sandbox, call)
    elected = sum(1 for one in page.comments if one.is_elected and not one.is_deleted)
    if not comment.is_elected and elected >= MAX_ELECTED:
        raise ApiError(ELECTED_LIMIT)
    comment.is_elected = True
    return OK


def unelect(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/comment/unmarkelect."""
    _comment(sandbox, call)[1].is_elected = False
    return OK


def delete(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/comment/delete."""
    page, comment = _comment(sandbox, call)
    page.comments.remove(comment)
    return OK


def add_reply(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/comment/reply/add: one reply to each comment."""
    _, comment = _comment(sandbox, call)
    content = call.text("content").strip()
    if comment.reply:
        raise ApiError(ALREADY_REPLIED)
    if not 1 <= len(content) <= MAX_REPLY:
        raise ApiError(REPLY_LENGTH)
    comment.reply, comment.replied_at = content, int(call.now)
    return OK


def delete_reply(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/comment/reply/delete."""
    _, comment = _comment(sandbox, call)
    if not comment.reply:
        raise ApiError(NO_COMMENT)
    comment.reply, comment.replied_at = "", 0
    return OK


def _interface(answer: Callable[[Sandbox, Call], Answer]) -> Interface:
    # No ability is asked for at the edge: here the refusal is 88000, not 48001.
    return Interface("POST", "token", answer)


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/comment/open": _interface(open_comments),
    "/cgi-bin/comment/close": _interface(close_comments),
    "/cgi-bin/comment/list": _interface(list_comments),
    "/cgi-bin/comment/markelect": _interface(elect),
    "/cgi-bin/comment/unmarkelect": _interface(unelect),
    "/cgi-bin/comment/delete": _interface(delete),
    "/cgi-bin/comment/reply/add": _interface(add_reply),
    "/cgi-bin/comment/reply/delete": _interface(delete_reply),
}


def _page(sandbox: Sandbox, call: Call) -> Page:
    account = call.caller
    if not may(account, "comments"):
        raise ApiError(NO_PRIVILEGE)
    number, index = call.whole("msg_data_id", error=88001), call.whole("index", 0, error=88001)
    return sandbox.readers.get_by_message(account.appid, number, index)


def _comment(sandbox: Sandbox, call: Call) -> tuple[Page, Comment]:
    page = _page(sandbox, call)
    wanted = call.whole("user_comment_id", error=NO_COMMENT)
    for comment in page.comments:
        if comment.user_comment_id == wanted:
            if comment.is_deleted:
                raise ApiError(DELETED_BY_CITIZEN)
            return page, comment
    raise ApiError(NO_COMMENT)


def _told(comment: Comment) -> Json:
    told: Json = {
        "user_comment_id": comment.user_comment_id,
        "openid": comment.openid,
        "create_time": comment.created_at,
        "content": comment.content,
        "comment_type": int(comment.is_elected),
    }
    if comment.reply:
        told["reply"] = {"content": comment.reply, "create_time": comment.replied_at}
    return told
