# SPDX-License-Identifier: Apache-2.0
"""The page where WeChat's templates get their purposes; WeChat is the living sandbox."""

from collections.abc import Iterator
from html import unescape

import pytest
from django.test import Client

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_agency, given_staff
from minyi.core.models import AuditEntry
from minyi.wechat.connection.line import the_line
from minyi.wechat.connection.shelves import MemoryShelf
from minyi.wechat.models import MessageTemplate
from minyi.wechat.samples import seed_account
from minyi.wechat.tests.given import given_official_account
from minyi.wechat.tests.given_outgoing import PURPOSE
from minyi.wechat.tests.live import sandbox_server

pytestmark = pytest.mark.django_db
NOTICE = "sample-notice-review-result-000000000000001"
FIELDS = {"thing1": "name", "phrase2": "outcome", "thing3": "activity", "thing4": "reason"}


@pytest.fixture
def account(settings, monkeypatch) -> Iterator[object]:
    """The sample account, whose books at WeChat hold a template and a notice."""
    monkeypatch.setattr("minyi.wechat.connection.line.DatabaseShelf", MemoryShelf)
    with sandbox_server(settings.PUBLIC_URL, MINYI_SANDBOX_NOTICES="1") as sandbox:
        settings.WECHAT_API_URL = sandbox.url
        the_line.cache_clear()
        row = given_official_account()
        row.sandbox = sandbox
        yield row
        the_line().hang_up()
        the_line.cache_clear()


def staff_of(agency, role: str = Role.EDITOR) -> Client:
    client = Client()
    client.force_login(given_staff(agency, role))
    return client


def address(account, channel: str = "subscription") -> str:
    return f"/staff/wechat/templates/{account.pk}/{channel}/{PURPOSE}/"


def shown(response, status: int = 200) -> str:
    assert response.status_code == status
    return unescape(response.content.decode())


def chosen(act: str = "save", **fields: str) -> dict[str, str]:
    fields = fields or FIELDS
    return {"template": NOTICE, "act": act, **{f"field_{k}": v for k, v in fields.items()}}


def test_wechats_own_list_is_offered_with_its_samples(account):
    page = shown(staff_of(account.agency).get(address(account)))
    assert "审核结果通知" in page
    assert "审核对象:城东社区服务站" in page
    assert NOTICE in page


def test_a_chosen_template_carries_the_purpose_with_its_fields_on_the_record(account):
    client = staff_of(account.agency)
    done = client.post(address(account), chosen(), follow=True)
    row = MessageTemplate.objects.get()
    assert (row.purpose, row.channel, row.template_id) == (PURPOSE, "subscription", NOTICE)
    assert (row.title, row.fields, row.is_lasting) == ("审核结果通知", FIELDS, False)
    assert "已选用模板“审核结果通知”" in shown(done)
    assert AuditEntry.objects.get(act="wechat.template.registered").facts["template"] == NOTICE


def test_a_field_without_its_fact_is_refused_and_the_rest_is_kept(account):
    page = shown(
        staff_of(account.agency).post(address(account), chosen(**{**FIELDS, "phrase2": ""})), 422
    )
    assert "这些字段还没有选择内容：审核结果。" in page
    assert '<option value="activity" selected>' in page
    assert not MessageTemplate.objects.exists()


def test_a_fact_of_another_purpose_is_refused(account):
    answer = staff_of(account.agency).post(address(account), chosen(**{**FIELDS, "thing1": "nope"}))
    shown(answer, 422)
    assert not MessageTemplate.objects.exists()


def test_a_preview_shows_what_goes_where_and_keeps_nothing(account):
    page = shown(staff_of(account.agency).post(address(account), chosen("preview")))
    assert "<dt>审核对象</dt><dd>推荐对象</dd>" in page
    assert not MessageTemplate.objects.exists()


def test_a_template_wechat_does_not_have_cannot_be_chosen(account):
    answer = staff_of(account.agency).post(address(account), {**chosen(), "template": "invented"})
    assert "选一个模板" in shown(answer)
    assert not MessageTemplate.objects.exists()


def test_the_samples_fit_the_sandbox(account):
    seed_account(account)
    client = staff_of(account.agency)
    for row in MessageTemplate.objects.all():
        page = shown(client.get(address(account, row.channel), {"template": row.template_id}))
        for fact in FIELDS.values():
            assert f'<option value="{fact}" selected>' in page
    assert set(MessageTemplate.objects.values_list("channel", flat=True)) == {
        "subscription",
        "template",
    }


def test_a_registered_template_can_rest_and_be_given_up(account):
    seed_account(account)
    client = staff_of(account.agency)
    row = MessageTemplate.objects.get(channel="subscription")
    edit = f"/staff/wechat/templates/edit/{row.pk}/"
    client.post(edit, {"act": "off"})
    assert "已停用" in shown(client.get(f"/staff/wechat/templates/{account.pk}/"))
    client.post(edit, {"act": "remove"})
    assert not MessageTemplate.objects.filter(pk=row.pk).exists()
    acts = AuditEntry.objects.filter(act__startswith="wechat.template.")
    assert list(acts.order_by("pk").values_list("act", flat=True)) == [
        "wechat.template.switched",
        "wechat.template.removed",
    ]


def test_a_wechat_that_does_not_answer_is_said_so(account):
    account.sandbox.order("faults", path="/wxaapi/newtmpl/gettemplate", errcode=-1, times=10)
    page = shown(staff_of(account.agency).get(address(account)), 409)
    assert "微信系统繁忙" in page


def test_what_the_account_cannot_send_is_grey_and_says_why(account):
    account.is_verified = False
    account.save()
    client = staff_of(account.agency)
    page = shown(client.get(f"/staff/wechat/templates/{account.pk}/"))
    assert "账号尚未完成微信认证" in page
    assert address(account, "template") not in page
    assert address(account, "subscription") in page
    assert "账号尚未完成微信认证" in shown(client.get(address(account, "template")), 409)


def test_only_those_who_set_up_the_account_may_choose(account):
    seed_account(account)
    watcher = staff_of(account.agency, Role.SUPERVISOR)
    row = MessageTemplate.objects.first()
    assert watcher.get(address(account)).status_code in (302, 403)
    assert watcher.post(address(account), chosen()).status_code in (302, 403)
    watcher.post(f"/staff/wechat/templates/edit/{row.pk}/", {"act": "remove"})
    assert MessageTemplate.objects.filter(pk=row.pk).exists()


def test_another_agencys_account_is_not_there(account):
    seed_account(account)
    stranger = staff_of(given_agency())
    row = MessageTemplate.objects.first()
    for answer in (
        stranger.get(f"/staff/wechat/templates/{account.pk}/"),
        stranger.post(address(account), chosen()),
        stranger.post(f"/staff/wechat/templates/edit/{row.pk}/", {"act": "remove"}),
    ):
        assert answer.status_code == 404
    assert MessageTemplate.objects.filter(pk=row.pk).exists()
