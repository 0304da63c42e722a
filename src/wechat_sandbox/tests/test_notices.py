# SPDX-License-Identifier: Apache-2.0
"""Template messages, subscription notices and the one-time permission."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from wechat_sandbox.errors import ApiError
from wechat_sandbox.office.notices import check_value
from wechat_sandbox.settings import settings_from_env
from wechat_sandbox.state import build_sandbox
from wechat_sandbox.tests.given import PRODUCT, advance, order
from wechat_sandbox.tests.given_media import Office, given_office
from wechat_sandbox.tests.test_service import heard

pytestmark = pytest.mark.anyio
TEMPLATE, NOTICE = "/cgi-bin/message/template/send", "/cgi-bin/message/subscribe/bizsend"
ADD_TEMPLATE, ADD_NOTICE = "/cgi-bin/template/api_add_template", "/wxaapi/newtmpl/addtemplate"
GOOD = {
    "thing1": {"value": "居住证申领"},
    "phrase2": {"value": "审核通过"},
    "time3": {"value": "2026年11月20日 10:30"},
}


async def given_template(office: Office) -> str:
    names = ["办理事项", "当前进度", "更新时间"]
    asked = {"template_id_short": "20101", "keyword_name_list": names}
    return (await office.post(ADD_TEMPLATE, **asked))["template_id"]


async def given_notice(office: Office, tid: int = 20101) -> str:
    kids = [1, 2, 3] if tid == 20101 else [1, 2]
    return (await office.post(ADD_NOTICE, tid=tid, kidList=kids, sceneDesc="办件"))["priTmplId"]


def message(office: Office, template_id: str, **more: Any) -> dict[str, Any]:
    return {"touser": office.openid(1), "template_id": template_id, "data": GOOD, **more}


async def test_a_template_message_arrives_and_its_fate_is_told():
    async with given_office() as office:
        template_id = await given_template(office)
        await office.follow(1)
        sent = await office.post(TEMPLATE, **message(office, template_id, url=f"{PRODUCT}/x"))
        told = await heard(office, "TEMPLATESENDJOBFINISH")
        assert (told.findtext("MsgID"), told.findtext("Status")) == (str(sent["msgid"]), "success")
        card = (await office.bubbles(1))[-1]["card"]
        assert card["title"] == "事项办理进度通知"
        assert ["办理事项", "居住证申领"] in card["lines"]
        assert card["url"] == f"{PRODUCT}/x"


async def test_who_switched_messages_off_gets_none_and_the_server_hears_so():
    async with given_office() as office:
        template_id = await given_template(office)
        await office.follow(1)
        await order(office.client, "refuse-messages", citizen=1)
        assert await office.errcode(TEMPLATE, **message(office, template_id)) == 0
        told = await heard(office, "TEMPLATESENDJOBFINISH")
        assert told.findtext("Status") == "failed:user block"
        assert await office.bubbles(1) == []


async def test_the_same_client_id_is_shown_once_within_ten_minutes():
    async with given_office() as office:
        template_id = await given_template(office)
        await office.follow(1)
        asked = message(office, template_id, client_msg_id="vote-1")
        first, again = await office.post(TEMPLATE, **asked), await office.post(TEMPLATE, **asked)
        assert first["msgid"] == again["msgid"]
        assert len(await office.bubbles(1)) == 1
        await advance(office.client, 600)
        assert (await office.post(TEMPLATE, **asked))["msgid"] != first["msgid"]
        assert len(await office.bubbles(1)) == 2


async def test_a_template_message_needs_a_follower_and_a_known_template():
    async with given_office() as office:
        template_id = await given_template(office)
        assert await office.errcode(TEMPLATE, **message(office, template_id)) == 43004
        assert await office.errcode(TEMPLATE, **message(office, "unknown")) == 40037
        nobody = {**message(office, template_id), "touser": "nobody"}
        assert await office.errcode(TEMPLATE, **nobody) == 40003


async def test_private_templates_are_listed_deleted_and_limited():
    async with given_office() as office:
        template_id = await given_template(office)
        path = "/cgi-bin/template/get_all_private_template"
        (listed,) = (await office.get(path))["template_list"]
        assert listed["template_id"] == template_id
        assert "{{thing1.DATA}}" in listed["content"]
        codes = [await office.errcode(ADD_TEMPLATE, template_id_short="20101") for _ in range(25)]
        assert codes == [0] * 24 + [45026]
        delete = "/cgi-bin/template/del_private_template"
        assert await office.errcode(delete, template_id=template_id) == 0
        assert await office.errcode(delete, template_id=template_id) == 40037
        assert await office.errcode(ADD_TEMPLATE, template_id_short="unknown") == 40037


async def test_the_industry_changes_five_times_a_month():
    async with given_office() as office:
        path = "/cgi-bin/template/api_set_industry"
        assert await office.errcode(path, industry_id1="40", industry_id2="999") == 40102
        asked = {"industry_id1": "40", "industry_id2": "20"}
        codes = [await office.errcode(path, **asked) for _ in range(6)]
        assert codes == [0] * 5 + [43100]
        told = await office.get("/cgi-bin/template/get_industry")
        assert told["secondary_industry"]["second_class"] == "警务/消防"


@pytest.mark.parametrize(
    ("key", "value", "fits"),
    [
        ("thing1", "长" * 20, True),
        ("thing1", "长" * 21, False),
        ("thing1", "", False),
        ("phrase2", "审核通过了", True),
        ("phrase2", "审核已通过了", False),
        ("phrase2", "passed", False),
        ("time3", "2026-11-20 10:30", True),
        ("time3", "明天", False),
        ("number9", "1" * 32, True),
        ("number9", "1" * 33, False),
        ("character_string4", "A" * 32, True),
        ("character_string4", "A" * 33, False),
        ("character_string4", "汉字", False),
        ("name5", "张三", True),
        ("name5", "长" * 11, False),
        ("phone_number6", "1" * 17, True),
        ("phone_number6", "1" * 18, False),
        ("car_number7", "沪A12345", True),
        ("car_number7", "沪A123456789", False),
        ("amount8", "100.50元", True),
        ("amount8", "很多", False),
        ("letter9", "abc", True),
        ("letter9", "a1", False),
        ("symbol9", "!@#", True),
        ("symbol9", "!!!!!!", False),
        ("date9", "2026年11月20日", True),
        ("date9", "20日", False),
        ("keyword1", "任何文字都可以，" * 10, True),
    ],
)
def test_each_kind_of_field_holds_its_own(key: str, value: str, fits: bool):

    if fits:
        check_value(key, value)
        return
    with pytest.raises(ApiError) as refused:
        check_value(key, value)
    assert refused.value.code == 47003
    assert key in refused.value.message


async def test_a_field_that_does_not_fit_is_named():
    async with given_office() as office:
        template_id = await given_notice(office)
        await order(office.client, "popup", citizen=1, templates=[template_id])
        for data in ({}, GOOD | {"phrase2": {"value": "x" * 9}}, GOOD | {"thing1": "x"}):
            answer = await office.post(NOTICE, **{**message(office, template_id), "data": data})
            assert answer["errcode"] == 47003
            assert "data." in answer["errmsg"]


async def test_the_library_is_browsed_by_category():
    async with given_office() as office:
        categories = (await office.get("/wxaapi/newtmpl/getcategory"))["data"]
        assert {"id": 616, "name": "政务民生"} in categories
        path = "/wxaapi/newtmpl/getpubtemplatetitles"
        told = await office.get(path, ids="616,307", start=0, limit=2)
        assert (told["count"], len(told["data"])) == (6, 2)
        words = await office.get("/wxaapi/newtmpl/getpubtemplatekeywords", tid=20101)
        assert words["data"][0] == {
            "kid": 1,
            "name": "办理事项",
            "example": "居住证申领",
            "rule": "thing",
        }
        too_many = await office.get(path, ids="616", start=0, limit=31)
        assert too_many["errcode"] == 40097


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"tid": 1}, 200014),
        ({"kidList": [1]}, 200020),
        ({"kidList": [1, 1]}, 200020),
        ({"kidList": [1, 99]}, 200020),
        ({"kidList": "1,2"}, 200020),
        ({"sceneDesc": "长" * 16}, 200021),
    ],
)
async def test_a_wrong_private_template_is_refused(changes: dict[str, Any], code: int):
    async with given_office() as office:
        asked = {"tid": 20101, "kidList": [1, 2], "sceneDesc": "办件"} | changes
        assert await office.errcode(ADD_NOTICE, **asked) == code


async def test_there_are_fifty_private_templates_at_most():
    async with given_office() as office:
        asked = {"tid": 20101, "kidList": [1, 2], "sceneDesc": "办件"}
        codes = [await office.errcode(ADD_NOTICE, **asked) for _ in range(51)]
        assert codes == [0] * 50 + [200012]
        listed = (await office.get("/wxaapi/newtmpl/gettemplate"))["data"]
        assert len(listed) == 50
        delete = "/wxaapi/newtmpl/deltemplate"
        assert await office.errcode(delete, priTmplId=listed[0]["priTmplId"]) == 0
        assert await office.errcode(delete, priTmplId=listed[0]["priTmplId"]) == 40037


async def test_long_term_templates_are_for_some_categories():
    async with given_office(category="") as office:
        asked = {"tid": 20101, "kidList": [1, 2], "sceneDesc": ""}
        assert await office.errcode(ADD_NOTICE, **asked) == 200014
        path = "/wxaapi/newtmpl/getpubtemplatetitles"
        told = await office.get(path, ids="616,307", start=0, limit=30)
        assert {one["type"] for one in told["data"]} == {2}


async def test_a_one_off_notice_needs_one_acceptance_each():
    async with given_office() as office:
        template_id = await given_notice(office, 20104)
        data = {"thing1": {"value": "评选"}, "time2": {"value": "2026年11月20日 09:00"}}
        asked = {**message(office, template_id), "data": data}
        assert await office.errcode(NOTICE, **asked) == 43101
        for _ in range(2):
            await order(office.client, "popup", citizen=1, templates=[template_id])
        codes = [await office.errcode(NOTICE, **asked) for _ in range(3)]
        assert codes == [0, 0, 43101]
        told = await heard(office, "subscribe_msg_sent_event")
        inside = told.find("SubscribeMsgSentEvent/List")
        assert inside.findtext("TemplateId") == template_id
        assert (inside.findtext("ErrorCode"), inside.findtext("ErrorStatus")) == ("0", "success")


async def test_a_notice_to_who_switched_messages_off_is_taken_and_reported_as_failed():
    async with given_office() as office:
        template_id = await given_notice(office)
        await office.follow(1)
        await order(office.client, "popup", citizen=1, templates=[template_id])
        await order(office.client, "refuse-messages", citizen=1)
        assert await office.errcode(NOTICE, **message(office, template_id)) == 0
        inside = (await heard(office, "subscribe_msg_sent_event")).find(
            "SubscribeMsgSentEvent/List"
        )
        assert inside.findtext("ErrorCode") != "0"
        assert inside.findtext("ErrorStatus") == "failed:user block"
        assert await office.bubbles(1) == []


async def test_a_long_term_notice_holds_until_it_is_withdrawn():
    async with given_office() as office:
        template_id = await given_notice(office)
        await order(office.client, "popup", citizen=1, choices={template_id: "accept"})
        popup = await heard(office, "subscribe_msg_popup_event")
        item = popup.find("SubscribeMsgPopupEvent/List")
        assert item.findtext("SubscribeStatusString") == "accept"
        assert item.findtext("PopupScene") == "1"
        asked = message(office, template_id)
        assert [await office.errcode(NOTICE, **asked) for _ in range(3)] == [0, 0, 0]
        await order(office.client, "unsubscribe", citizen=1, templates=[template_id])
        change = await heard(office, "subscribe_msg_change_event")
        status = change.findtext("SubscribeMsgChangeEvent/List/SubscribeStatusString")
        assert status == "reject"
        assert await office.errcode(NOTICE, **asked) == 43101


async def test_a_rejection_grants_nothing_and_is_told():
    async with given_office() as office:
        template_id = await given_notice(office)
        answer = {"citizen": 1, "templates": [template_id], "decision": "reject"}
        await order(office.client, "popup", **answer)
        popup = await heard(office, "subscribe_msg_popup_event")
        status = popup.findtext("SubscribeMsgPopupEvent/List/SubscribeStatusString")
        assert status == "reject"
        assert await office.errcode(NOTICE, **message(office, template_id)) == 43101


async def test_a_popup_asks_for_three_of_one_kind_at_most():
    async with given_office() as office:
        long_term, one_off = await given_notice(office), await given_notice(office, 20104)
        for templates, code in (
            ([long_term, one_off], "mixed_templates"),
            (["unknown"], "unknown_template"),
            ([], "template_count"),
        ):
            asked = {"citizen": 1, "templates": templates}
            answer = await office.client.post("/_sim/popup", json=asked)
            assert answer.json()["code"] == code


async def test_a_confirmed_page_allows_one_message_of_its_scene():
    async with given_office() as office:
        path = "/cgi-bin/message/template/subscribe"
        asked = {
            "touser": office.openid(1),
            "template_id": "once-1",
            "scene": 7,
            "title": "结果公布",
            "url": f"{PRODUCT}/x",
            "data": {"content": {"value": "点击查看"}},
        }
        assert await office.errcode(path, **asked) == 43101
        page = {"citizen": 1, "template_id": "once-1", "scene": 7, "redirect_url": f"{PRODUCT}/r"}
        denied = await order(office.client, "confirm-once", **page, decision="reject")
        assert parse_qs(urlsplit(denied["redirect"]).query)["action"] == ["cancel"]
        assert await office.errcode(path, **asked) == 43101
        told = await order(office.client, "confirm-once", **page)
        query = parse_qs(urlsplit(told["redirect"]).query)
        assert (query["action"], query["openid"]) == (["confirm"], [office.openid(1)])
        assert await office.errcode(path, **{**asked, "scene": 8}) == 43101
        assert [await office.errcode(path, **asked) for _ in range(2)] == [0, 43101]
        elsewhere = {**page, "redirect_url": "http://evil.example/"}
        answer = await office.client.post("/_sim/confirm-once", json=elsewhere)
        assert answer.json()["code"] == "foreign_redirect"


async def test_the_sample_account_may_have_notices_in_its_books_from_the_start():
    settings = settings_from_env({"MINYI_SANDBOX_NOTICES": "1"})
    sandbox = build_sandbox(settings)
    service, paper, _program = settings.accounts
    (template,) = sandbox.of(service).templates.private.values()
    (notice,) = sandbox.of(service).subscriptions.private.values()
    assert template.title == notice.title == "审核结果通知"
    assert "{{phrase2.DATA}}" in notice.content
    assert sandbox.of(paper).templates.private == {}
    assert build_sandbox(settings_from_env({})).of(service).subscriptions.private == {}
