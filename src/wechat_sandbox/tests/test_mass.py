# SPDX-License-Identifier: Apache-2.0
"""Mass messages: who gets them, how often, who must agree, and what the event says."""

from typing import Any

import pytest

from wechat_sandbox.tests.given import advance, order
from wechat_sandbox.tests.given_media import PNG, Office, amr, given_office, path_of, token_of

pytestmark = pytest.mark.anyio
ROOT = "/cgi-bin/message/mass"
ALL = {"filter": {"is_to_all": True}}


def words(content: str = "通知") -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": content}}


async def finish(office: Office) -> dict[str, str]:
    """Let the waiting mass message end and return the fields of its event."""
    office.events.clear()
    await advance(office.client, 3)
    await order(office.client, "jobs/settle")
    (event,) = office.events
    return {child.tag: child.text or "" for child in event}


async def next_month(office: Office) -> None:
    await advance(office.client, 31 * 86_400)
    office.token = await token_of(office.client, office.account)


async def test_words_to_everybody_reach_every_follower_and_nobody_else():
    async with given_office() as office:
        await office.follow(1, 2)
        told = await office.post(f"{ROOT}/sendall", **ALL, **words())
        assert (told["errcode"], told["errmsg"]) == (0, "send job submission success")
        assert "msg_data_id" not in told
        state = await office.post(f"{ROOT}/get", msg_id=told["msg_id"])
        assert state["msg_status"] == "SENDING"
        assert await office.bubbles(1) == []
        event = await finish(office)
        assert event["Event"] == "MASSSENDJOBFINISH"
        assert event["MsgID"] == str(told["msg_id"])
        assert event["Status"] == "send success"
        counted = [event[f"{name}Count"] for name in ("Total", "Filter", "Sent", "Error")]
        assert counted == ["2", "2", "2", "0"]
        assert [bubble["text"] for bubble in await office.bubbles(2)] == ["通知"]
        assert await office.bubbles(3) == []
        state = await office.post(f"{ROOT}/get", msg_id=told["msg_id"])
        assert state["msg_status"] == "SEND_SUCCESS"


async def test_articles_arrive_as_cards_that_open_and_the_draft_is_gone():
    async with given_office() as office:
        await office.follow(1)
        draft = await office.draft("一", "二")
        asked = {"msgtype": "mpnews", "mpnews": {"media_id": draft}}
        told = await office.post(f"{ROOT}/sendall", **ALL, **asked)
        assert told["msg_data_id"]
        event = await finish(office)
        (bubble,) = await office.bubbles(1)
        assert [card["title"] for card in bubble["articles"]] == ["一", "二"]
        url = bubble["articles"][0]["url"]
        page = await office.client.get(url)
        assert "一的正文" in page.text
        assert path_of(url) in page.text
        assert event["ArticleUrlResult"] == ""
        assert await office.errcode("/cgi-bin/draft/get", media_id=draft) == 40007
        listed = await office.post("/cgi-bin/freepublish/batchget", offset=0, count=1)
        assert listed["total_count"] == 0


async def test_the_event_names_the_addresses_of_the_articles():
    async with given_office() as office:
        asked = {"msgtype": "mpnews", "mpnews": {"media_id": await office.draft("一", "二")}}
        await office.post(f"{ROOT}/sendall", **ALL, **asked)
        await finish(office)
        (event,) = office.events
        assert event.findtext("ArticleUrlResult/Count") == "2"
        items = event.findall("ArticleUrlResult/ResultList/item")
        assert [item.findtext("ArticleIdx") for item in items] == ["1", "2"]


