# SPDX-License-Identifier: Apache-2.0
"""Statistics: counted from what happened, ready the next morning, within each table's span."""

from datetime import timedelta
from typing import Any

import pytest

from wechat_sandbox.clock import china_time
from wechat_sandbox.interfaces.figures import RETIRED
from wechat_sandbox.tests.given import START, advance, order
from wechat_sandbox.tests.given_media import Office, given_office, token_of

pytestmark = pytest.mark.anyio
DAY = 86_400
TODAY = china_time(START).date()


def day(ahead: int = 0) -> str:
    return (TODAY + timedelta(days=ahead)).isoformat()


async def asked(office: Office, table: str, begin: str, end: str = "") -> dict[str, Any]:
    return await office.post(f"/datacube/{table}", begin_date=begin, end_date=end or begin)


async def sleep_days(office: Office, days: int, *, hour: int = 9) -> None:
    """Push the clock to an hour of a later day."""
    now = china_time((await office.client.get("/_sim/state")).json()["clock"]["now"])
    then = (now + timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)
    await advance(office.client, (then - now).total_seconds())
    office.token = await token_of(office.client, office.account)


async def test_who_came_and_went_is_counted_by_day_and_way():
    async with given_office() as office:
        await office.follow(1)
        await order(office.client, "scan", citizen=2, scene="hall")
        await order(office.client, "unfollow", citizen=1)
        await sleep_days(office, 1)
        await office.follow(3)
        await sleep_days(office, 1)
        told = await asked(office, "getusersummary", day(), day(1))
        assert told["list"] == [
            {"ref_date": day(), "user_source": 0, "new_user": 0, "cancel_user": 1},
            {"ref_date": day(), "user_source": 1, "new_user": 1, "cancel_user": 0},
            {"ref_date": day(), "user_source": 30, "new_user": 1, "cancel_user": 0},
            {"ref_date": day(1), "user_source": 1, "new_user": 1, "cancel_user": 0},
        ]
        told = await asked(office, "getusercumulate", day(), day(1))
        assert [row["cumulate_user"] for row in told["list"]] == [1, 2]


async def test_figures_are_ready_the_next_morning_at_eight():
    async with given_office() as office:
        assert (await asked(office, "getusersummary", day()))["errcode"] == 61501
        await sleep_days(office, 1, hour=7)
        assert (await asked(office, "getusersummary", day()))["errcode"] == 61503
        await advance(office.client, 3600)
        assert "list" in await asked(office, "getusersummary", day())


@pytest.mark.parametrize(
    ("table", "begin", "end", "code"),
    [
        ("getusersummary", -7, -1, 0),
        ("getusersummary", -8, -1, 61501),
        ("getusersummary", -1, -2, 61501),
        ("getbizsummary", -30, -1, 0),
        ("getbizsummary", -31, -1, 61501),
        ("getarticleread", -2, -1, 61501),
        ("getarticleshare", -2, -1, 61501),
        ("getarticletotaldetail", -2, -1, 61501),
        ("getupstreammsghour", -2, -1, 61501),
        ("getinterfacesummaryhour", -2, -1, 61501),
        ("getupstreammsgdist", -15, -1, 0),
        ("getupstreammsgdist", -16, -1, 61501),
        ("getupstreammsgweek", -30, -1, 0),
        ("getupstreammsgmonth", -31, -1, 61501),
    ],
)
async def test_each_table_has_its_span(table, begin, end, code):
    async with given_office() as office:
        await sleep_days(office, 40)
        told = await asked(office, table, day(40 + begin), day(40 + end))
        assert told.get("errcode", 0) == code


@pytest.mark.parametrize("begin", ["", "2026/11/18", "20261118", "2026-13-01", "yesterday"])
async def test_a_date_has_one_form(begin):
    async with given_office() as office:
        assert (await asked(office, "getusersummary", begin, day(-1)))["errcode"] == 61500


async def test_article_figures_begin_in_november_2025():
    async with given_office() as office:
        assert (await asked(office, "getarticleread", "2025-10-31"))["errcode"] == 61501
        assert "list" in await asked(office, "getarticleread", "2025-11-01")


@pytest.mark.parametrize("table", RETIRED)
async def test_the_old_article_tables_are_offline(table):
    async with given_office() as office:
        assert (await asked(office, table, day(-1)))["errcode"] == 47009


