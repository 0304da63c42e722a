# SPDX-License-Identifier: Apache-2.0
"""Customer-service messages: the windows, the kinds, typing, and WeChat's own staff desk."""

from typing import Any
from xml.etree.ElementTree import Element

import anyio
import httpx
import pytest
from defusedxml.ElementTree import fromstring

from wechat_sandbox.tests.given import advance, order
from wechat_sandbox.tests.given_media import MINI, PNG, Office, given_office, token_of

pytestmark = pytest.mark.anyio
SEND, TYPING = "/cgi-bin/message/custom/send", "/cgi-bin/message/custom/typing"


def text(office: Office, number: int = 1, content: str = "您好", **more: Any) -> dict[str, Any]:
    return {
        "touser": office.openid(number),
        "msgtype": "text",
        "text": {"content": content},
        **more,
    }


async def codes(office: Office, times: int) -> list[int]:
    return [await office.errcode(SEND, **text(office)) for _ in range(times)]


async def heard(office: Office, event: str) -> Element:
    """Wait for an event that an interface set off."""
    with anyio.fail_after(2):
        while True:
            for one in office.events:
                if one.findtext("Event") == event:
                    return one
            await anyio.sleep(0.01)


async def test_a_message_opens_five_for_48_hours():
    async with given_office() as office:
        await office.follow(1)
        await order(office.client, "text", citizen=1, content="在吗")
        assert await codes(office, 6) == [0] * 5 + [45047]
        await order(office.client, "text", citizen=1, content="还在吗")
        await advance(office.client, 48 * 3600 - 1)
        office.token = await token_of(office.client, office.account)
        assert await codes(office, 1) == [0]
        await advance(office.client, 1)
        assert await codes(office, 1) == [45015]


async def test_following_and_scanning_open_three_for_a_minute():
    async with given_office() as office:
        await office.follow(1)
        assert await codes(office, 4) == [0, 0, 0, 45047]
        await order(office.client, "scan", citizen=1, scene="x")
        assert await codes(office, 1) == [0]
        await advance(office.client, 60)
        assert await codes(office, 1) == [45015]


async def test_a_tap_on_the_menu_opens_three_a_view_none():
    async with given_office() as office:
        await office.follow(1)
        await advance(office.client, 60)
        buttons = [
            {"type": "view", "name": "看", "url": "http://a/"},
            {"type": "click", "name": "点", "key": "k"},
        ]
        await office.post("/cgi-bin/menu/create", button=buttons)
        await order(office.client, "menu", citizen=1, path=[0])
        assert await codes(office, 1) == [45015]
        await order(office.client, "menu", citizen=1, path=[1])
        assert await codes(office, 4) == [0, 0, 0, 45047]


async def test_allowances_do_not_add_up_the_larger_stands():
    async with given_office() as office:
        await office.follow(1)
        await order(office.client, "text", citizen=1, content="在吗")
        await order(office.client, "scan", citizen=1, scene="x")
        await advance(office.client, 61)
        assert await codes(office, 6) == [0] * 5 + [45047]


async def test_who_left_or_never_came_is_out_of_reach():
    async with given_office() as office:
        assert await codes(office, 1) == [45015]
        await office.follow(1)
        await order(office.client, "unfollow", citizen=1)
        assert await codes(office, 1) == [45015]
        stranger = {**text(office), "touser": "nobody"}
        assert await office.errcode(SEND, **stranger) == 40003


async def test_who_switched_messages_off_is_out_of_reach():
    async with given_office() as office:
        await office.follow(1)
        await order(office.client, "refuse-messages", citizen=1, refuses=True)
        assert await codes(office, 1) == [48002]
        await order(office.client, "refuse-messages", citizen=1, refuses=False)
        assert await codes(office, 1) == [0]


async def test_every_kind_arrives_on_the_phone():
    async with given_office() as office:
        media_id = await office.picture()
        issue = await office.publish("评选公告")
        await office.follow(1)
        article = {"title": "题", "description": "述", "url": "http://a/", "picurl": ""}
        music = {"title": "曲", "musicurl": "http://m/", "thumb_media_id": media_id}
        page = {"title": "程", "appid": "wx1", "pagepath": "p", "thumb_media_id": media_id}
        bodies: dict[str, dict[str, Any]] = {
            "text": {"content": "您好"},
            "image": {"media_id": media_id},
            "news": {"articles": [article]},
            "mpnewsarticle": {"article_id": issue["article_id"]},
            "music": music,
            "miniprogrampage": page,
            "wxcard": {"card_id": "c1"},
        }
        for kind, body in bodies.items():
            await order(office.client, "text", citizen=1, content="x")
            sent = {"touser": office.openid(1), "msgtype": kind, kind: body}
            assert await office.errcode(SEND, **sent) == 0
        shown = await office.bubbles(1)
        assert [bubble["kind"] for bubble in shown] == list(bodies)
        assert shown[1]["media_id"] == media_id
        assert shown[2]["articles"][0]["title"] == "题"
        assert shown[3]["articles"][0]["title"] == "评选公告"


