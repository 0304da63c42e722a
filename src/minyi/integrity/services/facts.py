# SPDX-License-Identifier: Apache-2.0
"""The facts of an attempt, gathered at our edge: what the browser says, the cache, the memory."""

from datetime import datetime

from django.core.cache import cache

from minyi.integrity.browsers import is_automated
from minyi.integrity.inline import NAT_CROWD, Door, Facts
from minyi.integrity.networks import is_hosted
from minyi.integrity.queries.memory import usual_crowds

from .doors import Asking, read_traffic
from .visits import Circumstances

HOUR_S = 3_600
BUSIEST_SHARE = 6  # of a day's crowd a sixth may well come in ten minutes


def gather_facts(
    *,
    seen: Circumstances | None,
    asking: Asking,
    known_since: datetime | None,
    struck: int,
    now: datetime,
) -> Facts | None:
    """Return what is seen of a browser; `struck`: earlier campaigns with a struck ballot.

    Who writes in the chat has no browser, and there are no facts.
    """
    if seen is None:
        return None
    traffic = read_traffic(asking, now=now)
    return Facts(
        is_automated=is_automated(seen.user_agent),
        is_in_channel=seen.is_in_channel,
        is_hosted=is_hosted(seen.address),
        age_s=(now - known_since).total_seconds() if known_since else None,
        door=_with_memory(traffic.door, asking.door),
        own_papers=traffic.own_papers,
        prior_voids=struck,
    )


def _with_memory(door: Door, name: str) -> Door:
    """Let earlier votes speak for a door that is busier than any stranger may be."""
    if door.people <= NAT_CROWD:
        return door

    def look_up() -> int:
        return usual_crowds([name]).get(name, 0) // BUSIEST_SHARE

    remembered = cache.get_or_set(f"integrity.remembered:{name}", look_up, HOUR_S)
    return Door(door.people, door.papers, max(door.usual, remembered or 0))
