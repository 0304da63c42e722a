# SPDX-License-Identifier: Apache-2.0
"""The book of places: which ballots of the table stand where in the log."""

import struct
from dataclasses import dataclass
from pathlib import Path

from ballotbox.store import StoreUnavailable


@dataclass(frozen=True, slots=True)
class Place:
    """Ballots `first_id`…`last_id` of a round are the `count` entries from `index` on."""

    first_id: int
    last_id: int
    index: int
    count: int

    @property
    def holds_ballots(self) -> bool:
        """False: it is an entry of another kind (`PlaceBook.pass_over`)."""
        return self.first_id <= self.last_id


class PlaceBook:
    """Which ballots stand where: 32 bytes a batch, beside the log and made from it.

    Never flushed to disk on its own: what a crash tears off is read in the log again.
    """

    _row = struct.Struct(">4Q")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: list[Place] = []

    @property
    def last_id(self) -> int:
        """The last ballot that is in the log."""
        return self._places[-1].last_id if self._places else 0

    @property
    def newest(self) -> Place | None:
        """The last batch of ballots; None: there is none yet."""
        return next((one for one in reversed(self._places) if one.holds_ballots), None)

    @property
    def size(self) -> int:
        """How many entries of the log the book knows."""
        return self._places[-1].index + self._places[-1].count if self._places else 0

    def read(self) -> None:
        """Read what others have added, as far as it goes on where the book stood.

        A power cut may leave zeros behind it; the next batch is written over them.
        """
        known = len(self._places) * self._row.size
        try:
            with self._path.open("rb") as book:
                book.seek(known)
                more = book.read()
        except FileNotFoundError:
            return
        whole = len(more) - len(more) % self._row.size
        for row in self._row.iter_unpack(more[:whole]):
            place = Place(*row)
            if place.index != self.size or not place.count:
                return
            self._places.append(place)

    def add(self, place: Place) -> None:
        """Write down where a batch stands."""
        at = len(self._places) * self._row.size
        with self._path.open("r+b" if self._path.exists() else "w+b") as book:
            book.seek(at)
            book.truncate()
            book.write(self._row.pack(place.first_id, place.last_id, place.index, place.count))
        self._places.append(place)

    def pass_over(self, index: int) -> None:
        """Write down that this entry is no ballot."""
        self.add(Place(self.last_id + 1, self.last_id, index, 1))

    def find(self, ballot_id: int) -> Place:
        """Return the batch a ballot was sealed in."""
        for place in reversed(self._places):
            if place.first_id <= ballot_id <= place.last_id:
                return place
        raise StoreUnavailable(f"ballot {ballot_id} is in no log")