@pytest.mark.parametrize(
    ("kind", "body", "code"),
    [
        ("dance", {}, 40008),
        ("mpnews", {"media_id": "x"}, 40008),
        ("link", {"title": "x", "url": "http://a/"}, 40008),
        ("text", {"content": " "}, 44004),
        ("text", {"content": "长" * 700}, 45002),
        ("image", {"media_id": "unknown"}, 40007),
        ("news", {"articles": []}, 44003),
        ("news", {"articles": [{"title": "a"}, {"title": "b"}]}, 45008),
        ("mpnewsarticle", {"article_id": "unknown"}, 53600),
        ("msgmenu", {"list": []}, 45098),
        ("msgmenu", {"list": [{"id": "1", "content": "长" * 100}]}, 45099),
        ("miniprogrampage", {"pagepath": "p"}, 40013),
        ("miniprogrampage", {"appid": "wx1"}, 40165),
    ],
)
async def test_a_wrong_message_is_refused_and_costs_nothing(
    kind: str, body: dict[str, Any], code: int
):
    async with given_office() as office:
        await office.follow(1)
        sent = {"touser": office.openid(1), "msgtype": kind, kind: body}
        assert await office.errcode(SEND, **sent) == code
        assert await codes(office, 4) == [0, 0, 0, 45047]


async def test_a_tap_on_a_menu_message_is_a_text_with_its_id_and_counts_as_a_menu_tap():
    async with given_office() as office:
        await office.follow(1)
        items = [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}]
        menu = {"head_content": "请评价", "list": items, "tail_content": "谢谢"}
        await office.post(SEND, touser=office.openid(1), msgtype="msgmenu", msgmenu=menu)
        shown = (await office.bubbles(1))[-1]
        assert (shown["text"], shown["tail"], shown["choices"]) == ("请评价", "谢谢", items)
        await advance(office.client, 61)
        await order(office.client, "choice", citizen=1, choice="102")
        tapped = office.events[-1]
        assert tapped.findtext("MsgType") == "text"
        assert tapped.findtext("Content") == "不满意"
        assert tapped.findtext("bizmsgmenuid") == "102"
        assert await codes(office, 4) == [0, 0, 0, 45047]


async def test_what_a_machine_wrote_carries_the_grey_line():
    async with given_office() as office:
        await office.follow(1)
        await office.post(SEND, **text(office, aimsgcontext={"is_ai_msg": 1}))
        await office.post(SEND, **text(office))
        assert [bubble["is_ai"] for bubble in await office.bubbles(1)] == [True, False]


async def test_typing_needs_an_exchange_and_ends_with_the_message():
    async with given_office() as office:
        await office.follow(1)
        typing = {"touser": office.openid(1), "command": "Typing"}
        assert await office.errcode(TYPING, **typing) == 45080
        await order(office.client, "text", citizen=1, content="在吗")
        assert await office.errcode(TYPING, **typing) == 0
        assert await office.errcode(TYPING, **typing) == 45081
        await office.post(SEND, **text(office))
        assert await office.errcode(TYPING, **typing) == 0
        assert await office.errcode(TYPING, **{**typing, "command": "CancelTyping"}) == 0
        assert await office.errcode(TYPING, **{**typing, "command": "Dance"}) == 45072
        await advance(office.client, 31)
        assert await office.errcode(TYPING, **typing) == 45080


async def test_staff_accounts_are_kept():
    async with given_office() as office:
        add, name = "/customservice/kfaccount/add", "a1@gh_x"
        assert await office.errcode(add, kf_account=name, nickname="小青") == 0
        assert await office.errcode(add, kf_account=name, nickname="小青") == 61453
        assert await office.errcode(add, kf_account="a1", nickname="x") == 61452
        assert await office.errcode(add, kf_account="a" * 11 + "@x", nickname="x") == 61454
        assert await office.errcode(add, kf_account="小@x", nickname="x") == 61455
        assert await office.errcode(add, kf_account="b@x", nickname="") == 61451
        await office.post("/customservice/kfaccount/update", kf_account=name, nickname="小禾")
        head = "/customservice/kfaccount/uploadheadimg"
        assert (await office.upload(head, PNG, kf_account=name))["errcode"] == 0
        assert (await office.upload(head, b"GIF89a", kf_account=name))["errcode"] == 61457
        listed = (await office.get("/cgi-bin/customservice/getkflist"))["kf_list"]
        assert [one["kf_nick"] for one in listed] == ["小禾"]
        await order(office.client, "kf/online", staff=name, online=False)
        online = await office.get("/cgi-bin/customservice/getonlinekflist")
        assert online == {"kf_online_list": []}
        await office.post("/customservice/kfaccount/del", kf_account=name)
        assert (await office.get("/cgi-bin/customservice/getkflist")) == {"kf_list": []}
        message = text(office, customservice={"kf_account": name})
        assert await office.errcode(SEND, **message) == 61452


