# SPDX-License-Identifier: Apache-2.0
"""Which kind of account may use what: WeChat answers 48001 to the others.

Facts WeChat has not confirmed for government accounts are left to `extra_abilities` and
`lacking_abilities` of an account.
"""

from __future__ import annotations

from typing import Literal, get_args

from wechat_sandbox.accounts import Account

Ability = Literal[
    "menu",
    "conditional_menu",
    "users",
    "tags",
    "oauth",
    "jssdk",
    "qrcode",
    "custom_send",
    "service_staff",
    "template",
    "one_time_subscribe",
    "bizsend",
    "newtmpl",
    "subscribe_send",
    "mass_all",
    "mass_openid",
    "temporary_media",
    "materials",
    "drafts",
    "freepublish",
    "comments",
    "datacube",
    "shorten",
    "mini",
    "phone_number",
    "safety",
]

# A plus sign stands for a verified account of that kind.
_HOLDERS: dict[Ability, frozenset[str]] = {
    "menu": frozenset({"SVC", "SUB"}),
    "conditional_menu": frozenset({"SVC+", "SUB+"}),
    "users": frozenset({"SVC", "SUB+"}),
    "tags": frozenset({"SVC+", "SUB+"}),
    "oauth": frozenset({"SVC+"}),
    "jssdk": frozenset({"SVC", "SUB"}),
    "qrcode": frozenset({"SVC+"}),
    "custom_send": frozenset({"SVC+", "SUB+", "MP"}),
    "service_staff": frozenset({"SVC+", "SUB+"}),
    "template": frozenset({"SVC+"}),
    "one_time_subscribe": frozenset({"SVC+", "SUB+"}),
    "bizsend": frozenset({"SVC"}),
    "newtmpl": frozenset({"SVC", "MP"}),
    "subscribe_send": frozenset({"MP"}),
    "mass_all": frozenset({"SVC+", "SUB+"}),
    "mass_openid": frozenset({"SVC+"}),
    "temporary_media": frozenset({"SVC", "SUB", "MP"}),
    "materials": frozenset({"SVC", "SUB"}),
    "drafts": frozenset({"SVC", "SUB"}),
    "freepublish": frozenset({"SVC", "SUB+"}),
    "comments": frozenset({"SVC+", "SUB+"}),
    "datacube": frozenset({"SVC+", "SUB+"}),
    "shorten": frozenset({"SVC", "SUB"}),
    "mini": frozenset({"MP"}),
    "phone_number": frozenset({"MP+"}),
    "safety": frozenset({"MP"}),
}

ABILITIES: tuple[Ability, ...] = get_args(Ability)


def may(account: Account, ability: Ability) -> bool:
    """Tell whether the account has the right to these interfaces."""
    if ability in account.lacking_abilities:
        return False
    standing = {account.kind, f"{account.kind}+"} if account.verified else {account.kind}
    return ability in account.extra_abilities or bool(standing & _HOLDERS[ability])
