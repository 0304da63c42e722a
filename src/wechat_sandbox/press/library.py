# SPDX-License-Identifier: Apache-2.0
"""The material library of every account: temporary and permanent files, body pictures, drafts."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Literal, get_args

from wechat_sandbox.errors import ApiError

MediaKind = Literal["image", "voice", "video", "thumb"]
MEDIA_KINDS: tuple[MediaKind, ...] = get_args(MediaKind)

TEMPORARY_LIFE_S = 3 * 86_400
# Permanent files an account may keep; pictures and articles share the large one.
CAPS: dict[MediaKind, int] = {"image": 100_000, "voice": 1_000, "video": 1_000, "thumb": 1_000}
CAP_REACHED = 45034


@dataclass(frozen=True, slots=True)
class Media:
    """One stored file; `key` is its name on the web, `url` where a page shows it."""

    media_id: str
    appid: str
    kind: MediaKind
    name: str
    content_type: str
    body: bytes
    created_at: int
    key: str = ""
    url: str = ""
    title: str = ""
    introduction: str = ""


@dataclass(slots=True)
class Draft:
    """Articles that wait for publication, in the shape WeChat returns them."""

    media_id: str
    appid: str
    articles: list[dict[str, Any]]
    created_at: int
    updated_at: int
    key: str  # of the preview page


class Library:
    """Keep files and drafts; every look-up is by account, so that no id works for another."""

    def __init__(self) -> None:
        self._temporary: dict[str, Media] = {}
        self._permanent: dict[str, Media] = {}
        self._pictures: dict[str, Media] = {}  # by key: whatever a web page may show
        self._drafts: dict[str, Draft] = {}

    def add_temporary(self, media: Media) -> None:
        """Keep a file for three days."""
        alive = media.created_at - TEMPORARY_LIFE_S
        self._temporary = {
            known: kept for known, kept in self._temporary.items() if kept.created_at > alive
        }
        self._temporary[media.media_id] = media

    def get_temporary(self, appid: str, media_id: str, now: float) -> Media:
        """Return a temporary file; raises 40007 once its three days are over."""
        media = self._temporary.get(media_id)
        if media is None or media.appid != appid or now >= media.created_at + TEMPORARY_LIFE_S:
            raise ApiError(40007)
        return media

    def add_permanent(self, media: Media) -> None:
        """Keep a file until it is deleted; raises 45034 when the library is full."""
        if self.count(media.appid, media.kind) >= CAPS[media.kind]:
            raise ApiError(CAP_REACHED)
        self._permanent[media.media_id] = media
        self.show(media)

    def get_permanent(self, appid: str, media_id: str) -> Media:
        """Return a permanent file; raises 40007 for an unknown one."""
        media = self._permanent.get(media_id)
        if media is None or media.appid != appid:
            raise ApiError(40007)
        return media

    def get_any(self, appid: str, media_id: str, now: float) -> Media:
        """Return a file for sending, whether kept or temporary; raises 40007."""
        if media_id in self._permanent:
            return self.get_permanent(appid, media_id)
        return self.get_temporary(appid, media_id, now)

    def delete_permanent(self, appid: str, media_id: str) -> None:
        """Forget a permanent file; pages that already show the picture keep it."""
        self.get_permanent(appid, media_id)
        del self._permanent[media_id]

    def list_permanent(self, appid: str, kind: MediaKind) -> list[Media]:
        """Return the account's files of a kind, newest first."""
        found = [
            media
            for media in self._permanent.values()
            if media.appid == appid and media.kind == kind
        ]
        return found[::-1]

    def count(self, appid: str, kind: MediaKind) -> int:
        """Return how many permanent files of a kind the account keeps."""
        return sum(
            1 for media in self._permanent.values() if media.appid == appid and media.kind == kind
        )

    def show(self, media: Media) -> None:
        """Let web pages show the file under its key."""
        if media.key:
            self._pictures[media.key] = media

    def find_picture(self, key: str) -> Media | None:
        """Return the file a web page asks for."""
        return self._pictures.get(key)

    def add_draft(self, appid: str, articles: list[dict[str, Any]], now: float) -> Draft:
        """Put articles into the draft box."""
        draft = Draft(new_media_id(), appid, articles, int(now), int(now), new_key())
        self._drafts[draft.media_id] = draft
        return draft

    def get_draft(self, appid: str, media_id: str) -> Draft:
        """Return a draft; raises 40007 for an unknown one."""
        draft = self._drafts.get(media_id)
        if draft is None or draft.appid != appid:
            raise ApiError(40007)
        return draft

    def find_preview(self, key: str) -> Draft | None:
        """Return the draft behind a preview address."""
        return next((draft for draft in self._drafts.values() if draft.key == key), None)

    def drop_draft(self, media_id: str) -> None:
        """Take a draft out of the box; dropping twice is harmless."""
        self._drafts.pop(media_id, None)

    def list_drafts(self, appid: str) -> list[Draft]:
        """Return the account's drafts, the one changed last first."""
        found = [draft for draft in self._drafts.values() if draft.appid == appid]
        return sorted(found, key=lambda draft: draft.updated_at)[::-1]


def new_media_id() -> str:
    """Return a media id as WeChat gives them: 64 characters that cannot be guessed."""
    return secrets.token_urlsafe(48)


def new_key() -> str:
    """Return the short public name of a picture or an article."""
    return secrets.token_urlsafe(16)
