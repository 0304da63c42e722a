# SPDX-License-Identifier: Apache-2.0
"""Blind samples: one in a hundred of the ballots screening held, and as many that count.

Which they are is decided by a checkpoint of the public log that is later than the holding: nobody
who holds a ballot can know whether it will be among them (topic `campaigns.blindsamples`).
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from minyi.campaigns.models import BlindSample, Campaign, Round, Ruling
from minyi.campaigns.sampling import draw as draw_places
from minyi.campaigns.sampling import seed_of
from minyi.core import audit, outbox
from minyi.core.actors import SYSTEM
from minyi.ledger.fold import COUNTED
from minyi.ledger.queries.logs import index_of, states_of, tally

from .adjudication import places_of

TOPIC = "campaigns.blindsamples"
ONE_IN = 100
FEWEST = 10  # of the held; all of them where there are no more
SOON = timedelta(minutes=1)


def schedule(*, ruling: Ruling, now: datetime) -> None:
    """Ask for a draw once a later checkpoint stands over the ballots just held."""
    outbox.send(
        topic=TOPIC, key=str(ruling.pk), payload={"ruling": ruling.pk}, now=now, due_at=now + SOON
    )


@outbox.consumer(TOPIC)
def draw_later(delivery: outbox.Delivery) -> None:
    """Draw as soon as the holding stands in the log."""
    rows = Ruling.objects.select_related("round__campaign")
    ruling = rows.get(pk=int(str(delivery.payload["ruling"])))
    if not _stands(ruling, tally(ruling.round.log).size):
        raise outbox.Later(delivery.now + SOON, reason="waits for the checkpoint that decides")
    draw(paper=ruling.round, now=delivery.now)


@transaction.atomic
def draw(*, paper: Round, now: datetime) -> int:
    """Draw what is missing and return how many; with no more ballots held it draws none."""
    Campaign.objects.select_for_update(no_key=True).get(pk=paper.campaign_id)
    count = tally(paper.log)
    rulings = Ruling.objects.filter(round=paper)
    ours = rulings.filter(kind=Ruling.Kind.QUARANTINE, by="platform", state=Ruling.State.IN_FORCE)
    held = {p for ruling in ours if _stands(ruling, count.size) for p in places_of(ruling.ballots)}
    ruled = {p for spans in rulings.values_list("ballots", flat=True) for p in places_of(spans)}
    drawn = dict(BlindSample.objects.filter(round=paper).values_list("place", "is_held"))
    wanted = min(len(held), max(FEWEST, -(-len(held) // ONE_IN)))
    seed = seed_of(f"{count.size}\n{count.root}\n", "blind", wanted)
    of_held = sum(drawn.values())
    more = draw_places(seed, sorted(held - drawn.keys()), max(wanted - of_held, 0))
    beside = max(of_held + len(more) - (len(drawn) - of_held), 0)
    counted = _draw_counted(paper, seed, count.size, beside, lambda p: p in ruled or p in drawn)
    made = [(place, True) for place in more] + [(place, False) for place in counted]
    # In the order of the log: which were held must not show in the order of the rows.
    BlindSample.objects.bulk_create(
        BlindSample(round=paper, place=place, is_held=is_held, drawn_at=now)
        for place, is_held in sorted(made)
    )
    if made:
        audit.record(
            actor=SYSTEM,
            act="campaigns.blind_samples.drawn",
            target=paper.campaign,
            now=now,
            agency_id=paper.campaign.agency_id,
            ballots=len(made),
            size=count.size,
            root=count.root,
        )
    return len(made)


def _draw_counted(
    paper: Round, seed: bytes, size: int, many: int, is_taken: Callable[[int], bool]
) -> list[int]:
    """Return that many places of ballots that count and on which nobody ever ruled."""
    tries, fit = many, list[int]()
    while many:
        drawn = draw_places(seed, range(1, size), tries)
        states = states_of(paper.log, [(place, place + 1) for place in drawn])
        pairs = zip(drawn, states, strict=True)
        fit = [place for place, state in pairs if state == COUNTED and not is_taken(place)]
        if len(fit) >= many or tries >= size:
            break
        tries *= 4
    return fit[:many]


def _stands(ruling: Ruling, size: int) -> bool:
    """Tell whether the checkpoint of that size is later than the ruling."""
    index = index_of(ruling.round.log, f"ruling:{ruling.pk}:0")
    return index is not None and index < size
