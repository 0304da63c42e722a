# SPDX-License-Identifier: Apache-2.0
"""One message to many (wechat-api.md §7.5). Success means queued; MASSSENDJOBFINISH tells the rest.

`position` counts from one, and so does WeChat here: it is passed on unchanged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from django.conf import settings
from pydantic import Field

from ..capabilities import Ability
from .answers import Answer, Text
from .api_errors import NothingToDo
from .group import Group
from .limits import check_bytes, check_count, check_length, check_position, check_range

LEAST_OPENIDS, MOST_OPENIDS = 2, 10_000
MOST_CLIENT_ID = 64  # bytes
MOST_PICTURES = 20
MOST_TEXT = settings.WECHAT_FACTS.mass_text_chars
SPEEDS = range(5)  # 0: 800,000 a minute … 4: 100,000 a minute


@dataclass(frozen=True, slots=True)
class Content:
    """What is sent: use the makers below."""

    kind: Literal["mpnews", "text", "voice", "image", "mpvideo"]
    fields: Mapping[str, object]


def news(media_id: str) -> Content:
    """Return a draft as content; it is gone from the drafts once sent."""
    return Content("mpnews", {"media_id": media_id})


def text(content: str) -> Content:
    """Return a text as content."""
    check_length("content", content, least=1, most=MOST_TEXT)
    return Content("text", {"content": content})


def voice(media_id: str) -> Content:
    """Return a sound as content."""
    return Content("voice", {"media_id": media_id})


def video(media_id: str) -> Content:
    """Return a video as content."""
    return Content("mpvideo", {"media_id": media_id})


def images(
    media_ids: Sequence[str],
    *,
    words: str = "",
    has_comments: bool = False,
    only_followers_comment: bool = False,
) -> Content:
    """Return pictures as content, with a recommendation."""
    check_count("media_ids", media_ids, most=MOST_PICTURES)
    fields = {
        "media_ids": [*media_ids],
        "recommend": words,
        "need_open_comment": int(has_comments),
        "only_fans_can_comment": int(only_followers_comment),
    }
    return Content("image", fields)


class MassJob(Answer):
    """A sending in the queue; `msg_data_id` (of news only) is what comments and figures use."""

    msg_id: Text
    msg_data_id: Text = ""
    is_repeated: bool = False  # an earlier try with this client id had already done it


class MassStatus(Answer):
    msg_id: Text
    status: str = Field(default="", alias="msg_status")  # SENDING, SEND_SUCCESS, SEND_FAIL, DELETE


class Speed(Answer):
    speed: int = 0
    real_speed: int = Field(default=0, alias="realspeed")  # ten thousands a minute


class Mass(Group):
    """SUB: one a day. SVC: four a month to each follower, and a hundred calls a day."""

    ability = Ability.MASS_ALL

    async def send_to_all(
        self, *, content: Content, client_msg_id: str, ignores_reprint: bool = False
    ) -> MassJob:
        """Send to every follower; the account's administrator may have to confirm it."""
        target = {"filter": {"is_to_all": True}}
        return await self._submit("sendall", target, content, client_msg_id, ignores_reprint)

    async def send_to_tag(
        self, *, tag_id: int, content: Content, client_msg_id: str, ignores_reprint: bool = False
    ) -> MassJob:
        """Send to the followers with one tag."""
        target = {"filter": {"is_to_all": False, "tag_id": tag_id}}
        return await self._submit("sendall", target, content, client_msg_id, ignores_reprint)

    async def send_to_openids(
        self,
        *,
        openids: Sequence[str],
        content: Content,
        client_msg_id: str,
        ignores_reprint: bool = False,
    ) -> MassJob:
        """Send to 2 to 10,000 followers by name; service accounts only."""
        check_count("openids", openids, least=LEAST_OPENIDS, most=MOST_OPENIDS)
        self._check_offered("/cgi-bin/message/mass/send", Ability.MASS_OPENID)
        target = {"touser": [*openids]}
        return await self._submit("send", target, content, client_msg_id, ignores_reprint)

    async def preview(self, *, content: Content, openid: str = "", wechat_name: str = "") -> None:
        """Send to one person for a look; a hundred times a day."""
        target = {"touser": openid} if openid else {"towxname": wechat_name}
        body = {**target, **_fields(content)}
        await self._order("/cgi-bin/message/mass/preview", body)

    async def status(self, *, msg_id: str) -> MassStatus:
        """Return how far a sending is."""
        return await self._post("/cgi-bin/message/mass/get", {"msg_id": msg_id}, MassStatus)

    async def delete(self, *, msg_id: str, position: int) -> None:
        """Take one article of a sending off; there is no way back."""
        check_position(position)
        await self._delete(msg_id, position)

    async def delete_all(self, *, msg_id: str) -> None:
        """Take every article of a sending off; there is no way back."""
        await self._delete(msg_id, 0)

    async def speed(self) -> Speed:
        """Return how fast the account's sendings go out."""
        return await self._post("/cgi-bin/message/mass/speed/get", {}, Speed)

    async def set_speed(self, *, speed: int) -> None:
        """Choose from 0 (fastest) to 4, so that our own pages are not overrun."""
        check_range("speed", speed, least=SPEEDS[0], most=SPEEDS[-1])
        await self._order("/cgi-bin/message/mass/speed/set", {"speed": speed})

    async def _submit(
        self,
        verb: str,
        target: Mapping[str, object],
        content: Content,
        client_msg_id: str,
        ignores_reprint: bool,
    ) -> MassJob:
        check_bytes("client_msg_id", client_msg_id, least=1, most=MOST_CLIENT_ID)
        body = {**target, **_fields(content), "clientmsgid": client_msg_id}
        if content.kind == "mpnews":
            body["send_ignore_reprint"] = int(ignores_reprint)
        try:
            return await self._post(f"/cgi-bin/message/mass/{verb}", body, MassJob)
        except NothingToDo as error:  # 45065: an earlier try did it, and its number is told
            earlier = error.facts.get("msg_id")
            if earlier is None:
                raise
        return MassJob(msg_id=str(earlier), is_repeated=True)

    async def _delete(self, msg_id: str, index: int) -> None:
        number = int(msg_id) if msg_id.isascii() and msg_id.isdecimal() else msg_id
        body = {"msg_id": number, "article_idx": index}
        await self._order("/cgi-bin/message/mass/delete", body)


def _fields(content: Content) -> dict[str, object]:
    # Pictures in the plural: «images» holds them, «image» is the msgtype.
    name = "images" if content.kind == "image" else content.kind
    return {name: dict(content.fields), "msgtype": content.kind}
