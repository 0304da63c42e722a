# SPDX-License-Identifier: Apache-2.0
"""What each order of the control plane asks for, as fields of a form."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal, get_args

from wechat_sandbox.accounts import Account, Confirmation, Kind, Mode
from wechat_sandbox.press.jobs import JOB_KINDS
from wechat_sandbox.push.backoffice import AccountNotice

BlankKind = Literal[
    "text",
    "long",
    "number",
    "choice",
    "flag",
    "account",
    "citizen",
    "path",
    "code",
    "json",
    "fixed",
]
Group = Literal["citizen", "notice", "desk", "web", "office", "article", "mini", "machine", "other"]
GROUPS: tuple[Group, ...] = (
    "citizen",
    "notice",
    "desk",
    "web",
    "office",
    "article",
    "mini",
    "machine",
    "other",
)


@dataclass(frozen=True, slots=True)
class Blank:
    """One field of an order's form; `value` stands in it at first."""

    name: str
    kind: BlankKind = "text"
    value: str = ""
    choices: tuple[str, ...] = ()
    needed: bool = False
    word: str = ""  # of the label, where the name means something else elsewhere

    @property
    def label(self) -> str:
        """Return the label's name in the word lists."""
        return f"blank_{self.word or self.name}"


@dataclass(frozen=True, slots=True)
class OrderForm:
    """One order and its fields."""

    name: str
    blanks: tuple[Blank, ...]
    group: Group = "other"

    @property
    def word(self) -> str:
        """Return the order's name as the word lists write it."""
        return self.name.replace("/", "_").replace("-", "_")

    def example(self) -> dict[str, object]:
        """Return what the form would send as it first stands."""
        asked: dict[str, object] = {}
        for blank in self.blanks:
            if blank.kind == "json" and not blank.name:
                asked |= json.loads(blank.value)
            elif blank.value or blank.needed:
                asked[blank.name] = _typed(blank)
        return asked


def _typed(blank: Blank) -> object:
    if blank.kind in ("number", "citizen", "code"):
        return float(blank.value) if "." in blank.value else int(blank.value or 0)
    return json.loads(blank.value) if blank.kind in ("flag", "json") else blank.value


def _choice(name: str, *choices: str) -> Blank:
    return Blank(name, "choice", choices[0], choices)


_ACCOUNT = Blank("account", "account")
_WHO = (_ACCOUNT, Blank("citizen", "citizen", "3", needed=True))
_CITIZEN = _WHO[1]
_DECISION = _choice("decision", "allow", "deny", "snapshot")
_URL = Blank("url", needed=True)
_PLACE = (
    Blank("latitude", "number", "31.23", needed=True),
    Blank("longitude", "number", "121.47", needed=True),
)
_STAFF = Blank("staff", needed=True)
_TEMPLATES = Blank("templates", "json", '[""]', needed=True)
_ARTICLE = (Blank("article_id", needed=True), Blank("index", "number", "0"))
_VERDICT = (
    _choice("suggest", "risky", "review", "pass"),
    Blank("label", "number", "20002", word="label_number"),
)


def _account_blanks(account: Account | None) -> tuple[Blank, ...]:
    """Return the fields of an account's settings, filled in with those of a known one."""

    def told(name: str) -> str:
        value = getattr(account, name, "")
        return json.dumps(value, ensure_ascii=False) if isinstance(value, tuple) else str(value)

    def choice(name: str, *choices: str) -> Blank:
        return Blank(name, "choice", told(name) or choices[0], choices)

    def flag(name: str, usual: bool = False) -> Blank:
        return Blank(name, "flag", "true" if getattr(account, name, usual) else "")

    return (
        Blank("slug", "fixed" if account else "text", told("slug"), needed=True),
        Blank("name", value=told("name"), word="account_name"),
        Blank("callback_url", value=told("callback_url"), needed=True),
        Blank("token", value=told("token"), word="account_token"),
        Blank("aes_key", value=told("aes_key")),
        choice("mode", *get_args(Mode)),
        choice("kind", *get_args(Kind)) if account else _choice("kind", *get_args(Kind)),
        flag("verified", usual=True),
        flag("secret_frozen"),
        flag("mass_protect"),
        Blank("oauth_domains", "json", told("oauth_domains")),
        Blank("ip_whitelist", "json", told("ip_whitelist")),
        choice("ip_confirmation", *get_args(Confirmation)),
    )


def form_for(account: Account) -> OrderForm:
    """Return the form that changes an account's settings."""
    return OrderForm("accounts/save", _account_blanks(account), "machine")


FAULTS = OrderForm(
    "faults",
    (
        Blank("path", "path", "/cgi-bin/user/info", needed=True),
        Blank("times", "number", "1", needed=True),
        Blank("errcode", "code"),
        Blank("delay_ms", "number"),
        Blank("http_status", "number"),
        Blank("drop", "flag"),
    ),
    "machine",
)

