# SPDX-License-Identifier: Apache-2.0
"""Parametric codes: each tells the account which scene it was scanned at."""

from __future__ import annotations

import io
import secrets
from dataclasses import dataclass

import segno

from wechat_sandbox.errors import ApiError

MAX_PERMANENT = 100_000
MAX_EXPIRE_S = 2_592_000
DEFAULT_EXPIRE_S = 60
MAX_SCENE_ID = 2**32 - 1
MAX_PERMANENT_SCENE_ID = 100_000
MAX_SCENE_STR = 64
_PATH = "/q/"


@dataclass(frozen=True, slots=True)
class QrCode:
    """One code; `expires_at` is None for a permanent one."""

    ticket: str
    key: str
    appid: str
    scene: str
    expires_at: float | None

    def is_alive(self, now: float) -> bool:
        """Tell whether scanning it still works."""
        return self.expires_at is None or now < self.expires_at


class QrCodes:
    """Every code that was made; asking twice for a permanent scene brings the same code."""

    def __init__(self) -> None:
        self._by_ticket: dict[str, QrCode] = {}
        self._by_key: dict[str, QrCode] = {}
        self._permanent: dict[tuple[str, str], QrCode] = {}

    def create(self, appid: str, scene: str, expires_at: float | None) -> QrCode:
        """Make a code; raises 45029 when there are too many permanent ones."""
        if expires_at is None:
            if known := self._permanent.get((appid, scene)):
                return known
            if sum(1 for owner, _ in self._permanent if owner == appid) >= MAX_PERMANENT:
                raise ApiError(45029)
        ticket = "gQ" + secrets.token_urlsafe(68)
        code = QrCode(ticket, f"02{secrets.token_urlsafe(16)}", appid, scene, expires_at)
        self._by_ticket[code.ticket] = self._by_key[code.key] = code
        if expires_at is None:
            self._permanent[appid, scene] = code
        return code

    def find(self, mark: str) -> QrCode | None:
        """Return the code behind a ticket, an address or the end of an address."""
        return self._by_ticket.get(mark) or self._by_key.get(mark.rpartition(_PATH)[2])

    def of(self, appid: str) -> list[QrCode]:
        """Return the account's codes, oldest first."""
        return [code for code in self._by_ticket.values() if code.appid == appid]


def address_of(code: QrCode, sandbox_url: str) -> str:
    """Return what the picture says: an address that a phone understands."""
    return f"{sandbox_url}{_PATH}{code.key}"


def draw_png(address: str) -> bytes:
    """Return the code as a PNG of about 430 pixels, WeChat's size."""
    picture = segno.make(address, error="m", micro=False)
    width, _ = picture.symbol_size(scale=1, border=4)
    canvas = io.BytesIO()
    picture.save(canvas, kind="png", scale=max(1, 430 // int(width)), border=4)
    return canvas.getvalue()
