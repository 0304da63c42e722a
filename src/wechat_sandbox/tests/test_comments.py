# SPDX-License-Identifier: Apache-2.0
"""Comments as the office manages them."""

from typing import Any

import pytest

from wechat_sandbox.tests.given import order
from wechat_sandbox.tests.given_media import Office, given_office

pytestmark = pytest.mark.anyio
ROOT = "/cgi-bin/comment"


async def commented(office: Office, count: int) -> dict[str, Any]:
    """Return the name of an article with comments, as the interfaces want it."""
    told = await office.publish(need_open_comment=1)
    await order(office.client, "comments/sow", article_id=told["article_id"], count=count)
    return {"msg_data_id": told["msg_data_id"], "index": 0}


async def listed(office: Office, article: dict[str, Any], kind: int = 0) -> dict[str, Any]:
    return await office.post(f"{ROOT}/list", begin=0, count=49, type=kind, **article)


async def test_comments_are_listed_newest_first_by_kind():
    async with given_office() as office:
        article = await commented(office, 3)
        await office.post(f"{ROOT}/markelect", user_comment_id=2, **article)
        told = await listed(office, article)
        assert told["total"] == 3
        assert [one["user_comment_id"] for one in told["comment"]] == [3, 2, 1]
        assert told["comment"][0]["openid"] == office.openid(3)
        assert [one["comment_type"] for one in told["comment"]] == [0, 1, 0]
        assert (await listed(office, article, 1))["total"] == 2
        assert [
            one["user_comment_id"] for one in (await listed(office, article, 2))["comment"]
        ] == [2]
        await office.post(f"{ROOT}/unmarkelect", user_comment_id=2, **article)
        assert (await listed(office, article, 2))["total"] == 0


async def test_a_list_has_pages():
    async with given_office() as office:
        article = await commented(office, 3)
        asked = {"begin": 1, "count": 1, "type": 0, **article}
        told = await office.post(f"{ROOT}/list", **asked)
        assert [one["user_comment_id"] for one in told["comment"]] == [2]
        for count in (0, 50):
            assert await office.errcode(f"{ROOT}/list", **(asked | {"count": count})) == 88010


async def test_a_comment_is_answered_once_until_the_answer_is_deleted():
    async with given_office() as office:
        article = {**await commented(office, 1), "user_comment_id": 1}
        add, delete = f"{ROOT}/reply/add", f"{ROOT}/reply/delete"
        assert await office.errcode(add, content="", **article) == 88007
        assert await office.errcode(add, content="长" * 141, **article) == 88007
        assert await office.errcode(delete, **article) == 88008
        assert await office.errcode(add, content="感谢关注", **article) == 0
        assert await office.errcode(add, content="再答", **article) == 88005
        article.pop("user_comment_id")
        assert (await listed(office, article))["comment"][0]["reply"]["content"] == "感谢关注"
        assert await office.errcode(delete, user_comment_id=1, **article) == 0
        assert "reply" not in (await listed(office, article))["comment"][0]


async def test_a_deleted_comment_does_not_exist():
    async with given_office() as office:
        article = await commented(office, 2)
        assert await office.errcode(f"{ROOT}/delete", user_comment_id=1, **article) == 0
        assert await office.errcode(f"{ROOT}/delete", user_comment_id=1, **article) == 88008
        assert (await listed(office, article))["total"] == 1


async def test_a_comment_its_writer_took_back_is_named():
    async with given_office() as office:
        article = await commented(office, 1)
        office.client.cookies.set("sandbox_phone", "1")
        url = (await office.client.get("/_sim/articles")).json()["articles"][0]["url"]
        await office.client.post(f"{url}/comment/1/delete")
        assert await office.errcode(f"{ROOT}/markelect", user_comment_id=1, **article) == 88004


async def test_elected_comments_have_a_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("wechat_sandbox.interfaces.comments.MAX_ELECTED", 1)
    async with given_office() as office:
        article = await commented(office, 2)
        assert await office.errcode(f"{ROOT}/markelect", user_comment_id=1, **article) == 0
        assert await office.errcode(f"{ROOT}/markelect", user_comment_id=1, **article) == 0
        assert await office.errcode(f"{ROOT}/markelect", user_comment_id=2, **article) == 88003


async def test_comments_are_opened_and_closed():
    async with given_office() as office:
        told = await office.publish()
        article = {"msg_data_id": told["msg_data_id"], "index": 0}
        url = told["article_detail"]["item"][0]["article_url"]
        office.client.cookies.set("sandbox_phone", "1")
        for path, status in (("open", 303), ("close", 409)):
            assert await office.errcode(f"{ROOT}/{path}", **article) == 0
            written = await office.client.post(f"{url}/comment", data={"content": "您好"})
            assert written.status_code == status


async def test_unknown_articles_and_missing_privilege_have_their_codes():
    async with given_office() as office:
        article = await commented(office, 1)
        for wrong in ({"index": 1}, {"msg_data_id": 1}, {"msg_data_id": "x"}):
            assert await office.errcode(f"{ROOT}/open", **(article | wrong)) == 88001
    async with given_office(lacking_abilities=("comments",)) as office:
        assert await office.errcode(f"{ROOT}/open", msg_data_id=1, index=0) == 88000
