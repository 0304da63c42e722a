# SPDX-License-Identifier: Apache-2.0
"""The names that files of a log may have, and nothing else (docs/protocol/log-format.md §5)."""

import re
from dataclasses import dataclass
from typing import Literal

from votelog._tiles import TILE_WIDTH

_TILE = re.compile(
    r"tile/(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])/(?P<number>(?:x[0-9]{3}/)*[0-9]{3})"
    r"(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)
_PAST = re.compile(r"checkpoints/(?P<size>0|[1-9][0-9]{0,17})")


@dataclass(frozen=True, slots=True)
class FileName:
    """A file's place: level and width are of tiles, `number` is the size of a past checkpoint."""

    kind: Literal["checkpoint", "cosigned", "past", "tile", "bundle"]
    number: int = 0
    level: int = 0
    width: int = TILE_WIDTH


def parse_file_name(path: str) -> FileName | None:
    """Return what a path names, or None if it is no file of a log."""
    if path == "checkpoint":
        return FileName("checkpoint")
    if path == "cosigned":
        return FileName("cosigned")
    if past := _PAST.fullmatch(path):
        return FileName("past", number=int(past["size"]))
    tile = _TILE.fullmatch(path)
    if tile is None:
        return None
    number = tile["number"].replace("/", "").replace("x", "")
    width = int(tile["width"] or TILE_WIDTH)
    if (number.startswith("000") and len(number) > 3) or (tile["width"] and width >= TILE_WIDTH):
        return None
    if tile["level"] == "entries":
        return FileName("bundle", number=int(number), width=width)
    return FileName("tile", number=int(number), level=int(tile["level"]), width=width)
