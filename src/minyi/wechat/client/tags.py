# SPDX-License-Identifier: Apache-2.0
"""Tags that the account gives its followers (wechat-api.md §8)."""

from collections.abc import AsyncIterator, Sequence

from ..capabilities import Ability
from .answers import Answer
from .group import Group
from .limits import check_count, check_length

MOST_NAME = 30
MOST_AT_ONCE = 50


class Tag(Answer):
    """One tag; the ids 0, 1 and 2 are WeChat's own."""

    id: int
    name: str
    count: int = 0


class _Tag(Answer):
    tag: Tag


class _Tags(Answer):
    tags: list[Tag] = []


class _Ids(Answer):
    tagid_list: list[int] = []


class _Openids(Answer):
    openid: list[str] = []


class _Holders(Answer):
    count: int = 0
    data: _Openids = _Openids()
    next_openid: str = ""


class Tags(Group):
    """At most 100 tags an account, 20 a follower."""

    ability = Ability.TAGS

    async def create(self, *, name: str) -> Tag:
        """Add a tag."""
        check_length("name", name, least=1, most=MOST_NAME)
        return (await self._post("/cgi-bin/tags/create", {"tag": {"name": name}}, _Tag)).tag

    async def list(self) -> Sequence[Tag]:
        """Return every tag with the number of its followers."""
        return (await self._get("/cgi-bin/tags/get", _Tags)).tags

    async def rename(self, *, tag_id: int, name: str) -> None:
        """Give a tag another name."""
        check_length("name", name, least=1, most=MOST_NAME)
        await self._order("/cgi-bin/tags/update", {"tag": {"id": tag_id, "name": name}})

    async def delete(self, *, tag_id: int) -> None:
        """Delete a tag; WeChat refuses above 100,000 followers (45057)."""
        await self._order("/cgi-bin/tags/delete", {"tag": {"id": tag_id}})

    async def holders(self, *, tag_id: int) -> AsyncIterator[str]:
        """Yield the openids with this tag, asking for page after page."""
        start = ""
        while True:
            body = {"tagid": tag_id, "next_openid": start}
            page = await self._post("/cgi-bin/user/tag/get", body, _Holders)
            for openid in page.data.openid:
                yield openid
            if not page.data.openid or not page.next_openid or page.next_openid == start:
                return
            start = page.next_openid

    async def put_on(self, *, tag_id: int, openids: Sequence[str]) -> None:
        """Tag up to fifty followers."""
        check_count("openids", openids, most=MOST_AT_ONCE)
        body = {"openid_list": [*openids], "tagid": tag_id}
        await self._order("/cgi-bin/tags/members/batchtagging", body)

    async def take_off(self, *, tag_id: int, openids: Sequence[str]) -> None:
        """Take a tag off up to fifty followers."""
        check_count("openids", openids, most=MOST_AT_ONCE)
        body = {"openid_list": [*openids], "tagid": tag_id}
        await self._order("/cgi-bin/tags/members/batchuntagging", body)

    async def of_follower(self, *, openid: str) -> Sequence[int]:
        """Return the tag ids of one follower."""
        return (await self._post("/cgi-bin/tags/getidlist", {"openid": openid}, _Ids)).tagid_list
