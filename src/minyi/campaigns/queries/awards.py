# SPDX-License-Identifier: Apache-2.0
"""The award record of a selection that is final; certificates hang on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.timezone import localtime

from minyi.campaigns.errors import ResultNotFound
from minyi.campaigns.models import AwardRecord


@dataclass(frozen=True, slots=True)
class Winner:
    """Somebody who was selected, as the record names them."""

    rank: int
    number: int
    name: str
    unit: str
    category: str


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was frozen. `digest` is the SHA-256 of the canonical `document`."""

    document: Mapping[str, object]
    digest: str
    made_at: datetime
    signed_at: datetime | None
    publicity_from: datetime | None
    publicity_to: datetime | None
    winners: tuple[Winner, ...]


def get_record(*, campaign_id: int) -> Record:
    """Return the record, or raise ResultNotFound until the result is final."""
    found = AwardRecord.objects.filter(campaign_id=campaign_id).first()
    if found is None:
        raise ResultNotFound
    document = found.document
    shown = document["publicity"] or {}
    return Record(
        document=document,
        digest=found.digest,
        made_at=found.made_at,
        signed_at=_moment(document["signed_at"]),
        publicity_from=_moment(shown.get("from", "")),
        publicity_to=_moment(shown.get("to", "")),
        winners=tuple(
            Winner(one["rank"], one["number"], one["name"], one["unit"], one["category"])
            for one in document["selected"]
        ),
    )


def _moment(text: str) -> datetime | None:
    return localtime(datetime.fromisoformat(text)) if text else None
