# SPDX-License-Identifier: Apache-2.0
"""Publishing: queued, examined, finished by event, and readable on the web."""

import asyncio

import pytest

from wechat_sandbox.tests.given import advance, order
from wechat_sandbox.tests.given_media import Office, given_office, path_of

pytestmark = pytest.mark.anyio
SUBMIT, GET = "/cgi-bin/freepublish/submit", "/cgi-bin/freepublish/get"


async def submitted(office: Office, *titles: str) -> tuple[str, str]:
    """Return the media_id of a new draft and the publish_id of its order."""
    draft = await office.draft(*titles)
    told = await office.post(SUBMIT, media_id=draft)
    assert (told["errcode"], isinstance(told["publish_id"], str)) == (0, True)
    return draft, told["publish_id"]


async def test_publishing_is_queued_and_ends_by_event_after_the_delay():
    async with given_office() as office:
        draft, publish_id = await submitted(office, "一", "二")
        told = await office.post(GET, publish_id=publish_id)
        assert told["publish_status"] == 1
        assert office.events == []
        await advance(office.client, 2)
        told = await office.post(GET, publish_id=publish_id)
        assert (told["publish_status"], told["article_detail"]["count"]) == (0, 2)
        assert [item["idx"] for item in told["article_detail"]["item"]] == [1, 2]
        assert await office.errcode("/cgi-bin/draft/get", media_id=draft) == 40007
        await asyncio.sleep(0.05)
        (event,) = office.events
        assert event.findtext("Event") == "PUBLISHJOBFINISH"
        assert event.findtext("PublishEventInfo/publish_id") == publish_id
        assert event.findtext("PublishEventInfo/publish_status") == "0"
        assert event.findtext("PublishEventInfo/article_id") == told["article_id"]
        urls = [item.findtext("article_url") for item in event.findall(".//item")]
        assert urls == [item["article_url"] for item in told["article_detail"]["item"]]


async def test_the_queue_runs_by_itself():
    async with given_office() as office:
        await order(office.client, "jobs/delay", kind="publish", seconds=0)
        await submitted(office)
        await asyncio.sleep(0.3)
        assert [event.findtext("Event") for event in office.events] == ["PUBLISHJOBFINISH"]


async def test_a_held_queue_waits_for_a_decision():
    async with given_office() as office:
        await order(office.client, "jobs/delay", kind="publish", seconds=None)
        _, publish_id = await submitted(office)
        await advance(office.client, 3600)
        assert (await office.post(GET, publish_id=publish_id))["publish_status"] == 1
        jobs = (await office.client.get("/_sim/jobs")).json()
        assert [(job["kind"], job["due_at"]) for job in jobs["waiting"]] == [("publish", None)]
        await order(office.client, "publish/approve", publish_id=publish_id)
        assert (await office.post(GET, publish_id=publish_id))["publish_status"] == 0


@pytest.mark.parametrize("status", [2, 3, 4])
async def test_a_refused_order_keeps_its_draft_and_names_the_articles(status):
    async with given_office() as office:
        draft, publish_id = await submitted(office, "一", "二")
        await order(
            office.client, "publish/reject", publish_id=publish_id, status=status, fail_idx=[2]
        )
        told = await office.post(GET, publish_id=publish_id)
        assert (told["publish_status"], told["fail_idx"]) == (status, [2])
        assert "article_id" not in told
        assert await office.errcode("/cgi-bin/draft/get", media_id=draft) == 0
        (event,) = office.events
        assert event.findtext("PublishEventInfo/publish_status") == str(status)
        assert event.findtext("PublishEventInfo/fail_idx") == "2"
        again = await office.client.post("/_sim/publish/approve", json={"publish_id": publish_id})
        assert again.json()["code"] == "not_waiting"


async def test_a_draft_under_examination_is_not_taken_twice():
    async with given_office() as office:
        draft, _ = await submitted(office)
        assert await office.errcode(SUBMIT, media_id=draft) == 53503
        assert await office.errcode(SUBMIT, media_id="unknown") == 40007


async def test_unverified_subscription_accounts_may_not_publish():
    async with given_office(kind="SUB", verified=False) as office:
        assert await office.errcode(SUBMIT, media_id=await office.draft()) == 48001
    async with given_office(kind="SVC", verified=False) as office:
        assert await office.errcode(SUBMIT, media_id=await office.draft()) == 0


async def test_published_articles_are_listed_and_told():
    async with given_office() as office:
        first = await office.publish("一")
        second = await office.publish("二")
        told = await office.post("/cgi-bin/freepublish/batchget", offset=0, count=20, no_content=1)
        assert [item["article_id"] for item in told["item"]] == [
            second["article_id"],
            first["article_id"],
        ]
        assert told["item"][0]["content"]["news_item"][0]["content"] == ""
        path = "/cgi-bin/freepublish/getarticle"
        (item,) = (await office.post(path, article_id=first["article_id"]))["news_item"]
        assert (item["title"], item["is_deleted"]) == ("一", False)
        assert item["url"] == first["article_detail"]["item"][0]["article_url"]
        assert await office.errcode(path, article_id="unknown") == 53600


async def test_deleting_counts_from_one_and_zero_takes_all():
    async with given_office() as office:
        told = await office.publish("一", "二")
        asked = {"article_id": told["article_id"]}
        path = "/cgi-bin/freepublish/delete"
        assert await office.errcode(path, index=3, **asked) == 40114
        assert await office.errcode(path, index=2, **asked) == 0
        items = (await office.post("/cgi-bin/freepublish/getarticle", **asked))["news_item"]
        assert [item["is_deleted"] for item in items] == [False, True]
        assert (await office.post(GET, publish_id=told["publish_id"]))["publish_status"] == 0
        assert await office.errcode(path, **asked) == 0
        assert (await office.post(GET, publish_id=told["publish_id"]))["publish_status"] == 5
        listed = await office.post("/cgi-bin/freepublish/batchget", offset=0, count=1)
        assert listed["total_count"] == 0


async def test_the_platform_may_ban_what_was_published():
    async with given_office() as office:
        told = await office.publish("一")
        await order(office.client, "publish/withdraw", article_id=told["article_id"])
        assert (await office.post(GET, publish_id=told["publish_id"]))["publish_status"] == 6
        page = await office.client.get(path_of(told["article_detail"]["item"][0]["article_url"]))
        assert "已被发布者删除" in page.text


async def test_publishing_notifies_no_follower():
    async with given_office() as office:
        await office.follow(1)
        await office.publish()
        assert await office.bubbles(1) == []
