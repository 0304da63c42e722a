# SPDX-License-Identifier: Apache-2.0
"""What citizens write below articles (wechat-api.md §9). Accounts without it get 88000.

`position` counts the articles of one mass sending from one; WeChat counts them from zero here.
"""

from collections.abc import AsyncIterator
from enum import IntEnum

from django.conf import settings
from pydantic import Field

from ..capabilities import Ability
from .answers import Answer, Text
from .group import Group
from .limits import check_length, check_position, check_range

MOST_PER_PAGE = 49
MOST_REPLY = settings.WECHAT_FACTS.comment_reply_chars


class Shown(IntEnum):
    """Which comments to list."""

    ALL = 0
    NORMAL = 1
    ELECTED = 2


class Reply(Answer):
    content: str = ""
    create_time: int = 0


class Comment(Answer):
    """One comment; only an elected one is seen by everybody."""

    id: Text = Field(alias="user_comment_id")
    openid: str = ""
    create_time: int = 0
    content: str = ""
    is_elected: bool = Field(default=False, alias="comment_type")
    reply: Reply | None = None


class CommentPage(Answer):
    total: int = 0
    comments: list[Comment] = Field(default=[], alias="comment")


class Comments(Group):
    """The comments of one article: `msg_data_id` of its sending and its position in it."""

    ability = Ability.COMMENTS

    async def open(self, *, msg_data_id: str, position: int) -> None:
        """Let citizens comment."""
        await self._about("open", msg_data_id, position)

    async def close(self, *, msg_data_id: str, position: int) -> None:
        """Let nobody comment any more."""
        await self._about("close", msg_data_id, position)

    async def page(
        self,
        *,
        msg_data_id: str,
        position: int,
        begin: int = 0,
        count: int = MOST_PER_PAGE,
        shown: Shown = Shown.ALL,
    ) -> CommentPage:
        """Return a page of comments."""
        check_range("count", count, least=1, most=MOST_PER_PAGE)
        body = {
            "msg_data_id": _number(msg_data_id),
            "index": check_position(position),
            "begin": begin,
            "count": count,
            "type": int(shown),
        }
        return await self._post("/cgi-bin/comment/list", body, CommentPage)

    async def every(
        self, *, msg_data_id: str, position: int, shown: Shown = Shown.ALL
    ) -> AsyncIterator[Comment]:
        """Yield every comment, asking for page after page."""
        begin = 0
        while True:
            page = await self.page(
                msg_data_id=msg_data_id, position=position, begin=begin, shown=shown
            )
            for comment in page.comments:
                yield comment
            begin += len(page.comments)
            if not page.comments or begin >= page.total:
                return

    async def elect(self, *, msg_data_id: str, position: int, comment_id: str) -> None:
        """Show a comment to everybody."""
        await self._about("markelect", msg_data_id, position, user_comment_id=_number(comment_id))

    async def unelect(self, *, msg_data_id: str, position: int, comment_id: str) -> None:
        """Show a comment to its writer alone again."""
        await self._about("unmarkelect", msg_data_id, position, user_comment_id=_number(comment_id))

    async def delete(self, *, msg_data_id: str, position: int, comment_id: str) -> None:
        """Delete a comment."""
        await self._about("delete", msg_data_id, position, user_comment_id=_number(comment_id))

    async def reply(
        self, *, msg_data_id: str, position: int, comment_id: str, content: str
    ) -> None:
        """Answer a comment, once (88005)."""
        check_length("content", content, least=1, most=MOST_REPLY)
        fields = {"user_comment_id": _number(comment_id), "content": content}
        await self._about("reply/add", msg_data_id, position, **fields)

    async def delete_reply(self, *, msg_data_id: str, position: int, comment_id: str) -> None:
        """Take our answer back."""
        number = _number(comment_id)
        await self._about("reply/delete", msg_data_id, position, user_comment_id=number)

    async def _about(self, verb: str, msg_data_id: str, position: int, **fields: object) -> None:
        index = check_position(position)
        body = {"msg_data_id": _number(msg_data_id), "index": index, **fields}
        await self._order(f"/cgi-bin/comment/{verb}", body)


def _number(text: str) -> int | str:
    """Return the number WeChat means; we keep such ids as text, for they outgrow JavaScript."""
    return int(text) if text.isascii() and text.isdecimal() else text
