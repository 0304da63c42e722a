# SPDX-License-Identifier: Apache-2.0
"""What a chat needs of the campaigns: which rounds are open in an account, and their names."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef

from ballotbox.rules import RoundSnapshot
from minyi.campaigns.models import Campaign, Nominee, Round, Stage
from minyi.campaigns.phases import PHASES

MOST_NAMES = 5_000
_LOOKS = [key for key, phase in PHASES.items() if "look" in phase.features]


@dataclass(frozen=True, slots=True)
class OpenRound:
    """A round in which somebody who writes to this account may vote now."""

    account: str
    campaign_id: int
    slug: str
    title: str
    min_picks: int
    max_picks: int
    is_daily: bool


@dataclass(frozen=True, slots=True)
class Paper:
    """A ballot paper to read aloud: its rules, as the ballot box knows them, and who is on it."""

    rules: RoundSnapshot
    frequency: str
    names: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class NamedNominee:
    """A candidate that is public, as somebody may name it."""

    account: str
    slug: str
    number: int
    name: str
    unit: str
    campaign: str


def list_open_rounds(*, now: datetime, account: str | None = None) -> list[OpenRound]:
    """Return the rounds that take ballots now, of one account or of all, oldest first."""
    now_ms = int(now.timestamp() * 1000)
    of_account = {"account__slug": account} if account else {"account__isnull": False}
    rows = (
        Campaign.objects.public()
        .filter(
            **of_account,
            round__paused=False,
            round__opens_ms__lte=now_ms,
            round__closes_ms__gt=now_ms,
        )
        .select_related("account", "round")
        .order_by("round__opens_ms", "pk")
    )
    return [
        OpenRound(
            account=row.account.slug,
            campaign_id=row.pk,
            slug=row.slug,
            title=row.title,
            min_picks=row.round.min_picks,
            max_picks=row.round.max_picks,
            is_daily=row.round.frequency == Campaign.Frequency.DAY,
        )
        for row in rows
    ]


def read_paper(*, campaign_id: int) -> Paper:
    """Return the ballot paper of a campaign that has one."""
    row = Round.objects.get(campaign_id=campaign_id)
    numbers = frozenset(json.loads(row.candidates))
    named = Nominee.objects.filter(campaign_id=campaign_id, number__in=numbers)
    rules = RoundSnapshot(
        id=row.pk,
        slug=row.slug,
        opens_ms=row.opens_ms,
        closes_ms=row.closes_ms,
        paused=row.paused,
        min_picks=row.min_picks,
        max_picks=row.max_picks,
        daily=row.frequency == Campaign.Frequency.DAY,
        nominees=numbers,
    )
    return Paper(rules, row.frequency, dict(named.values_list("number", "name")))


def list_names(*, slugs: list[str], now: datetime) -> list[NamedNominee]:
    """Return the candidates of those of these campaigns that show them by now."""
    announced = Stage.objects.filter(
        campaign=OuterRef("campaign"), kind__in=_LOOKS, opens_at__lte=now
    )
    rows = (
        Nominee.objects.filter(
            Exists(announced),
            campaign__slug__in=slugs,
            campaign__account__isnull=False,
            status=Nominee.Status.CANDIDATE,
        )
        .order_by("campaign_id", "number")
        .values_list(
            "campaign__account__slug",
            "campaign__slug",
            "number",
            "name",
            "unit",
            "campaign__title",
        )
    )
    return [NamedNominee(*row) for row in rows[:MOST_NAMES]]
