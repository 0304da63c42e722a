# SPDX-License-Identifier: Apache-2.0
"""The menu below the conversation, for everybody or for some."""

from __future__ import annotations

from wechat_sandbox.accounts import Account
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface, Json
from wechat_sandbox.interfaces.users import citizen_behind
from wechat_sandbox.office.menus import Button, flat_buttons, read_buttons, read_rule
from wechat_sandbox.state import Sandbox


def create(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/menu/create."""
    sandbox.of(call.caller).menus.set_default(_buttons(sandbox, call))
    return OK


def get(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/menu/get: the default menu and the conditional ones."""
    book = sandbox.of(call.caller).menus
    if book.default is None:
        raise ApiError(46003)
    menu: Json = {"button": list(book.default.buttons)}
    if not book.conditional:
        return {"menu": menu}
    return {
        "menu": {**menu, "menuid": book.default.menuid},
        "conditionalmenu": [
            {"button": list(one.buttons), "matchrule": dict(one.rule), "menuid": one.menuid}
            for one in reversed(book.conditional)
        ],
    }


def current(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/get_current_selfmenu_info: the shape differs from menu/get."""
    default = sandbox.of(call.caller).menus.default
    if default is None:
        return {"is_menu_open": 0}
    return {
        "is_menu_open": 1,
        "selfmenu_info": {"button": [_self_button(button) for button in default.buttons]},
    }


def delete(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/menu/delete: the conditional menus go with the default one."""
    sandbox.of(call.caller).menus.clear()
    return OK


def add_conditional(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/menu/addconditional."""
    rule = read_rule(call.params.get("matchrule"))
    if not call.params.get("button"):
        raise ApiError(65307)
    buttons, belongings = _buttons(sandbox, call), sandbox.of(call.caller)
    if rule.get("tag_id"):
        belongings.tags.check_known(int(rule["tag_id"]))
    return {"menuid": str(belongings.menus.add(buttons, rule).menuid)}


def drop_conditional(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/menu/delconditional."""
    sandbox.of(call.caller).menus.drop(call.whole("menuid", error=65301))
    return OK


def try_match(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/menu/trymatch: the menu one follower sees."""
    number = citizen_behind(call.caller, call.text("user_id"))
    if not sandbox.follow_of(call.caller, number).subscribed:
        raise ApiError(65302)
    menu = sandbox.menu_of(call.caller, number)
    if menu is None:
        raise ApiError(46003)
    return {"button": list(menu.buttons)}


def _buttons(sandbox: Sandbox, call: Call) -> tuple[Button, ...]:
    buttons = read_buttons(call.params.get("button"))
    for leaf in flat_buttons(buttons):
        _check_exists(sandbox, call.caller, leaf)
    return buttons


def _check_exists(sandbox: Sandbox, account: Account, leaf: Button) -> None:
    if leaf.get("media_id"):
        sandbox.library.get_permanent(account.appid, leaf["media_id"])
    if leaf.get("article_id"):
        sandbox.readers.get_issue(account.appid, leaf["article_id"])


def _self_button(button: Button) -> Json:
    if not button["sub_button"]:
        return {name: value for name, value in button.items() if name != "sub_button"}
    below = [_self_button(one) for one in button["sub_button"]]
    return {"name": button["name"], "sub_button": {"list": below}}


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/menu/create": Interface("POST", "token", create, "menu", daily=1_000),
    "/cgi-bin/menu/get": Interface("GET", "token", get, "menu", daily=10_000),
    "/cgi-bin/get_current_selfmenu_info": Interface("GET", "token", current, "menu", daily=10_000),
    "/cgi-bin/menu/delete": Interface("GET", "token", delete, "menu", daily=1_000),
    "/cgi-bin/menu/addconditional": Interface(
        "POST", "token", add_conditional, "conditional_menu", daily=2_000
    ),
    "/cgi-bin/menu/delconditional": Interface(
        "POST", "token", drop_conditional, "conditional_menu", daily=2_000
    ),
    "/cgi-bin/menu/trymatch": Interface(
        "POST", "token", try_match, "conditional_menu", daily=20_000
    ),
}