async def test_a_tag_is_reached_alone():
    async with given_office() as office:
        await office.follow(1, 2)
        tag = (await office.post("/cgi-bin/tags/create", tag={"name": "老年"}))["tag"]["id"]
        tagged = {"openid_list": [office.openid(2)], "tagid": tag}
        assert await office.errcode("/cgi-bin/tags/members/batchtagging", **tagged) == 0
        asked = {"filter": {"is_to_all": False, "tag_id": tag}}
        assert await office.errcode(f"{ROOT}/sendall", **asked, **words()) == 0
        await finish(office)
        assert (await office.bubbles(1), len(await office.bubbles(2))) == ([], 1)
        for wrong in ({"tag_id": 999}, {}, {"tag_id": "x"}):
            asked = {"filter": {"is_to_all": False, **wrong}}
            assert await office.errcode(f"{ROOT}/sendall", **asked, **words()) == 45159


async def test_a_list_has_two_to_ten_thousand_known_openids():
    async with given_office() as office:
        await office.follow(1, 2)
        path = f"{ROOT}/send"
        both = [office.openid(1), office.openid(2)]
        assert await office.errcode(path, touser=both[:1], **words()) == 40130
        assert await office.errcode(path, touser=[both[0], "x"], **words()) == 40003
        assert await office.errcode(path, touser=both[:1] * 10_001, **words()) == 40032
        assert await office.errcode(path, touser="x", **words()) == 40031
        assert await office.errcode(path, touser=both, **words()) == 0
        assert (await finish(office))["SentCount"] == "2"


async def test_sending_by_openid_is_closed_to_subscription_accounts():
    async with given_office(kind="SUB") as office:
        assert await office.errcode(f"{ROOT}/send", touser=["a", "b"], **words()) == 48001
    async with given_office(kind="SUB", verified=False) as office:
        assert await office.errcode(f"{ROOT}/sendall", **ALL, **words()) == 48001


async def test_a_subscription_account_sends_once_a_day_and_a_failure_does_not_count():
    async with given_office(kind="SUB") as office:
        path = f"{ROOT}/sendall"
        told = await office.post(path, **ALL, **words())
        assert await office.errcode(path, **ALL, **words()) == 45028
        await order(office.client, "mass/result", msg_id=told["msg_id"], status="err(20001)")
        assert await office.errcode(path, **ALL, **words()) == 0
        await finish(office)
        assert await office.errcode(path, **ALL, **words()) == 45028
        await advance(office.client, 86_400)
        office.token = await token_of(office.client, office.account)
        assert await office.errcode(path, **ALL, **words()) == 0


async def test_a_follower_of_a_service_account_gets_four_a_month_and_the_rest_silently_fails():
    async with given_office() as office:
        await office.follow(1)
        sent = []
        for _ in range(5):
            assert await office.errcode(f"{ROOT}/sendall", **ALL, **words()) == 0
            sent.append((await finish(office))["SentCount"])
        assert sent == ["1", "1", "1", "1", "0"]
        assert len(await office.bubbles(1)) == 4
        await next_month(office)
        await office.post(f"{ROOT}/sendall", **ALL, **words())
        assert (await finish(office))["SentCount"] == "1"


async def test_a_blocked_follower_gets_nothing():
    async with given_office() as office:
        await office.follow(1, 2)
        asked = {"openid_list": [office.openid(1)]}
        assert await office.errcode("/cgi-bin/tags/members/batchblacklist", **asked) == 0
        await office.post(f"{ROOT}/sendall", **ALL, **words())
        event = await finish(office)
        assert (event["SentCount"], await office.bubbles(1)) == ("1", [])


async def test_calls_are_limited_by_day():
    async with given_office(daily_limits={f"{ROOT}/sendall": 1}) as office:
        assert await office.errcode(f"{ROOT}/sendall", **ALL, **words()) == 0
        assert await office.errcode(f"{ROOT}/sendall", **ALL, **words()) == 45009


async def test_the_same_clientmsgid_sends_once():
    async with given_office() as office:
        path, asked = f"{ROOT}/sendall", {**ALL, **words(), "clientmsgid": "notice-1"}
        first = await office.post(path, **asked)
        assert await office.errcode(path, **asked) == 45066
        await advance(office.client, 60)
        again = await office.post(path, **asked)
        assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])
        assert await office.errcode(path, **{**asked, "clientmsgid": "x" * 65}) == 45067
        await advance(office.client, 86_400)
        office.token = await token_of(office.client, office.account)
        assert await office.errcode(path, **asked) == 0