async def given_staff(office: Office, *names: str) -> None:
    for name in names:
        await office.post("/customservice/kfaccount/add", kf_account=name, nickname="小青")


async def test_a_session_takes_the_messages_and_is_told_by_events():
    async with given_office() as office:
        await office.follow(1)
        await given_staff(office, "a@x", "b@x")
        session = {"openid": office.openid(1), "kf_account": "a@x"}
        create = "/customservice/kfsession/create"
        assert await office.errcode(create, **session) == 0
        begun = await heard(office, "kf_create_session")
        assert begun.findtext("KfAccount") == "a@x"
        assert await office.errcode(create, **{**session, "kf_account": "b@x"}) == 65414
        told = await order(office.client, "text", citizen=1, content="在吗")
        assert told["attempts"] == 0
        found = await office.get("/customservice/kfsession/getsession", openid=office.openid(1))
        assert found["kf_account"] == "a@x"
        await order(office.client, "kf/switch", citizen=1, staff="b@x")
        switched = await heard(office, "kf_switch_session")
        assert (switched.findtext("FromKfAccount"), switched.findtext("ToKfAccount")) == (
            "a@x",
            "b@x",
        )
        close = "/customservice/kfsession/close"
        assert await office.errcode(close, **session) == 65413
        assert await office.errcode(close, **{**session, "kf_account": "b@x"}) == 0
        assert (await heard(office, "kf_close_session")).findtext("KfAccount") == "b@x"
        assert (await order(office.client, "text", citizen=1, content="在吗"))["attempts"] == 1


async def test_who_is_handed_over_without_a_name_waits():
    reply = (
        "<xml><ToUserName>{}</ToUserName><FromUserName>{}</FromUserName><CreateTime>1</CreateTime>"
        "<MsgType>transfer_customer_service</MsgType>{}</xml>"
    )
    async with given_office() as office:
        await office.follow(1, 2)
        await given_staff(office, "a@x")
        named = "<TransInfo><KfAccount>a@x</KfAccount></TransInfo>"
        words = iter(("", named))

        async def server(request: httpx.Request) -> httpx.Response:
            if b"<MsgType><![CDATA[text]]>" not in request.content:
                office.events.append(fromstring(request.content))
                return httpx.Response(200, text="success")
            openid = request.url.params["openid"]
            body = reply.format(openid, office.account.original_id, next(words))
            return httpx.Response(200, text=body)

        sender = office.client._transport.app.state.sandbox.sender
        sender._client = httpx.AsyncClient(transport=httpx.MockTransport(server))
        await order(office.client, "text", citizen=1, content="人工")
        await order(office.client, "text", citizen=2, content="人工")
        waiting = await office.get("/customservice/kfsession/getwaitcase")
        assert [one["openid"] for one in waiting["waitcaselist"]] == [office.openid(1)]
        begun = await heard(office, "kf_create_session")
        assert begun.findtext("FromUserName") == office.openid(2)


async def test_what_staff_and_citizen_said_is_on_record():
    async with given_office() as office:
        await office.follow(1)
        await given_staff(office, "a@x")
        await office.post(
            "/customservice/kfsession/create", openid=office.openid(1), kf_account="a@x"
        )
        await order(office.client, "text", citizen=1, content="在吗")
        await office.post(SEND, **text(office, customservice={"kf_account": "a@x"}))
        now = int((await office.client.get("/_sim/state")).json()["clock"]["now"])
        span = {"starttime": now - 60, "endtime": now + 60, "msgid": 1, "number": 100}
        path = "/customservice/msgrecord/getmsglist"
        told = await office.post(path, **span)
        assert [one["opercode"] for one in told["recordlist"]] == [2003, 2002]
        assert told["number"] == 2
        assert await office.errcode(path, **{**span, "starttime": now - 90_000}) == 65417
        assert await office.errcode(path, **{**span, "number": 0}) == 65416


async def test_the_customer_service_of_a_mini_program_opens_two_for_a_minute():
    async with given_office(
        slug=MINI.slug, appid=MINI.appid, original_id=MINI.original_id, kind="MP"
    ) as office:
        await order(office.client, "kf/enter", citizen=1, **{"from": "page-1"})
        entered = office.events[-1]
        assert entered.findtext("Event") == "user_enter_tempsession"
        assert entered.findtext("SessionFrom") == "page-1"
        assert await codes(office, 3) == [0, 0, 45047]
        await order(office.client, "mini-page", citizen=1, title="办事", page="pages/a")
        assert office.events[-1].findtext("PagePath") == "pages/a"
        assert await codes(office, 6) == [0] * 5 + [45047]
        voice = {"touser": office.openid(1), "msgtype": "voice", "voice": {"media_id": "x"}}
        assert await office.errcode(SEND, **voice) == 40008
