# SPDX-License-Identifier: Apache-2.0
"""Customer service: messages within the window a citizen's act opens, and the desk's accounts.

wechat-api.md §7.2. Each kind of message is a verb of its own; `is_ai` prints WeChat's line that
an AI made it. How many may still be sent is counted by our own windows, not here.
"""

from collections.abc import Mapping, Sequence

from django.conf import settings
from pydantic import Field

from ..capabilities import Ability
from .answers import Answer, Text
from .group import Group
from .limits import check_bytes, check_count, check_given, check_length

MOST_TEXT = settings.WECHAT_FACTS.text_bytes
MOST_CHOICES = settings.WECHAT_FACTS.menu_choices
MOST_DESK_NAME = 16


class DeskAccount(Answer):
    """A person at WeChat's own desk."""

    name: str = Field(default="", alias="kf_account")
    nickname: str = Field(default="", alias="kf_nick")
    number: Text = Field(default="", alias="kf_id")
    picture_url: str = Field(default="", alias="kf_headimgurl")
    wechat_name: str = Field(default="", alias="kf_wx")


class OnlineDesk(Answer):
    name: str = Field(default="", alias="kf_account")
    number: Text = Field(default="", alias="kf_id")
    status: int = 0  # 1: in the browser
    sessions: int = Field(default=0, alias="accepted_case")


class Session(Answer):
    """Who serves a citizen at WeChat's own desk; nobody when `desk` is empty."""

    desk: str = Field(default="", alias="kf_account")
    create_time: int = Field(default=0, alias="createtime")


class Waiting(Answer):
    openid: str
    latest_time: int = 0


class _Desks(Answer):
    kf_list: list[DeskAccount] = []


class _Online(Answer):
    kf_online_list: list[OnlineDesk] = []


class _SessionOf(Answer):
    openid: str
    createtime: int = 0


class _Sessions(Answer):
    sessionlist: list[_SessionOf] = []


class _Waiting(Answer):
    count: int = 0
    waitcaselist: list[Waiting] = []