async def test_a_protected_account_waits_for_its_administrator():
    async with given_office(mass_protect=True) as office:
        await office.follow(1)
        told = await office.post(f"{ROOT}/sendall", **ALL, **words())
        await advance(office.client, 60)
        assert (await office.post(f"{ROOT}/get", msg_id=told["msg_id"]))["msg_status"] == "SENDING"
        answer = await order(office.client, "mass/confirm", msg_id=told["msg_id"])
        assert answer == {"confirmed": True}
        assert (await finish(office))["Status"] == "send success"
        assert len(await office.bubbles(1)) == 1


async def test_a_refusal_and_silence_of_the_administrator_have_their_status():
    async with given_office(mass_protect=True) as office:
        await office.follow(1)
        told = await office.post(f"{ROOT}/sendall", **ALL, **words())
        await order(office.client, "mass/confirm", msg_id=told["msg_id"], decision="refuse")
        assert office.events[-1].findtext("Status") == "err(40001)"
        told = await office.post(f"{ROOT}/sendall", **ALL, **words())
        office.events.clear()
        await advance(office.client, 30 * 60)
        await order(office.client, "jobs/settle")
        assert [event.findtext("Status") for event in office.events] == ["err(40002)"]
        state = await office.post(f"{ROOT}/get", msg_id=told["msg_id"])
        assert state["msg_status"] == "SEND_FAIL"
        assert await office.bubbles(1) == []


async def test_a_protected_account_sends_to_a_list_unasked():
    async with given_office(mass_protect=True) as office:
        await office.follow(1, 2)
        asked = {"touser": [office.openid(1), office.openid(2)], **words()}
        await office.post(f"{ROOT}/send", **asked)
        assert (await finish(office))["Status"] == "send success"


async def test_status_and_counts_can_be_ordered():
    async with given_office() as office:
        await office.follow(1)
        told = await office.post(f"{ROOT}/sendall", **ALL, **words())
        asked = {"msg_id": told["msg_id"], "total": 900, "filtered": 800, "sent": 790, "error": 10}
        await order(office.client, "mass/result", **asked)
        (event,) = office.events
        assert [event.findtext(f"{name}Count") for name in ("Total", "Sent", "Error")] == [
            "900",
            "790",
            "10",
        ]
        assert len(await office.bubbles(1)) == 1
        told = await office.post(f"{ROOT}/sendall", **ALL, **words())
        await order(office.client, "mass/result", msg_id=told["msg_id"], status="send fail")
        state = await office.post(f"{ROOT}/get", msg_id=told["msg_id"])
        assert state["msg_status"] == "SEND_FAIL"
        assert len(await office.bubbles(1)) == 1


async def test_a_preview_comes_at_once_and_the_draft_stays():
    async with given_office() as office:
        await office.follow(1)
        draft = await office.draft("一")
        asked = {"msgtype": "mpnews", "mpnews": {"media_id": draft}}
        told = await office.post(f"{ROOT}/preview", touser=office.openid(1), **asked)
        assert told["errmsg"] == "preview success"
        (bubble,) = await office.bubbles(1)
        page = await office.client.get(bubble["articles"][0]["url"])
        assert "临时预览" in page.text
        assert await office.errcode("/cgi-bin/draft/get", media_id=draft) == 0
        by_name = {"towxname": "林知夏", **words()}
        assert await office.errcode(f"{ROOT}/preview", **by_name) == 0
        stranger = {"touser": office.openid(2), **words()}
        assert await office.errcode(f"{ROOT}/preview", **stranger) == 43004
        assert await office.errcode(f"{ROOT}/preview", towxname="无此人", **words()) == 40132


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"msgtype": "poem"}, 40008),
        ({"msgtype": "text", "text": {"content": ""}}, 44004),
        ({"msgtype": "text", "text": {"content": "字" * 683}}, 45002),
        ({"msgtype": "mpnews", "mpnews": {"media_id": "unknown"}}, 40007),
        ({"msgtype": "voice", "voice": {"media_id": "unknown"}}, 40007),
        ({"msgtype": "images", "images": {"media_ids": []}}, 40007),
        ({"msgtype": "text"}, 47001),
    ],
)
async def test_what_cannot_be_sent_is_named(asked, code):
    async with given_office() as office:
        assert await office.errcode(f"{ROOT}/sendall", **ALL, **asked) == code


