# SPDX-License-Identifier: Apache-2.0
"""What is remembered of earlier votes: of an account, of a network. Coarse by design (ADR 24)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.crypto import salted_hmac

from minyi.integrity.models import KnownDoor, KnownVoter

MOST = 3  # counts stop here: more would tell more of a person, and nothing more of brushing


@dataclass(frozen=True, slots=True)
class Past:
    """Campaigns in which an account voted, and in which ballots of it were struck out: 0 to 3."""

    campaigns: int = 0
    struck: int = 0


def recall(account: str) -> Past:
    """Return what is remembered of channel, account and subject, joined by colons."""
    row = KnownVoter.objects.filter(ref=ref_of(account)).first()
    return Past(row.campaigns, row.struck) if row else Past()


def usual_crowds(doors: Collection[str]) -> Mapping[str, int]:
    """Return at most how many people these networks brought on one day of an earlier vote."""
    rows = KnownDoor.objects.filter(door__in=doors).values_list("door", "power")
    return {door: 2 ** (power + 1) - 1 for door, power in rows}


def ref_of(account: str) -> str:
    """Return the name of an account in memory: a hash under this installation's key."""
    digest = salted_hmac("minyi.integrity.memory", account, algorithm="sha256").hexdigest()
    return digest[:32]
