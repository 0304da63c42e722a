# SPDX-License-Identifier: Apache-2.0
"""Where a ballot that was cast earlier stands in its log, and the proof of it."""

from collections.abc import Collection

import msgspec
from votelog import FolderSource, open_log, parse_vkey, policy_for

from ballotbox.places import PlaceBook
from ballotbox.sealing import Proof
from ballotbox.store import StoreUnavailable
from minyi.ledger import folders
from minyi.ledger.models import Log
from minyi.ledger.store import DjangoStore


def find_proof(*, round_id: int, ballot_id: int) -> Proof | None:
    """Return place and tlog-proof of a ballot; None: its round has no log, or it is not in it.

    Ask only where the counts of the campaign are public: the place tells the turnout.
    """
    log = Log.objects.filter(round_id=round_id).first()
    if log is None or not folders.has_begun(log.folder):
        return None
    index = _places(log, {ballot_id}).get(ballot_id)
    if index is None:
        return None
    source = FolderSource(folders.path_of(log.folder))
    _entry, receipt = open_log(source, policy_for(parse_vkey(log.vkey))).prove(index)
    return Proof(index, receipt.encode().decode())


def find_places(*, round_id: int, ballot_ids: Collection[int]) -> dict[int, int]:
    """Return the place in the log of each of these ballots that is in it, by ballot."""
    log = Log.objects.filter(round_id=round_id).first()
    if log is None or not folders.has_begun(log.folder):
        return {}
    return _places(log, set(ballot_ids))


def _places(log: Log, wanted: set[int]) -> dict[int, int]:
    book = PlaceBook(folders.path_of(log.folder) / ".writer" / "places")
    book.read()
    found: dict[int, int] = {}
    for ballot_id in sorted(wanted):
        if ballot_id in found:
            continue
        try:
            place = book.find(ballot_id)
        except StoreUnavailable:
            continue
        rows = DjangoStore().unsealed(log.round_id, after=place.first_id - 1, most=place.count)
        entries = folders.read_entries(log.folder, place.index, place.index + place.count)
        for index, (row, entry) in enumerate(zip(rows, entries, strict=False), place.index):
            # Where table and log are not of one moment: none rather than somebody else's.
            if row.id in wanted and msgspec.json.decode(entry).get("n") == row.nonce:
                found[row.id] = index
    return found
