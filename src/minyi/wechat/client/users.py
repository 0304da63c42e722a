# SPDX-License-Identifier: Apache-2.0
"""Who follows the account, and the blacklist (wechat-api.md §8).

Nickname and portrait are not here: WeChat stopped telling them in 2021.
"""

from collections.abc import AsyncIterator, Sequence

from pydantic import Field

from ..capabilities import Ability
from .answers import Answer, Text
from .group import Group
from .limits import check_count, check_length

MOST_AT_ONCE = 100
MOST_BLOCKED_AT_ONCE = 20
MOST_REMARK = 29


class Follower(Answer):
    """What WeChat tells about a citizen; of one who does not follow, the openid alone."""

    openid: str
    is_following: bool = Field(default=False, alias="subscribe")
    followed_at: int = Field(default=0, alias="subscribe_time")  # Unix seconds
    unionid: Text = ""
    remark: str = ""
    tag_ids: list[int] = Field(default=[], alias="tagid_list")
    language: str = ""
    way: str = Field(default="", alias="subscribe_scene")  # ADD_SCENE_QR_CODE, …
    scene_number: int = Field(default=0, alias="qr_scene")
    scene_text: str = Field(default="", alias="qr_scene_str")


class Page(Answer):
    """One page of openids; an empty `next_openid` is the end."""

    total: int = 0
    count: int = 0
    openids: list[str] = []
    next_openid: str = ""


class _Openids(Answer):
    openid: list[str] = []


class _Page(Answer):
    total: int = 0
    count: int = 0
    data: _Openids = _Openids()
    next_openid: str = ""


class _Followers(Answer):
    user_info_list: list[Follower] = []


class Users(Group):
    """The followers of an official account."""

    ability = Ability.USERS

    async def page(self, *, after: str = "") -> Page:
        """Return up to 10,000 openids, beginning after one of them."""
        found = await self._get("/cgi-bin/user/get", _Page, next_openid=after)
        return _page(found)

    async def openids(self, *, after: str = "") -> AsyncIterator[str]:
        """Yield the openid of every follower, asking for page after page."""
        while True:
            page = await self.page(after=after)
            for openid in page.openids:
                yield openid
            if not page.openids or not page.next_openid or page.next_openid == after:
                return
            after = page.next_openid

    async def info(self, *, openid: str) -> Follower:
        """Return what WeChat tells about one citizen."""
        return await self._get("/cgi-bin/user/info", Follower, openid=openid, lang="zh_CN")

    async def batch_info(self, *, openids: Sequence[str]) -> Sequence[Follower]:
        """Return what WeChat tells about up to a hundred citizens."""
        check_count("openids", openids, most=MOST_AT_ONCE)
        asked = [{"openid": openid, "lang": "zh_CN"} for openid in openids]
        body = {"user_list": asked}
        return (await self._post("/cgi-bin/user/info/batchget", body, _Followers)).user_info_list

    async def set_remark(self, *, openid: str, remark: str) -> None:
        """Write a note to a follower, fewer than thirty characters."""
        check_length("remark", remark, most=MOST_REMARK)
        body = {"openid": openid, "remark": remark}
        await self._order("/cgi-bin/user/info/updateremark", body)

    async def blacklist_page(self, *, after: str = "") -> Page:
        """Return up to 10,000 openids of the blacklist, beginning after one of them."""
        body = {"begin_openid": after}
        path = "/cgi-bin/tags/members/getblacklist"
        return _page(await self._post(path, body, _Page, ability=Ability.TAGS))

    async def blacklist(self) -> AsyncIterator[str]:
        """Yield every openid of the blacklist."""
        after = ""
        while True:
            page = await self.blacklist_page(after=after)
            for openid in page.openids:
                yield openid
            if not page.openids or not page.next_openid or page.next_openid == after:
                return
            after = page.next_openid

    async def block(self, *, openids: Sequence[str]) -> None:
        """Put up to twenty citizens on the blacklist."""
        await self._blacklist("batchblacklist", openids)

    async def unblock(self, *, openids: Sequence[str]) -> None:
        """Take up to twenty citizens off the blacklist."""
        await self._blacklist("batchunblacklist", openids)

    async def _blacklist(self, verb: str, openids: Sequence[str]) -> None:
        check_count("openids", openids, most=MOST_BLOCKED_AT_ONCE)
        path = f"/cgi-bin/tags/members/{verb}"
        await self._order(path, {"openid_list": [*openids]}, ability=Ability.TAGS)


def _page(found: _Page) -> Page:
    return Page(
        total=found.total,
        count=found.count,
        openids=found.data.openid,
        next_openid=found.next_openid,
    )
