# SPDX-License-Identifier: Apache-2.0
"""What is known of the visits of a vote."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from minyi.integrity.models import Visit


@dataclass(frozen=True, slots=True)
class Seen:
    """One visit in the columns of the engine's event log (docs/reference/integrity.md)."""

    ip: str
    model: str
    os: str
    osv: str
    wxver: str
    net: str
    src: str
    first_seen: int | None
    prior_n: int | None


def find_visits(*, round_id: int, voters: Collection[str]) -> Mapping[str, Seen]:
    """Return the visits of these voters by their references; who came by chat has none."""
    rows = Visit.objects.filter(round_id=round_id, voter_ref__in=voters)
    fields = (
        "voter_ref",
        "door",
        "model",
        "os",
        "osv",
        "wxver",
        "net",
        "src",
        "first_seen_ms",
        "prior_n",
    )
    return {ref: Seen(*rest) for ref, *rest in rows.values_list(*fields)}
