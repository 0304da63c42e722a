# SPDX-License-Identifier: Apache-2.0
"""Codes that tell where a citizen came from (wechat-api.md §8)."""

from urllib.parse import urlencode

from ..capabilities import Ability
from .answers import Answer
from .group import Group
from .limits import check_length, check_range
from .transport import Transport

LONGEST_S = 2_592_000  # 30 days
MOST_SCENE = 64
MOST_PERMANENT_NUMBER = 100_000
MOST_TEMPORARY_NUMBER = 2**32 - 1

Scene = int | str


class QrCode(Answer):
    """A code: its ticket for the picture, and the address it holds."""

    ticket: str
    url: str = ""
    expire_seconds: int = 0  # 0: permanent


class QrCodes(Group):
    """Parametric codes of verified service accounts; 100,000 permanent ones at most (45029)."""

    ability = Ability.QRCODE

    def __init__(self, transport: Transport, *, mp_url: str) -> None:
        super().__init__(transport)
        self._mp_url = mp_url

    async def create_temporary(self, *, scene: Scene, seconds: int) -> QrCode:
        """Make a code that works for up to thirty days."""
        check_range("seconds", seconds, least=1, most=LONGEST_S)
        fields = _scene(scene, most=MOST_TEMPORARY_NUMBER)
        name = "QR_STR_SCENE" if isinstance(scene, str) else "QR_SCENE"
        return await self._create({"action_name": name, "expire_seconds": seconds}, fields)

    async def create_permanent(self, *, scene: Scene) -> QrCode:
        """Make a code for ever; it cannot be deleted."""
        fields = _scene(scene, most=MOST_PERMANENT_NUMBER)
        name = "QR_LIMIT_STR_SCENE" if isinstance(scene, str) else "QR_LIMIT_SCENE"
        return await self._create({"action_name": name}, fields)

    def picture_url(self, *, ticket: str) -> str:
        """Return the address of the picture; anybody may open it."""
        return f"{self._mp_url}/cgi-bin/showqrcode?{urlencode({'ticket': ticket})}"

    async def _create(self, action: dict[str, object], scene: dict[str, object]) -> QrCode:
        body = {**action, "action_info": {"scene": scene}}
        return await self._post("/cgi-bin/qrcode/create", body, QrCode)


def _scene(scene: Scene, *, most: int) -> dict[str, object]:
    if isinstance(scene, str):
        check_length("scene", scene, least=1, most=MOST_SCENE)
        return {"scene_str": scene}
    check_range("scene", scene, least=1, most=most)
    return {"scene_id": scene}
