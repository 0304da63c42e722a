# SPDX-License-Identifier: Apache-2.0
"""What WeChat lets an account do (wechat-api.md §14 and the tables it points to)."""

from types import SimpleNamespace

import pytest

from minyi.wechat.capabilities import ABILITIES, Ability, may, rows_for
from wechat_sandbox.accounts import sample_account
from wechat_sandbox.office import abilities as sandbox_side

pytestmark = pytest.mark.django_db
KINDS = [(kind, verified) for kind in ("SVC", "SUB", "MP") for verified in (True, False)]


def account(kind: str, is_verified: bool = True, slug: str = "office"):
    return SimpleNamespace(slug=slug, kind=kind, is_verified=is_verified)


# §14: «SUB verified: … NOT: OAuth, qrcode/create, template, bizsend, mass/send by openid».
SUBSCRIPTION_MAY = """menu conditional_menu users tags jssdk custom_send service_staff
    one_time_subscribe mass_all temporary_media materials drafts freepublish comments datacube
    shorten"""
UNVERIFIED_SUBSCRIPTION_MAY = "menu jssdk temporary_media materials drafts shorten"
MINI_ONLY = {"mini", "phone_number", "safety", "subscribe_send"}


def what(*facts: object) -> set[str]:
    return {ability.value for ability in Ability if may(account(*facts), ability).allowed}


def test_a_verified_service_account_may_everything_but_the_mini_programs_calls():
    assert what("SVC") == {ability.value for ability in Ability} - MINI_ONLY


def test_a_subscription_account_may_what_the_matrix_says():
    assert what("SUB") == set(SUBSCRIPTION_MAY.split())
    assert what("SUB", False) == set(UNVERIFIED_SUBSCRIPTION_MAY.split())


def test_a_mini_program_may_what_is_its_own():
    assert what("MP") == MINI_ONLY | {"custom_send", "newtmpl", "temporary_media"}
    assert what("MP", False) == what("MP") - {"phone_number"}


@pytest.mark.parametrize(("kind", "is_verified"), KINDS)
def test_product_and_sandbox_agree(kind, is_verified):
    known = sample_account("http://127.0.0.1:9")
    facts = {name: getattr(known, name) for name in known.__slots__}
    there = type(known)(**{**facts, "kind": kind, "verified": is_verified})
    expected = {one for one in sandbox_side.ABILITIES if sandbox_side.may(there, one)}
    assert what(kind, is_verified) == expected


def test_every_no_has_a_reason_and_every_yes_has_none():
    for kind, is_verified in KINDS:
        for row in rows_for(account(kind, is_verified)):
            assert bool(str(row.reason)) is not row.allowed
            assert str(row.name)


def test_the_reason_says_what_would_help():
    assert "认证" in str(may(account("SVC", False), Ability.OAUTH).reason)
    assert "已认证的服务号" in str(may(account("SUB"), Ability.QRCODE).reason)
    assert str(may(account("SVC"), Ability.MINI).reason) == (
        "服务号没有这项能力，只有小程序可以使用。"
    )


def test_the_table_of_an_account_has_every_ability_once():
    assert [row.ability for row in rows_for(account("SVC"))] == list(ABILITIES) == list(Ability)


def test_the_operator_may_say_what_wechat_has_not_confirmed(settings):
    settings.WECHAT_ABILITIES = {"*": {"datacube": False}, "office": {"oauth": True}}
    assert may(account("SUB"), Ability.OAUTH).allowed
    assert not may(account("SUB", slug="news"), Ability.OAUTH).allowed
    assert not may(account("SVC"), Ability.DATACUBE).allowed
    assert "设置" in str(may(account("SVC"), Ability.DATACUBE).reason)
    settings.WECHAT_ABILITIES["office"]["datacube"] = True  # its own line counts first
    assert may(account("SVC"), Ability.DATACUBE).allowed
