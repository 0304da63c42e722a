# SPDX-License-Identifier: Apache-2.0
"""What the office may count of a sealed log: where its own table holds the choices in clear.

Only votes whose counts are announced at hours are kept so (ADR 16); of the others nobody can
count anything before the opening.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import msgspec

from ballotbox.sealing import label_of
from minyi.ledger import folders
from minyi.ledger.errors import ChoicesHidden, LogDamaged
from minyi.ledger.fold import Fold, Tally
from minyi.ledger.store import DjangoStore

PAGE = 5_000  # rows

_read_numbers = msgspec.json.Decoder(tuple[int, ...]).decode
_read_moment = msgspec.json.Decoder(dict[str, object]).decode


def count_from_table(*, folder: str, round_id: int, before: datetime | None = None) -> Tally:
    """Count a sealed log with the choices from the table, up to the first entry of that moment.

    Ballots stand in log and table in the same order. Raises ChoicesHidden, LogDamaged.
    """
    until_ms = round(before.timestamp() * 1000) if before else None
    fold = Fold(choices=_choices(round_id))
    for raw in folders.read_entries(folder, 0, folders.read_size(folder)):
        moment = _read_moment(raw).get("t", 0)
        if until_ms is not None and isinstance(moment, int) and moment >= until_ms:
            break
        try:
            fold.add(raw)
        except ValueError as error:
            raise LogDamaged(findings=str(error)) from error
    # Opened or not, this count is the table's.
    return replace(fold.tally(""), sealed=False)


def _choices(round_id: int) -> Iterator[tuple[str, tuple[str, ...]]]:
    last, more = 0, True
    while more:
        rows = DjangoStore().unsealed(round_id, after=last, most=PAGE)
        for row in rows:
            if not row.picks.startswith("["):
                raise ChoicesHidden
            yield row.nonce, tuple(label_of(number) for number in _read_numbers(row.picks))
            last = row.id
        more = len(rows) == PAGE