async def test_pictures_and_recordings_are_sent_by_their_ids():
    async with given_office() as office:
        await office.follow(1)
        path = "/cgi-bin/media/upload"
        picture = (await office.upload(path, PNG, type="image"))["media_id"]
        voice = (await office.upload(path, amr(1), type="voice"))["media_id"]
        asked = {"msgtype": "images", "images": {"media_ids": [picture]}}
        assert await office.errcode(f"{ROOT}/sendall", **ALL, **asked) == 0
        await finish(office)
        asked = {"msgtype": "voice", "voice": {"media_id": voice}}
        assert await office.errcode(f"{ROOT}/sendall", **ALL, **asked) == 0
        await finish(office)
        kinds = [(bubble["kind"], bubble["media_id"]) for bubble in await office.bubbles(1)]
        assert kinds == [("image", picture), ("voice", voice)]
        asked = {"msgtype": "voice", "voice": {"media_id": picture}}
        assert await office.errcode(f"{ROOT}/sendall", **ALL, **asked) == 40007


async def test_a_sent_article_is_deleted_by_its_number_from_one():
    async with given_office() as office:
        await office.follow(1)
        asked = {"msgtype": "mpnews", "mpnews": {"media_id": await office.draft("一", "二")}}
        told = await office.post(f"{ROOT}/sendall", **ALL, **asked)
        await finish(office)
        urls = [card["url"] for card in (await office.bubbles(1))[0]["articles"]]
        path, number = f"{ROOT}/delete", {"msg_id": told["msg_id"]}
        assert await office.errcode(path, article_idx=2, **number) == 0
        shown = ["已被发布者删除" in (await office.client.get(url)).text for url in urls]
        assert shown == [False, True]
        assert (await office.post(f"{ROOT}/get", **number))["msg_status"] == "SEND_SUCCESS"
        assert await office.errcode(path, article_idx=3, **number) == 40114
        assert await office.errcode(path, **number) == 0
        assert (await office.post(f"{ROOT}/get", **number))["msg_status"] == "DELETE"
        assert await office.errcode(path, msg_id=1) == 40059


async def test_a_waiting_message_that_is_deleted_reaches_nobody():
    async with given_office() as office:
        await office.follow(1)
        told = await office.post(f"{ROOT}/sendall", **ALL, **words())
        assert await office.errcode(f"{ROOT}/delete", msg_id=told["msg_id"]) == 0
        await advance(office.client, 3)
        await order(office.client, "jobs/settle")
        assert (office.events, await office.bubbles(1)) == ([], [])


async def test_deleting_gives_no_second_message_of_the_day():
    async with given_office(kind="SUB") as office:
        told = await office.post(f"{ROOT}/sendall", **ALL, **words())
        await finish(office)
        await office.post(f"{ROOT}/delete", msg_id=told["msg_id"])
        assert await office.errcode(f"{ROOT}/sendall", **ALL, **words()) == 45028


async def test_the_speed_is_one_of_five():
    async with given_office() as office:
        assert await office.errcode(f"{ROOT}/speed/set", speed=4) == 0
        assert await office.post(f"{ROOT}/speed/get") == {"speed": 4, "realspeed": 10}
        assert await office.errcode(f"{ROOT}/speed/set", speed=5) == 45083
        assert await office.errcode(f"{ROOT}/speed/set", other=1) == 45084