class Service(Group):
    """Messages to one citizen, and WeChat's own desk."""

    ability = Ability.CUSTOM_SEND

    async def send_text(
        self, *, openid: str, content: str, is_ai: bool = False, desk: str = ""
    ) -> None:
        """Send a text; links may be written as `<a href>`."""
        check_bytes("content", content, least=1, most=MOST_TEXT)
        await self._send(openid, "text", {"content": content}, is_ai, desk)

    async def send_image(
        self, *, openid: str, media_id: str, is_ai: bool = False, desk: str = ""
    ) -> None:
        """Send a picture that is in the library or was uploaded within three days."""
        await self._send(openid, "image", {"media_id": media_id}, is_ai, desk)

    async def send_voice(
        self, *, openid: str, media_id: str, is_ai: bool = False, desk: str = ""
    ) -> None:
        """Send a sound."""
        await self._send(openid, "voice", {"media_id": media_id}, is_ai, desk)

    async def send_video(
        self,
        *,
        openid: str,
        media_id: str,
        thumb_media_id: str,
        title: str = "",
        description: str = "",
        is_ai: bool = False,
        desk: str = "",
    ) -> None:
        """Send a video."""
        video = {
            "media_id": media_id,
            "thumb_media_id": thumb_media_id,
            "title": title,
            "description": description,
        }
        await self._send(openid, "video", video, is_ai, desk)

    async def send_music(
        self,
        *,
        openid: str,
        url: str,
        better_url: str,
        thumb_media_id: str,
        title: str = "",
        description: str = "",
        desk: str = "",
    ) -> None:
        """Send a piece of music by its address."""
        music = {
            "title": title,
            "description": description,
            "musicurl": url,
            "hqmusicurl": better_url,
            "thumb_media_id": thumb_media_id,
        }
        await self._send(openid, "music", music, False, desk)

    async def send_card(
        self,
        *,
        openid: str,
        title: str,
        description: str,
        url: str,
        picture_url: str = "",
        is_ai: bool = False,
        desk: str = "",
    ) -> None:
        """Send one card that opens a page (msgtype «news», one article)."""
        check_given("title", title)
        check_given("url", url)
        article = {"title": title, "description": description, "url": url, "picurl": picture_url}
        await self._send(openid, "news", {"articles": [article]}, is_ai, desk)

    async def send_article(
        self, *, openid: str, article_id: str, is_ai: bool = False, desk: str = ""
    ) -> None:
        """Send a published article (msgtype «mpnewsarticle»); «mpnews» is withdrawn."""
        await self._send(openid, "mpnewsarticle", {"article_id": article_id}, is_ai, desk)

    async def send_menu(
        self,
        *,
        openid: str,
        head: str,
        choices: Mapping[str, str],
        tail: str = "",
        is_ai: bool = False,
        desk: str = "",
    ) -> None:
        """Send choices, id to words; a tap comes back as text and counts as a click on the menu."""
        check_count("choices", choices, most=MOST_CHOICES)
        listed = [{"id": key, "content": words} for key, words in choices.items()]
        menu = {"head_content": head, "list": listed, "tail_content": tail}
        await self._send(openid, "msgmenu", menu, is_ai, desk)

    async def send_coupon(self, *, openid: str, card_id: str, desk: str = "") -> None:
        """Send a WeChat card (msgtype «wxcard»)."""
        await self._send(openid, "wxcard", {"card_id": card_id}, False, desk)

    async def send_mini_program(
        self,
        *,
        openid: str,
        title: str,
        appid: str,
        page: str,
        thumb_media_id: str,
        desk: str = "",
    ) -> None:
        """Send a card that opens a mini program."""
        card = {
            "title": title,
            "appid": appid,
            "pagepath": page,
            "thumb_media_id": thumb_media_id,
        }
        await self._send(openid, "miniprogrampage", card, False, desk)

    async def send_link(
        self, *, openid: str, title: str, description: str, url: str, thumb_url: str
    ) -> None:
        """Send a link from a mini program's customer service."""
        link = {"title": title, "description": description, "url": url, "thumb_url": thumb_url}
        await self._send(openid, "link", link, False, "")

    async def show_typing(self, *, openid: str) -> None:
        """Show «正在输入» for fifteen seconds."""
        await self._typing(openid, "Typing")

    async def hide_typing(self, *, openid: str) -> None:
        """Take «正在输入» away."""
        await self._typing(openid, "CancelTyping")

    async def desks(self) -> Sequence[DeskAccount]:
        """Return the accounts of WeChat's own desk."""
        path = "/cgi-bin/customservice/getkflist"
        return (await self._get(path, _Desks, ability=Ability.SERVICE_STAFF)).kf_list

    async def online_desks(self) -> Sequence[OnlineDesk]:
        """Return who is at WeChat's own desk now."""
        path = "/cgi-bin/customservice/getonlinekflist"
        return (await self._get(path, _Online, ability=Ability.SERVICE_STAFF)).kf_online_list

    async def add_desk(self, *, name: str, nickname: str) -> None:
        """Add an account, `<name>@<account's WeChat name>`."""
        await self._desk("add", name, nickname)

    async def rename_desk(self, *, name: str, nickname: str) -> None:
        """Change the name that citizens see."""
        await self._desk("update", name, nickname)

    async def delete_desk(self, *, name: str) -> None:
        """Delete an account of the desk."""
        path = "/customservice/kfaccount/del"
        await self._get(path, Answer, ability=Ability.SERVICE_STAFF, kf_account=name)

    async def begin_session(self, *, openid: str, desk: str) -> None:
        """Hand a citizen to somebody at WeChat's own desk."""
        await self._session("create", openid, desk)

    async def end_session(self, *, openid: str, desk: str) -> None:
        """Take a citizen back."""
        await self._session("close", openid, desk)

    async def session_of(self, *, openid: str) -> Session:
        """Return who serves a citizen."""
        path = "/customservice/kfsession/getsession"
        return await self._get(path, Session, ability=Ability.SERVICE_STAFF, openid=openid)

    async def sessions_at(self, *, desk: str) -> Sequence[str]:
        """Return the openids that somebody at the desk serves."""
        path = "/customservice/kfsession/getsessionlist"
        found = await self._get(path, _Sessions, ability=Ability.SERVICE_STAFF, kf_account=desk)
        return [one.openid for one in found.sessionlist]

    async def waiting(self) -> Sequence[Waiting]:
        """Return up to a hundred citizens nobody serves yet."""
        path = "/customservice/kfsession/getwaitcase"
        return (await self._get(path, _Waiting, ability=Ability.SERVICE_STAFF)).waitcaselist

    async def _send(
        self, openid: str, kind: str, content: Mapping[str, object], is_ai: bool, desk: str
    ) -> None:
        body: dict[str, object] = {"touser": openid, "msgtype": kind, kind: content}
        if desk:
            body["customservice"] = {"kf_account": desk}
        if is_ai:
            body["aimsgcontext"] = {"is_ai_msg": 1}
        await self._order("/cgi-bin/message/custom/send", body)

    async def _typing(self, openid: str, command: str) -> None:
        body = {"touser": openid, "command": command}
        await self._order("/cgi-bin/message/custom/typing", body)

    async def _desk(self, verb: str, name: str, nickname: str) -> None:
        check_length("nickname", nickname, least=1, most=MOST_DESK_NAME)
        body = {"kf_account": name, "nickname": nickname}
        path = f"/customservice/kfaccount/{verb}"
        await self._order(path, body, ability=Ability.SERVICE_STAFF)

    async def _session(self, verb: str, openid: str, desk: str) -> None:
        body = {"kf_account": desk, "openid": openid}
        path = f"/customservice/kfsession/{verb}"
        await self._order(path, body, ability=Ability.SERVICE_STAFF)
