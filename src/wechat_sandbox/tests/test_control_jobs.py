# SPDX-License-Identifier: Apache-2.0
"""Orders about jobs, articles and mini programs: what they refuse, and what the views show."""

from typing import Any

import pytest

from wechat_sandbox.tests.given import order
from wechat_sandbox.tests.given_media import MINI, given_office

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "asked", "code"),
    [
        ("jobs/delay", {"kind": "dance", "seconds": 1}, "unknown_kind"),
        ("jobs/delay", {"kind": "mass", "seconds": -1}, "bad_seconds"),
        ("jobs/delay", {"kind": "mass", "seconds": "soon"}, "bad_seconds"),
        ("publish/approve", {"publish_id": "1"}, "unknown_publish"),
        ("publish/reject", {"publish_id": "1", "status": 5}, "bad_status"),
        ("publish/withdraw", {"article_id": "x"}, "unknown_article"),
        ("mass/result", {"msg_id": 1}, "unknown_mass"),
        ("mass/confirm", {"msg_id": "x"}, "not_a_number"),
        ("check/result", {"trace_id": "x"}, "unknown_check"),
        ("check/word", {"word": ""}, "no_word"),
        ("check/word", {"word": "词", "label": 7}, "bad_verdict"),
        ("check/word", {"word": "词", "suggest": "maybe"}, "bad_verdict"),
        ("comments/sow", {"article_id": "x"}, "unknown_article"),
        ("readers/sow", {"article_id": "x"}, "unknown_article"),
        ("figures/sow", {"table": "getbizsummary", "rows": [{}]}, "bad_rows"),
        ("mini/rank", {"citizen": 3, "rank": 5}, "bad_rank"),
        ("mini/pages", {"pages": "all"}, "bad_pages"),
        ("mini/enter", {"citizen": 3, "account": "sandbox"}, "no_mini_program"),
    ],
)
async def test_an_order_that_cannot_be_carried_out_says_why(
    name: str, asked: dict[str, Any], code: str
):
    async with given_office(others=(MINI,)) as office:
        answer = await office.client.post(f"/_sim/{name}", json=asked)
        assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_a_crowd_has_bounds_and_known_ways():
    async with given_office() as office:
        told = await office.publish()
        named = {"article_id": told["article_id"]}
        for asked, code in (
            ({"read_user": 1_000_001}, "bad_count"),
            ({"read_user": 1, "source": "梦里"}, "unknown_source"),
            ({"index": 1}, "unknown_article"),
        ):
            answer = await office.client.post("/_sim/readers/sow", json=named | asked)
            assert answer.json()["code"] == code
        answer = await office.client.post("/_sim/comments/sow", json=named | {"count": 0})
        assert answer.json()["code"] == "bad_count"


async def test_a_decision_comes_once():
    async with given_office(mass_protect=True) as office:
        words = {"msgtype": "text", "text": {"content": "通知"}}
        told = await office.post(
            "/cgi-bin/message/mass/sendall", filter={"is_to_all": True}, **words
        )
        number = {"msg_id": told["msg_id"]}
        early = await office.client.post("/_sim/mass/result", json=number)
        assert early.json()["code"] == "not_waiting"
        await order(office.client, "mass/confirm", **number)
        assert await order(office.client, "mass/confirm", **number) == {"confirmed": False}
        await order(office.client, "mass/result", **number)
        late = await office.client.post("/_sim/mass/result", json=number)
        assert late.json()["code"] == "not_waiting"
        wrong = await office.client.post("/_sim/mass/confirm", json=number | {"decision": "x"})
        assert wrong.json()["code"] == "bad_decision"


async def test_jobs_and_articles_can_be_looked_at():
    async with given_office() as office:
        told = await office.publish("一", "二")
        jobs = (await office.client.get("/_sim/jobs")).json()
        assert jobs["waiting"] == []
        assert jobs["publishes"][0]["status"] == 0
        articles = (await office.client.get("/_sim/articles")).json()["articles"]
        assert [one["title"] for one in articles] == ["一", "二"]
        assert {one["article_id"] for one in articles} == {told["article_id"]}
        log = (await office.client.get("/_sim/log", params={"kind": "job"})).json()
        assert [entry["result"] for entry in log["entries"]] == ["job_queued", "job_finished"]
