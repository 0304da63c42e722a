# SPDX-License-Identifier: Apache-2.0
"""The citizen's side of publicity: what state the result is in, how to object, what came of it."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.campaigns.models import Campaign, Objection
from minyi.campaigns.services import objection_cases, results

from .given import given_account, given_finished_vote
from .given_log import staff_of
from .test_objections import PDF
from .visitors import body, stranger, visitor

pytestmark = pytest.mark.django_db
SAID = {
    "about": "nominee",
    "nominee": "1",
    "statement": "该窗口的事迹材料与事实不符，本人有当日办事的凭证可以证明。",
    "identity": "named",
    "name": "张三（示例）",
    "phone": "13800000000",
    "consent": "on",
}


def given_publicity_now(**fields: object) -> Campaign:
    """A campaign whose signed result is open to objections at this moment."""
    now = timezone.now()
    campaign = given_finished_vote({1: 3, 2: 2}, now=now, during="publicity", **fields)
    campaign.account = given_account(campaign.agency)
    campaign.save(update_fields=["account"])
    signed = campaign.stages.get(kind="publicity").opens_at - timedelta(hours=1)
    organiser, supervisor = (
        staff_of(campaign, role).actor for role in (Role.ORGANISER, Role.SUPERVISOR)
    )
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=signed)
    results.sign_result(campaign_id=campaign.pk, note="", actor=supervisor, now=signed)
    return campaign


def address(campaign: Campaign, rest: str = "") -> str:
    return f"/c/{campaign.slug}/objections/{rest}"


def test_the_result_page_says_in_which_state_it_is_and_how_to_object():
    campaign = given_publicity_now()
    page = body(stranger().get(f"/c/{campaign.slug}/result/"))
    assert "正在公示，尚未生效" in page
    assert "开始当日不计" in page
    assert campaign.agency.supervision_phone in page
    assert address(campaign, "new/") in page


def test_an_objection_is_filed_on_the_phone_and_followed_there():
    campaign = given_publicity_now()
    client = visitor(campaign.account)
    sent = client.post(
        address(campaign, "new/"),
        {**SAID, "document": SimpleUploadedFile("证明.pdf", PDF, "application/pdf")},
    )
    assert sent.status_code == 303
    page = body(client.get(sent["Location"]))
    assert "异议第 1 号" in page
    assert "待受理" in page
    worker = staff_of(campaign, Role.CASE_WORKER)
    worker.first_name = "吴勤"
    worker.save()
    objection_cases.accept(
        objection_id=Objection.objects.get().pk, actor=worker.actor, now=timezone.now()
    )
    page = body(client.get(address(campaign)))
    assert "受理，开始核查" in page
    assert (
        staff_of(campaign, Role.CASE_WORKER).first_name not in page.split("异议第 1 号")[1][:2000]
    )
    assert "1 份；正在办理 1 份" in body(stranger().get(f"/c/{campaign.slug}/result/"))
    assert client.post(address(campaign, "1/")).status_code == 303
    assert "已撤回" in body(client.get(address(campaign)))


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"phone": ""}, "实名提出须填写这一项"),
        ({"nominee": ""}, "请选择候选对象"),
        ({"statement": "不公平"}, "至少"),
        ({"identity": "anonymous"}, "匿名提出异议须至少附一份"),
        ({"consent": ""}, "同意后才能提交"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_the_words_stay(changed, told):
    campaign = given_publicity_now()
    answer = visitor(campaign.account).post(address(campaign, "new/"), {**SAID, **changed})
    assert answer.status_code == 422
    assert told in body(answer)
    assert not Objection.objects.exists()


def test_nobody_else_sees_or_withdraws_an_objection():
    campaign = given_publicity_now()
    visitor(campaign.account).post(address(campaign, "new/"), SAID)
    other = visitor(campaign.account, "openid-of-bert")
    assert "您没有提出过异议" in body(other.get(address(campaign)))
    assert other.post(address(campaign, "1/")).status_code == 404
    assert stranger().post(address(campaign, "1/")).status_code == 404


def test_nothing_public_tells_who_objected_or_what_they_said():
    campaign = given_publicity_now()
    visitor(campaign.account).post(address(campaign, "new/"), SAID)
    slug = campaign.slug
    for path in ("", "result/", "counts/", "objections/", "objections/new/", "nominees/1/"):
        page = body(stranger().get(f"/c/{slug}/{path}", follow=False))
        assert "张三" not in page, path
        assert "13800000000" not in page, path
        assert "当日办事的凭证" not in page, path
    for path in (f"/c/{slug}/result/json", f"/api/v1/campaigns/{slug}/result"):
        assert "张三" not in body(stranger().get(path))


def test_outside_its_time_the_form_says_when_it_was():
    campaign = given_publicity_now()
    campaign.stages.filter(kind="publicity").update(closes_at=timezone.now())
    client = visitor(campaign.account)
    assert "现在不在异议期内" in body(client.get(address(campaign, "new/")))
    assert client.post(address(campaign, "new/"), SAID).status_code == 409


def test_the_record_appears_with_the_final_result():
    campaign = given_publicity_now()
    record = f"/c/{campaign.slug}/record/"
    assert stranger().get(record).status_code == 404
    campaign.stages.filter(kind="publicity").update(closes_at=timezone.now())
    results.publish_result(
        campaign_id=campaign.pk,
        actor=staff_of(campaign, Role.ORGANISER).actor,
        now=timezone.now(),
    )
    page = body(stranger().get(record))
    assert "示例窗口1" in page
    assert "档案摘要" in page
    assert "结果已经定论" in body(stranger().get(f"/c/{campaign.slug}/result/"))


def test_the_address_of_a_form_opened_by_itself_says_so_in_the_house_s_words():
    campaign = given_publicity_now()
    answer = stranger().get(address(campaign, "99999/"))
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "这个网址不能直接打开" in body(answer)
    assert "method_not_allowed" in body(answer)
    told = stranger().get(address(campaign, "99999/"), headers={"accept": "application/json"})
    assert told.json()["code"] == "method_not_allowed"
    console = Client()
    supervisor = staff_of(campaign, Role.SUPERVISOR)
    console.force_login(supervisor, backend="minyi.agencies.backends.PostBackend")
    page = console.get(f"/staff/results/{campaign.pk}/sign/")
    assert page.status_code == 405
    assert "回到工作台首页" in body(page)
    assert "可以联系" not in body(page)
