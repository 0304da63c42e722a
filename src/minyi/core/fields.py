# SPDX-License-Identifier: Apache-2.0
"""Column types that Django does not have."""

from uuid import UUID

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

HEX_DIGITS = 32


class HexField(models.CharField):  # type: ignore[type-arg]
    """16 bytes as 32 lower-case hex digits; on PostgreSQL a `uuid`, whatever bits are in it.

    Half as wide as text there, in the table and in every index, and compared as bytes instead of
    by the rules of a language: what a storm of ballots into two unique indexes consists of.
    Only digits may be looked up: PostgreSQL refuses to compare anything else.
    """

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options | {"max_length": HEX_DIGITS})  # type: ignore[arg-type]

    def get_internal_type(self) -> str:
        """Name the type, so that a migration from text says how to convert."""
        return "HexField"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return the column's type."""
        return "uuid" if connection.vendor == "postgresql" else f"varchar({HEX_DIGITS})"

    def from_db_value(self, found: UUID | str | None, *_: object) -> str | None:
        """Return digits."""
        return found.hex if isinstance(found, UUID) else found
