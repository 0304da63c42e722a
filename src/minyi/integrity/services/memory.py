# SPDX-License-Identifier: Apache-2.0
"""What is kept of a vote when its identity vault ends: coarse, under a key, with an end (ADR 24).

Nothing is kept while a vote goes on, so that no row joins a person's pseudonyms of two campaigns.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import models, transaction
from django.db.models.functions import Greatest, Least
from django.utils.timezone import localtime

from minyi.core import outbox
from minyi.integrity.models import KnownDoor, KnownVoter, Remembered, Visit
from minyi.integrity.queries.memory import MOST, ref_of

TOPIC = "integrity.memory"
KEPT_MONTHS = 24
DAY_MS = 86_400_000
SHANGHAI_MS = 8 * 3_600_000


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody who voted in the vote that ends; `account` is channel, account and subject."""

    account: str
    was_struck: bool


def remembered_upto(round_id: int) -> int:
    """Return up to which row of the vault a vote has been taken in."""
    row = Remembered.objects.filter(round_id=round_id).first()
    return row.upto if row else 0


@transaction.atomic
def remember(*, round_id: int, parts: Iterable[Part], upto: int, now: datetime) -> None:
    """Take some voters of a vote in, and note how far we are: both or neither."""
    until = end_of(now)
    told = {ref_of(part.account): int(part.was_struck) for part in parts}
    known = KnownVoter.objects.filter(ref__in=told)
    for was_struck in (0, 1):
        known.filter(ref__in=[ref for ref, struck in told.items() if struck == was_struck]).update(
            campaigns=Least(models.F("campaigns") + 1, MOST),
            struck=Least(models.F("struck") + was_struck, MOST),
            until=until,
        )
    fresh = told.keys() - set(known.values_list("ref", flat=True))
    KnownVoter.objects.bulk_create(
        KnownVoter(ref=ref, campaigns=1, struck=told[ref], until=until) for ref in sorted(fresh)
    )
    Remembered.objects.update_or_create(round_id=round_id, defaults={"upto": upto})
    _ask_to_forget(until, now)


@transaction.atomic
def remember_doors(*, round_id: int, now: datetime) -> None:
    """Keep how many people each network of this vote brought on its busiest day. Twice is once."""
    days: dict[str, Counter[int]] = defaultdict(Counter)
    visits = Visit.objects.filter(round_id=round_id).exclude(door="")
    for door, at_ms in visits.values_list("door", "at_ms").iterator(chunk_size=5_000):
        days[door][(at_ms + SHANGHAI_MS) // DAY_MS] += 1
    until = end_of(now)
    powers = {door: max(people.values()).bit_length() - 1 for door, people in days.items()}
    for power in sorted(set(powers.values())):
        of_power = [door for door, its in powers.items() if its == power]
        _keep_doors(of_power, power, until)
    _ask_to_forget(until, now)


def forget_account(account: str) -> None:
    """Forget somebody who asked us to; their next vote is their first to us."""
    KnownVoter.objects.filter(ref=ref_of(account)).delete()


@outbox.consumer(TOPIC)
def forget_expired(delivery: outbox.Delivery) -> None:
    """Forget what has been kept long enough."""
    today = localtime(delivery.now).date()
    KnownVoter.objects.filter(until__lte=today).delete()
    KnownDoor.objects.filter(until__lte=today).delete()


def end_of(now: datetime) -> date:
    """Return when what is remembered now is forgotten: the first of a month, to say no day."""
    month = localtime(now).year * 12 + localtime(now).month + KEPT_MONTHS
    return date(month // 12, month % 12 + 1, 1)


def _keep_doors(doors: Collection[str], power: int, until: date) -> None:
    known = KnownDoor.objects.filter(door__in=doors)
    known.update(power=Greatest(models.F("power"), power), until=until)
    fresh = set(doors) - set(known.values_list("door", flat=True))
    KnownDoor.objects.bulk_create(
        KnownDoor(door=door, power=power, until=until) for door in sorted(fresh)
    )


def _ask_to_forget(until: date, now: datetime) -> None:
    due = datetime.combine(until, time(3), localtime(now).tzinfo)  # at night
    outbox.send(topic=TOPIC, key=until.isoformat(), payload={}, now=now, due_at=due)
