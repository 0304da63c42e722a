# SPDX-License-Identifier: Apache-2.0
"""Customer-service messages: what an account may write, and for how long, after a citizen acted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wechat_sandbox.accounts import Account
from wechat_sandbox.acts.menu_acts import article_of
from wechat_sandbox.chats import Article, Card, Chat, Choice
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface, Json
from wechat_sandbox.interfaces.users import citizen_behind
from wechat_sandbox.state import Sandbox

MAX_TEXT_BYTES = 2048
MAX_CHOICES = 10
MAX_CHOICE_BYTES = 200
TYPING_S = 15
EXCHANGE_S = 30

_STAFF_WROTE = 2002
_FOR_MINI = frozenset({"text", "image", "link", "miniprogrampage"})
_FOR_OFFICIAL = frozenset(
    {
        "text",
        "image",
        "voice",
        "video",
        "music",
        "news",
        "mpnewsarticle",
        "msgmenu",
        "wxcard",
        "miniprogrampage",
    }
)
Shown = dict[str, Any]


def send(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/message/custom/send."""
    account = call.caller
    number = citizen_behind(account, call.text("touser"))
    kind = call.text("msgtype")
    if kind not in (_FOR_MINI if account.kind == "MP" else _FOR_OFFICIAL):
        # «mpnews» is among them: it was withdrawn when drafts came.
        raise ApiError(40008)
    shown = _READERS[kind](sandbox, call, call.fields(kind))
    staff = _staff(sandbox, call)
    _check_reachable(sandbox, account, number)
    relation = sandbox.relation_of(account, number)
    relation.window = relation.window.spend(call.now)
    is_ai = _flag(call.params.get("aimsgcontext"), "is_ai_msg")
    sandbox.chat_of(account, number).add(
        at=call.now, side="account", kind=kind, is_ai=is_ai, staff=staff, **shown
    )
    if staff:
        text = str(shown.get("text", ""))
        sandbox.of(account).desk.note(number, staff, _STAFF_WROTE, text, call.now)
    return OK


def typing(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/message/custom/typing."""
    account = call.caller
    number = citizen_behind(account, call.text("touser"))
    command = call.text("command")
    if command not in ("Typing", "CancelTyping"):
        raise ApiError(45072)
    _check_reachable(sandbox, account, number)
    chat: Chat = sandbox.chat_of(account, number)
    if command == "CancelTyping":
        chat.typing_until = 0.0
        return OK
    if call.now - chat.wrote_at > EXCHANGE_S:
        raise ApiError(45080)
    if call.now < chat.typing_until:
        raise ApiError(45081)
    chat.typing_until = call.now + TYPING_S
    return OK


def _check_reachable(sandbox: Sandbox, account: Account, number: int) -> None:
    relation = sandbox.relation_of(account, number)
    if relation.is_blocked:
        raise ApiError(43019)
    if relation.refuses:
        raise ApiError(48002)
    if account.kind != "MP" and not sandbox.follow_of(account, number).subscribed:
        raise ApiError(45015)


def _staff(sandbox: Sandbox, call: Call) -> str:
    given = call.params.get("customservice")
    if not isinstance(given, dict) or not given.get("kf_account"):
        return ""
    return sandbox.of(call.caller).desk.get(str(given["kf_account"])).account


def _read_text(sandbox: Sandbox, call: Call, given: Json) -> Shown:
    content = given.get("content")
    if not isinstance(content, str) or not content.strip():
        raise ApiError(44004)
    if len(content.encode()) > MAX_TEXT_BYTES:
        raise ApiError(45002)
    return {"text": content}


def _read_media(sandbox: Sandbox, call: Call, given: Json) -> Shown:
    return {"media_id": _media(sandbox, call, given, "media_id"), "text": _word(given, "title")}


def _read_music(sandbox: Sandbox, call: Call, given: Json) -> Shown:
    _media(sandbox, call, given, "thumb_media_id")
    card = Card(_word(given, "title"), _word(given, "description"), url=_word(given, "musicurl"))
    return {"text": card.title, "card": card}


def _read_news(sandbox: Sandbox, call: Call, given: Json) -> Shown:
    articles = given.get("articles")
    if not isinstance(articles, list) or not articles:
        raise ApiError(44003)
    if len(articles) > 1:
        raise ApiError(45008)
    one = articles[0] if isinstance(articles[0], dict) else {}
    if not _word(one, "title"):
        raise ApiError(45003)
    article = Article(
        _word(one, "title"), _word(one, "description"), _word(one, "picurl"), _word(one, "url")
    )
    return {"articles": (article,)}


def _read_published(sandbox: Sandbox, call: Call, given: Json) -> Shown:
    article_id = _word(given, "article_id")
    issue = sandbox.readers.get_issue(call.caller.appid, article_id)
    return {"articles": (article_of(issue),)}


def _read_menu(sandbox: Sandbox, call: Call, given: Json) -> Shown:
    items = given.get("list")
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_CHOICES:
        raise ApiError(45098)
    choices = []
    for item in items:
        words = _word(item, "content") if isinstance(item, dict) else ""
        if not words or len(words.encode()) > MAX_CHOICE_BYTES:
            raise ApiError(45099)
        choices.append(Choice(str(item.get("id", "")), words))
    return {
        "text": _word(given, "head_content"),
        "choices": tuple(choices),
        "tail": _word(given, "tail_content"),
    }


def _read_card(sandbox: Sandbox, call: Call, given: Json) -> Shown:
    if not _word(given, "card_id"):
        raise ApiError(40097, "card_id")
    return {"card": Card(page=_word(given, "card_id"))}


def _read_mini_page(sandbox: Sandbox, call: Call, given: Json) -> Shown:
    # A mini program sends its own pages and names itself by its token.
    appid = _word(given, "appid") or (call.caller.appid if call.caller.kind == "MP" else "")
    if not appid:
        raise ApiError(40013)
    if not _word(given, "pagepath"):
        raise ApiError(40165)
    media_id = _media(sandbox, call, given, "thumb_media_id")
    card = Card(_word(given, "title"), appid=appid, page=_word(given, "pagepath"))
    return {"text": card.title, "card": card, "media_id": media_id}


def _read_link(sandbox: Sandbox, call: Call, given: Json) -> Shown:
    if not _word(given, "title") or not _word(given, "url").startswith(("http://", "https://")):
        raise ApiError(40097, "link")
    card = Card(_word(given, "title"), _word(given, "description"), url=_word(given, "url"))
    return {"text": card.title, "card": card}


_READERS: dict[str, Callable[[Sandbox, Call, Json], Shown]] = {
    "text": _read_text,
    "image": _read_media,
    "voice": _read_media,
    "video": _read_media,
    "music": _read_music,
    "news": _read_news,
    "mpnewsarticle": _read_published,
    "msgmenu": _read_menu,
    "wxcard": _read_card,
    "miniprogrampage": _read_mini_page,
    "link": _read_link,
}


def _media(sandbox: Sandbox, call: Call, given: Json, name: str) -> str:
    media_id = _word(given, name)
    sandbox.library.get_any(call.caller.appid, media_id, call.now)
    return media_id


def _word(given: Json, name: str) -> str:
    value = given.get(name, "")
    return value if isinstance(value, str) else ""


def _flag(given: object, name: str) -> bool:
    return isinstance(given, dict) and given.get(name) in (1, True)


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/message/custom/send": Interface("POST", "token", send, "custom_send", daily=500_000),
    "/cgi-bin/message/custom/typing": Interface(
        "POST", "token", typing, "custom_send", daily=500_000
    ),
}
