# SPDX-License-Identifier: Apache-2.0
"""A batch that has been written, and the receipts of its entries."""

from votelog._errors import Rejected
from votelog._growth import Growth
from votelog._proof import JSON_NEWLINE, join_receipt, join_receipts_in_json


class Sealed:
    """A batch that is in the log: entries [start, end) under a published checkpoint."""

    def __init__(self, growth: Growth, entries: list[bytes], note: bytes) -> None:
        self.start = growth.start
        self.end = growth.end
        self.note = note
        self._growth = growth
        self._entries = entries

    def receipt(self, index: int) -> bytes:
        """Return the receipt of entry `index`, the entry itself in it."""
        if not self.start <= index < self.end:
            raise Rejected("index_outside", index=index, size=self.end)
        entry = self._entries[index - self.start]
        return join_receipt(index, self._growth.coded_proof(index), self.note, entry)

    def receipts_in_json(self) -> list[str]:
        """Return the receipts of the whole batch as JSON strings, quotation marks and all."""
        paths = self._growth.coded_paths(JSON_NEWLINE)
        return join_receipts_in_json(self.start, paths, self.note, self._entries)
