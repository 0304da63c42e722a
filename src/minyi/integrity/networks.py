# SPDX-License-Identifier: Apache-2.0
"""Networks of machine halls, as the operator's own list names them; without a list none is known.

MINYI_HOSTED_NETWORKS is a text file with one network a line («203.0.113.0/24», «2001:db8::/32»);
«#» begins a remark. It is read once, with the first paper that is handed out. A list that cannot
be read is said in the log and stops nobody from voting.
"""

from bisect import bisect_right
from collections.abc import Iterable
from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

import structlog
from django.conf import settings

log = structlog.get_logger("minyi.integrity")

Spans = tuple[list[int], list[int]]  # first and last addresses, ascending, without overlap


def find_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address; one of IPv4 that a dual socket spells `::ffff:a.b.c.d` is of IPv4.

    All of those lie in one /64: taken as they stand, the whole country had one network.
    """
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped if isinstance(found, IPv6Address) else None) or found


def is_hosted(address: str) -> bool:
    """Tell whether an address lies in a network of the list; what is no address does not."""
    if not settings.HOSTED_NETWORKS:
        return False
    found = find_address(address)
    if found is None:
        return False
    firsts, lasts = _listed(settings.HOSTED_NETWORKS)[found.version]
    place = bisect_right(firsts, int(found)) - 1
    return place >= 0 and int(found) <= lasts[place]


@cache
def _listed(path: str) -> dict[int, Spans]:
    networks: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
    try:
        read = list(_read(Path(path).read_text(encoding="utf-8").splitlines()))
    except (OSError, ValueError) as error:
        log.error("hosted_networks_unreadable", path=path, error=str(error))
        read = []
    for network in read:
        span = (int(network.network_address), int(network.broadcast_address))
        networks[network.version].append(span)
    return {version: _spans(sorted(found)) for version, found in networks.items()}


def _read(lines: Iterable[str]) -> Iterable[IPv4Network | IPv6Network]:
    for line in lines:
        if text := line.partition("#")[0].strip():
            yield ip_network(text, strict=False)


def _spans(ordered: list[tuple[int, int]]) -> Spans:
    """Leave out networks that lie within another; networks never overlap in any other way."""
    firsts: list[int] = []
    lasts: list[int] = []
    for first, last in ordered:
        if not lasts or first > lasts[-1]:
            firsts.append(first)
            lasts.append(last)
    return firsts, lasts
