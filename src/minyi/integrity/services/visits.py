# SPDX-License-Identifier: Apache-2.0
"""Visits: noted when a ballot paper is handed out, forgotten with the identity vault."""

from dataclasses import dataclass
from datetime import datetime

from minyi.integrity.browsers import door_of, read_browser, source_of
from minyi.integrity.models import Visit


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What our edge sees of a request: address, User-Agent header, WeChat's mark of the way."""

    address: str = ""
    user_agent: str = ""
    mark: str = ""


def note_visit(
    *,
    round_id: int,
    voter_ref: str,
    seen: Circumstances,
    first_seen_at: datetime | None,
    now: datetime,
) -> None:
    """Keep what was seen at the first paper; later papers of the same person change nothing."""
    browser = read_browser(seen.user_agent)
    visit = Visit(
        round_id=round_id,
        voter_ref=voter_ref,
        at_ms=_ms(now),
        door=door_of(seen.address),
        model=browser.model,
        os=browser.os,
        osv=browser.osv,
        wxver=browser.wxver,
        net=browser.net,
        src=source_of(seen.mark),
        first_seen_ms=_ms(first_seen_at) if first_seen_at else None,
    )
    Visit.objects.bulk_create([visit], ignore_conflicts=True)


def forget(*, round_id: int) -> None:
    """Delete the visits of a vote about which nobody can complain any more."""
    Visit.objects.filter(round_id=round_id).delete()


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