FORMS: tuple[OrderForm, ...] = (
    OrderForm("follow", (*_WHO, Blank("scene")), "citizen"),
    OrderForm("unfollow", _WHO, "citizen"),
    OrderForm("text", (*_WHO, Blank("content", "long", "您好", needed=True)), "citizen"),
    OrderForm("media", (*_WHO, _choice("kind", "image", "voice"), Blank("base64")), "citizen"),
    OrderForm("location", (*_WHO, *_PLACE, Blank("label")), "citizen"),
    OrderForm("link", (*_WHO, Blank("title", needed=True), Blank("description"), _URL), "citizen"),
    OrderForm("scan", (*_WHO, Blank("scene", value="hall-1"), Blank("ticket")), "citizen"),
    OrderForm("menu", (*_WHO, Blank("path", "json", "[0]", needed=True)), "citizen"),
    OrderForm("choice", (*_WHO, Blank("choice", needed=True)), "citizen"),
    OrderForm("report-location", (*_WHO, *_PLACE), "citizen"),
    OrderForm(
        "authorization",
        (
            *_WHO,
            _choice(
                "event",
                "user_info_modified",
                "user_authorization_revoke",
                "user_authorization_cancellation",
            ),
        ),
        "citizen",
    ),
    OrderForm("popup", (*_WHO, _TEMPLATES, _choice("decision", "accept", "reject")), "notice"),
    OrderForm("unsubscribe", (*_WHO, _TEMPLATES), "notice"),
    OrderForm("refuse-messages", (*_WHO, Blank("refuses", "flag", "true")), "notice"),
    OrderForm(
        "confirm-once",
        (
            *_WHO,
            Blank("template_id", needed=True),
            Blank("scene", "number", "1", needed=True),
            Blank("redirect_url", needed=True),
            _choice("decision", "accept", "reject"),
        ),
        "notice",
    ),
    OrderForm("kf/open", (*_WHO, _STAFF), "desk"),
    OrderForm("kf/close", _WHO, "desk"),
    OrderForm("kf/switch", (*_WHO, _STAFF), "desk"),
    OrderForm("kf/online", (_ACCOUNT, _STAFF, Blank("online", "flag", "true")), "desk"),
    OrderForm("oauth", (_CITIZEN, _URL, _DECISION), "web"),
    OrderForm("open", (_CITIZEN, _URL, _DECISION), "web"),
    OrderForm("click", (*_WHO, Blank("link", "number", "0", needed=True)), "web"),
    OrderForm("publish/approve", (Blank("publish_id", needed=True),), "office"),
    OrderForm(
        "publish/reject",
        (
            Blank("publish_id", needed=True),
            Blank("status", "number", "4"),
            Blank("fail_idx", "json"),
        ),
        "office",
    ),
    OrderForm(
        "publish/withdraw",
        (Blank("article_id", needed=True), Blank("status", "number", "6")),
        "office",
    ),
    OrderForm(
        "mass/result",
        (
            Blank("msg_id", "number", needed=True),
            Blank("status", value="send success", needed=True),
            *(Blank(name, "number") for name in ("total", "filtered", "sent", "error")),
        ),
        "office",
    ),
    OrderForm(
        "mass/confirm",
        (Blank("msg_id", "number", needed=True), _choice("decision", "allow", "refuse")),
        "office",
    ),
    OrderForm("check/result", (Blank("trace_id", needed=True), *_VERDICT), "office"),
    OrderForm("check/word", (Blank("word", needed=True), *_VERDICT), "office"),
    OrderForm(
        "jobs/delay", (_choice("kind", *JOB_KINDS), Blank("seconds", "number", "2")), "office"
    ),
    OrderForm("jobs/settle", (), "office"),
    OrderForm(
        "comments/sow", (*_ARTICLE, Blank("count", "number", "3"), Blank("content")), "article"
    ),
    OrderForm(
        "readers/sow",
        (*_ARTICLE, Blank("read_user", "number", "100"), Blank("like_user", "number", "10")),
        "article",
    ),
    OrderForm(
        "figures/sow",
        (_ACCOUNT, Blank("table", needed=True), Blank("rows", "json", "[]", needed=True)),
        "article",
    ),
    OrderForm("mini/enter", _WHO, "mini"),
    OrderForm("mini/phone", _WHO, "mini"),
    OrderForm("mini/profile", _WHO, "mini"),
    OrderForm("mini/rank", (*_WHO, Blank("rank", "number", "4", needed=True)), "mini"),
    OrderForm("mini/pages", (_ACCOUNT, Blank("pages", "json", "[]", needed=True)), "mini"),
    OrderForm("mini-page", (*_WHO, Blank("title", needed=True), Blank("page")), "mini"),
    OrderForm("kf/enter", (*_WHO, Blank("from")), "mini"),
    OrderForm("accounts/save", _account_blanks(None), "machine"),
    OrderForm("verify", (_ACCOUNT,), "machine"),
    OrderForm(
        "signature",
        (
            _ACCOUNT,
            Blank("timestamp", needed=True),
            Blank("nonce", needed=True),
            Blank("signature", needed=True),
            Blank("encrypt", "long"),
        ),
        "machine",
    ),
    OrderForm("notice", (_ACCOUNT, _choice("event", *get_args(AccountNotice))), "office"),
    OrderForm("clock", (Blank("advance_s", "number", "3600", needed=True),), "machine"),
    FAULTS,
    OrderForm("faults/clear", (), "machine"),
)
