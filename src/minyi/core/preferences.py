# SPDX-License-Identifier: Apache-2.0
"""How a reader wants to read: kept in a cookie, so that it works before anyone logs in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

TypeSize = Literal["normal", "large", "larger", "largest"]
TYPE_COOKIE = "minyi_type"


@dataclass(frozen=True, slots=True)
class Preferences:
    """`type_size` above «normal» is the 长辈版: type of 20, 24 or 29 px, larger touch areas."""

    type_size: TypeSize = "normal"


def read_preferences(cookies: Mapping[str, str]) -> Preferences:
    """Read the preferences from the request's cookies; anything unknown is the default."""
    size = cookies.get(TYPE_COOKIE, "normal")
    return Preferences(type_size=cast(TypeSize, size) if size in get_args(TypeSize) else "normal")
