# SPDX-License-Identifier: Apache-2.0
"""Short keys for long texts; the old short addresses are gone (wechat-api.md §8)."""

from ..capabilities import Ability
from .answers import Answer
from .group import Group
from .limits import check_bytes, check_range

LONGEST_S = 2_592_000
MOST_BYTES = 4096


class LongText(Answer):
    """What a short key stands for, and for how long still."""

    long_data: str
    create_time: int = 0
    expire_seconds: int = 0


class _Short(Answer):
    short_key: str


class Links(Group):
    """Long texts kept at WeChat under a short key."""

    ability = Ability.SHORTEN

    async def shorten(self, *, text: str, seconds: int = LONGEST_S) -> str:
        """Return a key of fifteen characters for up to 4 KB of text."""
        check_bytes("text", text, least=1, most=MOST_BYTES)
        check_range("seconds", seconds, least=1, most=LONGEST_S)
        body = {"long_data": text, "expire_seconds": seconds}
        return (await self._post("/cgi-bin/shorten/gen", body, _Short)).short_key

    async def expand(self, *, key: str) -> LongText:
        """Return what a key stands for."""
        return await self._post("/cgi-bin/shorten/fetch", {"short_key": key}, LongText)
