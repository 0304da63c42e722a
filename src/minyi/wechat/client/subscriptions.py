# SPDX-License-Identifier: Apache-2.0
"""Notices a citizen has agreed to (wechat-api.md §§7.1, 7.4).

`send` is the service account's notice (bizsend); the mini program's own is `client.mini.send`.
"""

from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import urlencode

from pydantic import Field

from ..capabilities import Ability
from .answers import Answer, Text
from .fields import as_wechat, check_fields
from .group import Group
from .limits import check_bytes, check_count, check_length, check_range
from .transport import Transport

ONE_TIME, LONG_TERM = 2, 3
MOST_SCENE = 10_000
MOST_RESERVED = 128  # bytes
MOST_KEYWORDS = 5
MOST_SCENE_WORDS = 15
MOST_TITLES_PER_PAGE = 30
MOST_ONE_TIME_TITLE, MOST_ONE_TIME_TEXT = 15, 200

Kind = Literal[2, 3]


class NoticeTemplate(Answer):
    """A notice template of this account; `kind` 2 takes one consent a message, 3 one for all."""

    template_id: str = Field(alias="priTmplId")
    title: str = ""
    content: str = ""
    example: str = ""
    kind: int = Field(default=ONE_TIME, alias="type")


class Category(Answer):
    id: int
    name: str = ""


class LibraryTitle(Answer):
    """A title of WeChat's library."""

    id: Text = Field(alias="tid")
    title: str = ""
    kind: int = Field(default=ONE_TIME, alias="type")
    category_id: Text = Field(default="", alias="categoryId")


class LibraryKeyword(Answer):
    id: int = Field(alias="kid")
    name: str = ""
    example: str = ""
    rule: str = ""


class _Templates(Answer):
    data: list[NoticeTemplate] = []


class _Categories(Answer):
    data: list[Category] = []


class _Titles(Answer):
    count: int = 0
    data: list[LibraryTitle] = []


class _Keywords(Answer):
    count: int = 0
    data: list[LibraryKeyword] = []


class _Added(Answer):
    priTmplId: str  # noqa: N815 - WeChat's own word


class Subscriptions(Group):
    """Notices by consent, and the templates for them (at most 50)."""

    ability = Ability.NEWTMPL

    def __init__(self, transport: Transport, *, mp_url: str) -> None:
        super().__init__(transport)
        self._mp_url = mp_url

    async def send(
        self,
        *,
        openid: str,
        template_id: str,
        values: Mapping[str, str],
        page: str = "",
        mini_program: tuple[str, str] | None = None,
    ) -> None:
        """Send a notice and spend a consent; 43101 (GrantSpent) when there was none."""
        check_fields(values)
        body: dict[str, object] = {
            "touser": openid,
            "template_id": template_id,
            "data": as_wechat(values),
        }
        if page:
            body["page"] = page
        if mini_program is not None:
            body["miniprogram"] = {"appid": mini_program[0], "pagepath": mini_program[1]}
        await self._order("/cgi-bin/message/subscribe/bizsend", body, ability=Ability.BIZSEND)

    async def templates(self) -> Sequence[NoticeTemplate]:
        """Return the notice templates of this account."""
        return (await self._get("/wxaapi/newtmpl/gettemplate", _Templates)).data

    async def categories(self) -> Sequence[Category]:
        """Return the service categories of this account; the library depends on them."""
        return (await self._get("/wxaapi/newtmpl/getcategory", _Categories)).data

    async def titles(
        self, *, category_ids: Sequence[int], start: int = 0, count: int = MOST_TITLES_PER_PAGE
    ) -> Sequence[LibraryTitle]:
        """Return titles of WeChat's library in these categories."""
        check_range("count", count, least=1, most=MOST_TITLES_PER_PAGE)
        ids = ",".join(map(str, category_ids))
        path = "/wxaapi/newtmpl/getpubtemplatetitles"
        return (await self._get(path, _Titles, ids=ids, start=start, limit=count)).data

    async def keywords(self, *, title_id: str) -> Sequence[LibraryKeyword]:
        """Return the fields that a title of the library may have."""
        path = "/wxaapi/newtmpl/getpubtemplatekeywords"
        return (await self._get(path, _Keywords, tid=title_id)).data

    async def add(self, *, title_id: str, keyword_ids: Sequence[int], scene: str) -> str:
        """Take a template from the library with these fields; return its template_id."""
        check_count("keyword_ids", keyword_ids, least=2, most=MOST_KEYWORDS)
        check_length("scene", scene, most=MOST_SCENE_WORDS)
        body = {"tid": title_id, "kidList": [*keyword_ids], "sceneDesc": scene}
        return (await self._post("/wxaapi/newtmpl/addtemplate", body, _Added)).priTmplId

    async def delete(self, *, template_id: str) -> None:
        """Give a template back."""
        await self._order("/wxaapi/newtmpl/deltemplate", {"priTmplId": template_id})

    def one_time_url(self, *, scene: int, template_id: str, return_url: str, reserved: str) -> str:
        """Return the page where a citizen agrees to one message; it comes back to `return_url`.

        `reserved` comes back as well: check it against forgery.
        """
        check_range("scene", scene, least=0, most=MOST_SCENE)
        check_bytes("reserved", reserved, most=MOST_RESERVED)
        query = urlencode(
            {
                "action": "get_confirm",
                "appid": self._account.appid,
                "scene": scene,
                "template_id": template_id,
                "redirect_url": return_url,
                "reserved": reserved,
            }
        )
        return f"{self._mp_url}/mp/subscribemsg?{query}#wechat_redirect"

    async def send_one_time(
        self,
        *,
        openid: str,
        template_id: str,
        scene: int,
        title: str,
        content: str,
        url: str = "",
    ) -> None:
        """Send the one message a citizen agreed to on that page."""
        check_range("scene", scene, least=0, most=MOST_SCENE)
        check_length("title", title, least=1, most=MOST_ONE_TIME_TITLE)
        check_length("content", content, least=1, most=MOST_ONE_TIME_TEXT)
        body: dict[str, object] = {
            "touser": openid,
            "template_id": template_id,
            "scene": str(scene),
            "title": title,
            "data": {"content": {"value": content}},
        }
        if url:
            body["url"] = url
        path = "/cgi-bin/message/template/subscribe"
        await self._order(path, body, ability=Ability.ONE_TIME_SUBSCRIBE)
