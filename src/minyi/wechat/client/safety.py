# SPDX-License-Identifier: Apache-2.0
"""WeChat's check of texts, pictures and sounds (wechat-api.md §12); mini programs only.

The citizen must have used that mini program within two hours: for pages in an official account
this is no filter, only our own is.
"""

from enum import IntEnum
from typing import Literal

from pydantic import Field

from ..capabilities import Ability
from .answers import Answer
from .group import Group
from .limits import check_given, check_length

MOST_CONTENT = 2500


class Scene(IntEnum):
    """Where the text or picture will be seen."""

    PROFILE = 1
    COMMENT = 2
    FORUM = 3
    SOCIAL_LOG = 4


class MediaType(IntEnum):
    AUDIO = 1
    IMAGE = 2


class Label(IntEnum):
    """What WeChat found."""

    FINE = 100
    ADVERTISING = 10001
    POLITICS = 20001
    PORN = 20002
    ABUSE = 20003
    CRIME = 20006
    FRAUD = 20008
    VULGAR = 20012
    COPYRIGHT = 20013
    OTHER = 21000


class Verdict(Answer):
    suggest: Literal["pass", "review", "risky"] = "review"
    label: int = Label.FINE


class Finding(Answer):
    """What one of WeChat's ways of looking found."""

    strategy: str = ""
    errcode: int = 0
    suggest: str = ""
    label: int = Label.FINE
    probability: float = Field(default=0, alias="prob")
    keyword: str = ""


class TextCheck(Answer):
    trace_id: str = ""
    result: Verdict = Verdict()
    findings: list[Finding] = Field(default=[], alias="detail")


class _Trace(Answer):
    trace_id: str


class Safety(Group):
    """4,000 texts and 2,000 files a minute."""

    ability = Ability.SAFETY

    async def check_text(
        self,
        *,
        openid: str,
        content: str,
        scene: Scene,
        title: str = "",
        nickname: str = "",
        signature: str = "",
    ) -> TextCheck:
        """Have a citizen's text looked at; `review` means: a person must decide."""
        check_length("content", content, least=1, most=MOST_CONTENT)
        body: dict[str, object] = {
            "version": 2,
            "openid": openid,
            "scene": int(scene),
            "content": content,
        }
        optional = {"title": title, "nickname": nickname, "signature": signature}
        body |= {name: value for name, value in optional.items() if value}
        return await self._post("/wxa/msg_sec_check", body, TextCheck)

    async def check_media(
        self, *, openid: str, url: str, media_type: MediaType, scene: Scene
    ) -> str:
        """Have a file looked at; return the trace_id that the event wxa_media_check will name.

        WeChat fetches it from `url` and answers within thirty minutes.
        """
        check_given("url", url)
        body = {
            "version": 2,
            "openid": openid,
            "scene": int(scene),
            "media_url": url,
            "media_type": int(media_type),
        }
        return (await self._post("/wxa/media_check_async", body, _Trace)).trace_id