async def test_readers_and_sharers_are_counted_by_article():
    async with given_office() as office:
        told = await office.publish("一", "二")
        url = told["article_detail"]["item"][1]["article_url"]
        for number, way in ((1, "message"), (2, "message"), (3, "moments")):
            office.client.cookies.set("sandbox_phone", str(number))
            await office.client.get(f"{url}?from={way}")
        await office.client.post(f"{url}/share")
        await office.client.post(f"{url}/like")
        office.client.cookies.clear()
        await sleep_days(office, 1)
        (row,) = (await asked(office, "getarticleread", day()))["list"]
        assert row["msgid"] == f"{told['msg_data_id']}_2"
        assert row["detail"] == {
            "read_user": 3,
            "read_user_source": [
                {"user_count": 3, "scene_desc": "全部"},
                {"user_count": 2, "scene_desc": "公众号消息"},
                {"user_count": 1, "scene_desc": "朋友圈"},
            ],
        }
        (row,) = (await asked(office, "getarticleshare", day()))["list"]
        assert row["detail"] == {"share_user": 1}
        told = await asked(office, "getbizsummary", day())
        assert told["is_delay"] is False
        detail = told["list"][0]["detail"]
        assert (detail["read_user"], detail["like_user"], detail["send_page_count"]) == (3, 1, 2)


async def test_an_article_is_followed_for_thirty_days():
    async with given_office() as office:
        told = await office.publish("一")
        asked_for = {"article_id": told["article_id"], "read_user": 10}
        await order(office.client, "readers/sow", **asked_for)
        await sleep_days(office, 1)
        await order(office.client, "readers/sow", **asked_for)
        await sleep_days(office, 1)
        (row,) = (await asked(office, "getarticletotaldetail", day()))["list"]
        assert (row["title"], row["publish_type"]) == ("一", 1)
        assert [one["stat_date"] for one in row["detail_list"]] == [day(), day(1)]
        assert [one["read_user"] for one in row["detail_list"]] == [10, 10]
        await sleep_days(office, 40)
        (row,) = (await asked(office, "getarticletotaldetail", day()))["list"]
        assert len(row["detail_list"]) == 30


async def test_rows_can_be_sown():
    async with given_office() as office:
        rows = [{"ref_date": day(-3), "user_source": 0, "cumulate_user": 12_000}]
        await order(office.client, "figures/sow", table="getusercumulate", rows=rows)
        told = await asked(office, "getusercumulate", day(-3))
        assert rows[0] in told["list"]
        refused = await office.client.post("/_sim/figures/sow", json={"table": "x", "rows": []})
        assert refused.json()["code"] == "unknown_table"


async def test_messages_and_callbacks_are_counted():
    async with given_office() as office:
        await office.follow(1)
        for _ in range(2):
            await order(office.client, "text", citizen=1, content="您好")
        await sleep_days(office, 1)
        (row,) = (await asked(office, "getupstreammsg", day()))["list"]
        assert (row["msg_type"], row["msg_user"], row["msg_count"]) == (1, 1, 2)
        (row,) = (await asked(office, "getinterfacesummary", day()))["list"]
        assert (row["callback_count"], row["fail_count"]) == (3, 0)


async def test_messages_are_told_by_hour_week_and_month_and_by_how_many_one_person_sends():
    async with given_office() as office:
        await office.follow(1, 2)
        for number, messages in ((1, 6), (2, 1)):
            for _ in range(messages):
                await order(office.client, "text", citizen=number, content="您好")
        hour = china_time(START).hour * 100
        monday = (TODAY - timedelta(days=TODAY.weekday())).isoformat()
        first = TODAY.replace(day=1).isoformat()
        await sleep_days(office, 1)
        counts = {"msg_type": 1, "msg_user": 2, "msg_count": 7}
        told = await asked(office, "getupstreammsghour", day())
        assert told["list"] == [{"ref_date": day(), "ref_hour": hour, **counts}]
        told = await asked(office, "getupstreammsgdist", day())
        assert told["list"] == [
            {"ref_date": day(), "count_interval": 1, "msg_user": 1},
            {"ref_date": day(), "count_interval": 2, "msg_user": 1},
        ]
        (row,) = (await asked(office, "getinterfacesummaryhour", day()))["list"]
        assert (row["ref_hour"], row["callback_count"]) == (hour, 9)
        await sleep_days(office, 31)
        for table, begin in (("getupstreammsgweek", monday), ("getupstreammsgmonth", first)):
            assert (await asked(office, table, begin))["list"] == [{"ref_date": begin, **counts}]
        for table, begin in (
            ("getupstreammsgdistweek", monday),
            ("getupstreammsgdistmonth", first),
        ):
            rows = (await asked(office, table, begin))["list"]
            assert [(row["count_interval"], row["msg_user"]) for row in rows] == [(1, 1), (2, 1)]


async def test_a_week_is_told_once_it_is_over():
    async with given_office() as office:
        await office.follow(1)
        await order(office.client, "text", citizen=1, content="您好")
        monday = TODAY - timedelta(days=TODAY.weekday())
        left = 7 - TODAY.weekday()
        await sleep_days(office, left - 1 or 1)
        told = await asked(office, "getupstreammsgweek", monday.isoformat())
        assert (told["list"] == []) is (left > 1)
        await sleep_days(office, 1)
        assert (await asked(office, "getupstreammsgweek", monday.isoformat()))["list"]


async def test_figures_need_a_verified_account():
    async with given_office(verified=False) as office:
        assert (await asked(office, "getusersummary", day(-1)))["errcode"] == 48001
