# SPDX-License-Identifier: Apache-2.0
"""Visits: noted when a ballot paper is handed out, forgotten with the identity vault."""

from dataclasses import dataclass
from datetime import datetime

from minyi.integrity.browsers import door_of, read_browser, source_of
from minyi.integrity.models import Visit

# How old somebody is to us, no finer than the engine asks.
LOT_MS = 2 * 3_600_000
OLD_MS = 2 * 86_400_000
AGES_MS = (0, 15_000, 300_000, 86_400_000)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What our edge sees of a request: address, User-Agent header, WeChat's mark of the way.

    `is_in_channel`: the browser is that of the channel by which the identity came.
    """

    address: str = ""
    user_agent: str = ""
    mark: str = ""
    is_in_channel: bool = True


def note_visit(
    *,
    round_id: int,
    voter_ref: str,
    seen: Circumstances,
    first_seen_at: datetime | None,
    prior_n: int = 0,
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
        first_seen_ms=_rounded(_ms(first_seen_at), _ms(now)) if first_seen_at else None,
        prior_n=prior_n,
    )
    Visit.objects.bulk_create([visit], ignore_conflicts=True)


def forget(*, round_id: int) -> None:
    """Delete the visits of a vote about which nobody can complain any more."""
    Visit.objects.filter(round_id=round_id).delete()


def _rounded(first_ms: int, now_ms: int) -> int:
    """Return the moment so roughly that it finds nobody in the table of citizens (ADR 17).

    What the engine asks of it stays: the two hours of an old account (`facets.lot`), and whether
    a new one is seconds, minutes, hours or a day old (`facets.standing`).
    """
    age = now_ms - first_ms
    if age > OLD_MS:
        return first_ms - first_ms % LOT_MS
    return now_ms - max((step for step in AGES_MS if step <= age), default=0)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
