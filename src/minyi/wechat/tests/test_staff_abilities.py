# SPDX-License-Identifier: Apache-2.0
"""The table of abilities, and the state of an account's line."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from minyi.agencies.models import OfficialAccount
from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_client, given_staff
from minyi.core.models import AuditEntry
from minyi.wechat.capabilities import Ability, may
from minyi.wechat.models import AccountStop
from minyi.wechat.services.reports import note_account_notice, note_media_verdict
from minyi.wechat.tests.given import given_contact, given_official_account

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
URL = "/staff/wechat/abilities"


@pytest.fixture
def account(settings):
    settings.WECHAT_SECRETS = {"sandbox": {"secret": "sandbox-secret-not-for-production"}}
    return given_official_account()


@pytest.fixture
def editor(account) -> Client:
    return given_client(given_staff(account.agency, Role.EDITOR))


def test_what_is_missing_is_named_and_no_secret_is_shown(editor, account):
    page = editor.get(f"{URL}/{account.pk}/").content.decode()
    assert page.count("已配置") == 1  # AppSecret
    assert page.count("未配置") == 2  # Token, EncodingAESKey
    assert "sandbox-secret-not-for-production" not in page


def test_the_last_sign_of_a_citizen_is_shown(editor, account):
    assert "<dd>还没有</dd>" in editor.get(f"{URL}/{account.pk}/").content.decode()
    given_contact(account)
    assert "<dd>还没有</dd>" not in editor.get(f"{URL}/{account.pk}/").content.decode()


def test_what_wechat_said_of_the_account_is_shown_with_its_time_and_only_there(editor, account):
    assert "还没有通知" in editor.get(f"{URL}/{account.pk}/").content.decode()
    note_account_notice(
        account=account.slug,
        kind="qualification_verify_fail",
        identity="1",
        told_at=datetime(2026, 9, 2, 2, 0, tzinfo=UTC),
        expires_at=None,
        reason="公函不清晰",
        now=timezone.now(),
    )
    page = editor.get(f"{URL}/{account.pk}/").content.decode()
    assert all(part in page for part in ("资质认证未通过", "公函不清晰", "2026-09-02 10:00"))
    other = given_official_account(slug="other", appid="wx2")
    OfficialAccount.objects.filter(pk=other.pk).update(agency=account.agency)
    assert "公函不清晰" not in editor.get(f"{URL}/{other.pk}/").content.decode()


def test_an_uncertified_account_reads_what_it_lacks_and_why(editor, account):
    account.is_verified = False
    account.save()
    page = editor.get(f"{URL}/{account.pk}/").content.decode()
    assert "账号尚未完成微信认证" in page


def test_a_check_asks_wechat_and_shows_the_counters(editor, account, sandbox):
    answer = editor.post(f"{URL}/{account.pk}/check/")
    page = answer.content.decode()
    assert "微信正常应答" in page
    assert "自定义菜单" in page
    assert [used.limit > 0 for used in answer.context["report"].quotas]
    assert AuditEntry.objects.get().act == "wechat.account.checked"


def test_a_wrong_secret_is_said_in_plain_words(editor, account, sandbox, settings):
    settings.WECHAT_SECRETS = {"sandbox": {"secret": "wrong"}}
    answer = editor.post(f"{URL}/{account.pk}/check/")
    assert answer.status_code == 409
    assert "AppSecret" in answer.content.decode()
    assert not AuditEntry.objects.exists()


def test_without_a_secret_wechat_is_not_asked(editor, account, settings):
    settings.WECHAT_SECRETS = {}
    answer = editor.post(f"{URL}/{account.pk}/check/")
    assert "还没有配置 AppSecret" in answer.content.decode()


def test_without_an_answer_the_page_still_stands(editor, account, silence):
    answer = editor.post(f"{URL}/{account.pk}/check/")
    assert answer.status_code == 503
    assert "微信没有响应" in answer.content.decode()


def test_whoever_only_looks_does_not_check(account):
    reader = given_client(given_staff(account.agency, Role.LEADER))
    assert reader.get(f"{URL}/{account.pk}/").status_code == 200
    assert reader.post(f"{URL}/{account.pk}/check/").status_code == 403


def given_stop(account, code: int, message: str = "", **facts) -> AccountStop:
    now = timezone.now()
    usual = {"path": "/cgi-bin/stable_token", "scope": "nothing", "is_alert": True}
    return AccountStop.objects.create(
        account=account.slug,
        code=code,
        message=message,
        **{**usual, "since": now, "last_at": now, **facts},
    )


def test_an_alert_says_what_since_when_and_what_to_do(editor, account):
    given_stop(account, 40164, "invalid ip 203.0.113.7 ipv6 ::ffff, not in whitelist", rid="66-77")
    page = editor.get(f"{URL}/{account.pk}/").content.decode()
    for words in (
        "账号告警",
        "<code>203.0.113.7</code>",
        "IP 白名单",
        "40164",
        "66-77",
        "重新检查",
    ):
        assert words in page


def test_a_quota_that_came_back_is_no_alert(editor, account):
    spent = given_stop(
        account, 45009, path="/cgi-bin/menu/create", scope="path", until=timezone.now() + HOUR
    )
    assert "账号告警" in editor.get(f"{URL}/{account.pk}/").content.decode()
    AccountStop.objects.filter(pk=spent.pk).update(until=timezone.now() - HOUR)
    assert "账号告警" not in editor.get(f"{URL}/{account.pk}/").content.decode()


def test_an_ability_wechat_refused_is_greyed_out_until_checked_again(editor, account):
    assert may(account, Ability.DRAFTS).allowed
    given_stop(account, 48001, path="/cgi-bin/draft/add", scope="ability", ability="drafts")
    assert not may(account, Ability.DRAFTS).allowed
    page = editor.get(f"{URL}/{account.pk}/").content.decode()
    assert "微信答复账号没有这项权限" in page


def test_what_wechat_found_in_files_is_shown_as_advice(editor, account):
    for number, (suggest, label, error) in enumerate(
        [("risky", 20001, 0), ("pass", 100, 0), ("", None, -1008)]
    ):
        note_media_verdict(
            account=account.slug,
            trace_id=f"trace-{number}",
            suggest=suggest,
            label=label,
            error=error,
            now=timezone.now(),
        )
    page = editor.get(f"{URL}/{account.pk}/").content.decode()
    assert "认为有风险，建议人工查看" in page
    assert "时政" in page
    assert "未发现问题" in page
    assert "没有检测成功" in page
    assert "平台不会据此自动退回任何内容" in page
