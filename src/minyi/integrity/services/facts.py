# SPDX-License-Identifier: Apache-2.0
"""The facts of an attempt, gathered at our edge: what the browser says, the cache, the memory."""

from datetime import datetime

from minyi.integrity.browsers import is_automated
from minyi.integrity.inline import Facts
from minyi.integrity.networks import is_hosted

from .doors import Asking, read_traffic
from .visits import Circumstances


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
        door=traffic.door,
        own_papers=traffic.own_papers,
        prior_voids=struck,
    )
