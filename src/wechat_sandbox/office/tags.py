# SPDX-License-Identifier: Apache-2.0
"""The tags an account sorts its followers with."""

from __future__ import annotations

from wechat_sandbox.errors import ApiError

STARRED = 2
SYSTEM_IDS = frozenset({0, 1, STARRED})
MAX_TAGS = 100
MAX_NAME_BYTES = 30
MAX_PER_CITIZEN = 20
MAX_FANS_TO_DELETE = 100_000
_FIRST_ID = 100


class Tags:
    """The tags of one account."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {STARRED: "星标组"}
        self._next = _FIRST_ID

    def create(self, name: str) -> int:
        """Add a tag; raises 45056, 45157 or 45158."""
        self._check_name(name)
        if len(self._names) - 1 >= MAX_TAGS:
            raise ApiError(45056)
        tag_id, self._next = self._next, self._next + 1
        self._names[tag_id] = name
        return tag_id

    def rename(self, tag_id: int, name: str) -> None:
        """Give a tag another name; raises 45058, 45159, 45157 or 45158."""
        self.check_own(tag_id)
        if self._names[tag_id] != name:
            self._check_name(name)
        self._names[tag_id] = name

    def delete(self, tag_id: int, fans: int) -> None:
        """Remove a tag; raises 45058, 45159, or 45057 for one with too many followers."""
        self.check_own(tag_id)
        if fans > MAX_FANS_TO_DELETE:
            raise ApiError(45057)
        del self._names[tag_id]

    def names(self) -> dict[int, str]:
        """Return the names by id."""
        return dict(self._names)

    def check_known(self, tag_id: int) -> None:
        """Raise 45159 for a tag that does not exist."""
        if tag_id not in self._names:
            raise ApiError(45159)

    def check_own(self, tag_id: int) -> None:
        """Raise 45058 for a tag of WeChat's, 45159 for one that does not exist."""
        if tag_id in SYSTEM_IDS:
            raise ApiError(45058)
        self.check_known(tag_id)

    def _check_name(self, name: str) -> None:
        if len(name.encode()) > MAX_NAME_BYTES:
            raise ApiError(45158)
        if not name.strip() or name in self._names.values():
            raise ApiError(45157)
