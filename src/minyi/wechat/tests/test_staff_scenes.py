# SPDX-License-Identifier: Apache-2.0
"""Scenes and their QR codes."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_client, given_staff
from minyi.core.models import AuditEntry
from minyi.wechat.models import Scene
from minyi.wechat.services.scenes import note_scan
from minyi.wechat.tests.given import given_official_account

pytestmark = pytest.mark.django_db
URL = "/staff/wechat/scenes"
FORM = {
    "name": "二楼 3 号窗口",
    "key": "hall-2f-3",
    "welcome": "欢迎",
    "url": "",
    "is_permanent": "1",
}


@pytest.fixture
def account(settings):
    settings.WECHAT_SECRETS = {"sandbox": {"secret": "sandbox-secret-not-for-production"}}
    return given_official_account()


@pytest.fixture
def editor(account) -> Client:
    return given_client(given_staff(account.agency, Role.EDITOR))


def given_scene(account, **fields: object) -> Scene:
    return Scene.objects.create(**{"account": account, "key": "hall", "name": "大厅", **fields})


def test_a_scene_is_added_once_under_its_key(editor, account):
    assert editor.post(f"{URL}/{account.pk}/add/", FORM).status_code == 302
    again = editor.post(f"{URL}/{account.pk}/add/", FORM)
    assert "已有标识" in again.content.decode()
    assert Scene.objects.get().is_permanent


@pytest.mark.parametrize("key", ["", "窗口", "a b", "x" * 65])
def test_a_key_wechat_could_not_carry_is_refused(editor, account, key):
    assert editor.post(f"{URL}/{account.pk}/add/", {**FORM, "key": key}).status_code == 422


def test_a_scan_of_the_code_greets_in_the_scenes_words_and_is_counted(account):
    scene = given_scene(account)
    assert note_scan(account_id=account.pk, key="hall", followed=True)
    assert note_scan(account_id=account.pk, key="hall", followed=False)
    assert not note_scan(account_id=account.pk, key="elsewhere", followed=True)
    scene.refresh_from_db()
    assert (scene.follows, scene.scans) == (1, 2)


def test_wechat_makes_the_code_and_it_is_shown_and_downloaded(editor, account, sandbox):
    scene = given_scene(account)
    editor.post(f"{URL}/edit/{scene.pk}/make/")
    scene.refresh_from_db()
    assert scene.ticket
    assert scene.target_url
    assert scene.expires_at is None
    assert "data:image/svg+xml" in editor.get(f"{URL}/edit/{scene.pk}/").content.decode()
    picture = editor.get(f"{URL}/edit/{scene.pk}/code.png")
    assert picture.content.startswith(b"\x89PNG")
    assert "hall.png" in picture.headers["Content-Disposition"]
    assert AuditEntry.objects.filter(act="wechat.scene.made").count() == 1


def test_a_permanent_code_is_asked_for_once(editor, account, sandbox):
    scene = given_scene(account)
    editor.post(f"{URL}/edit/{scene.pk}/make/")
    editor.post(f"{URL}/edit/{scene.pk}/make/")
    assert sandbox.calls("/cgi-bin/qrcode/create") == 1


def test_a_temporary_code_runs_out_and_can_be_made_again(editor, account, sandbox):
    scene = given_scene(account, is_permanent=False)
    editor.post(f"{URL}/edit/{scene.pk}/make/")
    scene.refresh_from_db()
    first = scene.ticket
    assert timedelta(days=29) < scene.expires_at - timezone.now() <= timedelta(days=30)
    editor.post(f"{URL}/edit/{scene.pk}/make/")
    scene.refresh_from_db()
    assert scene.ticket != first


def test_what_hangs_on_a_wall_keeps_its_key_and_is_not_deleted(editor, account):
    scene = given_scene(account, ticket="t", target_url="https://a/")
    editor.post(f"{URL}/edit/{scene.pk}/", {**FORM, "key": "other", "is_permanent": ""})
    editor.post(f"{URL}/edit/{scene.pk}/delete/")
    scene.refresh_from_db()
    assert (scene.key, scene.is_permanent, scene.name) == ("hall", True, "二楼 3 号窗口")


def test_a_scene_without_a_code_can_go(editor, account):
    scene = given_scene(account)
    editor.post(f"{URL}/edit/{scene.pk}/delete/")
    assert not Scene.objects.exists()


def test_there_is_no_picture_before_there_is_a_code(editor, account):
    scene = given_scene(account)
    assert editor.get(f"{URL}/edit/{scene.pk}/code.png").status_code == 404


def test_a_subscription_account_reads_why_it_has_no_codes(account, editor):
    account.kind = "SUB"
    account.save()
    scene = given_scene(account)
    assert "订阅号没有这项能力" in editor.get(f"{URL}/{account.pk}/").content.decode()
    answer = editor.post(f"{URL}/edit/{scene.pk}/make/", follow=True)
    assert "订阅号没有这项能力" in answer.content.decode()


def test_without_an_answer_no_code_is_kept(editor, account, silence):
    scene = given_scene(account)
    answer = editor.post(f"{URL}/edit/{scene.pk}/make/", follow=True)
    assert "微信没有响应" in answer.content.decode()
    scene.refresh_from_db()
    assert scene.ticket == ""
