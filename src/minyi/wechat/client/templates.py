# SPDX-License-Identifier: Apache-2.0
"""Template messages of verified service accounts (wechat-api.md §7.3)."""

from collections.abc import Mapping, Sequence

from ..capabilities import Ability
from .answers import Answer, Text
from .fields import as_wechat
from .group import Group
from .limits import check_range

MOST_BLOCKED_PER_PAGE = 100


class Template(Answer):
    """A template of this account; `content` has its fields as {{name.DATA}}."""

    template_id: str
    title: str = ""
    primary_industry: str = ""
    deputy_industry: str = ""
    content: str = ""
    example: str = ""


class Industry(Answer):
    first_class: str = ""
    second_class: str = ""


class Industries(Answer):
    primary_industry: Industry = Industry()
    secondary_industry: Industry = Industry()


class BlockedMessage(Answer):
    """A template message that WeChat held back."""

    id: Text = ""
    template_id: Text = ""
    title: str = ""
    content: str = ""
    openid: str = ""
    send_timestamp: int = 0


class _Sent(Answer):
    msgid: int


class _TemplateId(Answer):
    template_id: str


class _Templates(Answer):
    template_list: list[Template] = []


class _Blocked(Answer):
    msginfo: list[BlockedMessage] = []


class Templates(Group):
    """At most 25 templates an account."""

    ability = Ability.TEMPLATE

    async def send(
        self,
        *,
        openid: str,
        template_id: str,
        values: Mapping[str, str],
        url: str = "",
        mini_program: tuple[str, str] | None = None,
        client_msg_id: str = "",
    ) -> int:
        """Send a template message; return its number, which TEMPLATESENDJOBFINISH will name.

        `mini_program` is (appid, page). The same `client_msg_id` is sent once within ten minutes.
        """
        body: dict[str, object] = {
            "touser": openid,
            "template_id": template_id,
            "data": as_wechat(values),
        }
        if url:
            body["url"] = url
        if mini_program is not None:
            body["miniprogram"] = {"appid": mini_program[0], "pagepath": mini_program[1]}
        if client_msg_id:
            body["client_msg_id"] = client_msg_id
        return (await self._post("/cgi-bin/message/template/send", body, _Sent)).msgid

    async def list(self) -> Sequence[Template]:
        """Return the templates of this account."""
        path = "/cgi-bin/template/get_all_private_template"
        return (await self._get(path, _Templates)).template_list

    async def add(self, *, short_id: str, keywords: Sequence[str] = ()) -> str:
        """Take a template from the library; return its template_id."""
        body: dict[str, object] = {"template_id_short": short_id}
        if keywords:
            body["keyword_name_list"] = [*keywords]
        return (
            await self._post("/cgi-bin/template/api_add_template", body, _TemplateId)
        ).template_id

    async def delete(self, *, template_id: str) -> None:
        """Give a template back."""
        path = "/cgi-bin/template/del_private_template"
        await self._order(path, {"template_id": template_id})

    async def industries(self) -> Industries:
        """Return the two lines of business the account has chosen."""
        return await self._get("/cgi-bin/template/get_industry", Industries)

    async def set_industries(self, *, first: str, second: str) -> None:
        """Choose the two lines of business; once a month."""
        body = {"industry_id1": first, "industry_id2": second}
        await self._order("/cgi-bin/template/api_set_industry", body)

    async def blocked(
        self, *, template_id: str, after: int = 0, count: int = MOST_BLOCKED_PER_PAGE
    ) -> Sequence[BlockedMessage]:
        """Return messages that WeChat held back, the newest first, beginning after one of them."""
        check_range("count", count, least=1, most=MOST_BLOCKED_PER_PAGE)
        body = {"tmpl_msg_id": template_id, "largest_id": after, "limit": count}
        return (await self._post("/wxa/sec/queryblocktmplmsg", body, _Blocked)).msginfo
