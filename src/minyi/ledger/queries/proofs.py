# SPDX-License-Identifier: Apache-2.0
"""The proof of a ballot that was cast earlier, under the newest checkpoint of its log."""

import msgspec
from votelog import FolderSource, open_log, parse_vkey, policy_for

from ballotbox.sealing import PlaceBook, Proof
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
    book = PlaceBook(folders.path_of(log.folder) / ".writer" / "places")
    book.read()
    try:
        place = book.find(ballot_id)
    except StoreUnavailable:
        return None
    rows = DjangoStore().unsealed(round_id, after=place.first_id - 1, most=place.count)
    nth = next((nth for nth, row in enumerate(rows) if row.id == ballot_id), None)
    if nth is None:
        return None
    index = place.index + nth
    source = FolderSource(folders.path_of(log.folder))
    entry, receipt = open_log(source, policy_for(parse_vkey(log.vkey))).prove(index)
    if msgspec.json.decode(entry)["n"] != rows[nth].nonce:
        return None  # table and log are not of one moment: no proof rather than somebody else's
    return Proof(index, receipt.encode().decode())
