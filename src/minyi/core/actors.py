# SPDX-License-Identifier: Apache-2.0
"""Who acts: a frozen value that services receive, so that nothing below the edge sees a request."""

from dataclasses import dataclass, field
from typing import Literal

from .errors import NotAllowed

ActorKind = Literal["staff", "citizen", "system", "anonymous"]


@dataclass(frozen=True, slots=True)
class Actor:
    """One acting person or programme, with what it may do where.

    `grants` holds (agency id, permission) pairs; `agency_ids` the agencies whose rows it may see.
    """

    kind: ActorKind
    id: str = ""
    name: str = ""
    agency_ids: frozenset[int] = frozenset()
    grants: frozenset[tuple[int, str]] = field(default=frozenset(), repr=False)
    is_operator: bool = False  # runs the platform itself: may see and do everything, on the record

    def can(self, permission: str, agency_id: int) -> bool:
        """Tell whether this actor holds the permission in that agency."""
        return self.is_operator or (agency_id, permission) in self.grants

    def can_anywhere(self, permission: str) -> bool:
        """Tell whether this actor holds the permission in any agency."""
        return self.is_operator or any(held == permission for _, held in self.grants)

    def check(self, permission: str, agency_id: int) -> None:
        """Raise NotAllowed unless this actor holds the permission in that agency."""
        if not self.can(permission, agency_id):
            raise NotAllowed


ANONYMOUS = Actor(kind="anonymous")
SYSTEM = Actor(kind="system", id="system", name="系统", is_operator=True)
