# SPDX-License-Identifier: Apache-2.0
"""The end of a campaign's identity vault: due when nobody can dispute a ballot any more.

Asked for when the ballot paper is printed, done by the worker (topic `campaigns.vault`). It waits
for a deadline that was moved, and from day to day for complaints, objections, appeals, undecided
ballots and looks that are open. With it goes who objected and who complained, and every file they
or the office have shown; of a file its hash stays. A year later (topic `campaigns.objectors`) no
objection leads to a citizen any more.
"""

from datetime import datetime, timedelta
from itertools import chain

from django.db import connection

from minyi.campaigns.models import (
    Ballot,
    Campaign,
    EvidenceFile,
    Objection,
    ObjectionFile,
    Round,
    Stage,
    VoteComplaint,
)
from minyi.campaigns.queries.supervision import what_keeps_the_vault
from minyi.core import outbox
from minyi.integrity.services import visits
from minyi.ledger.services import vaults

from . import remembering
from .manifests import appeal_until, promised_until

TOPIC, OBJECTORS_TOPIC = "campaigns.vault", "campaigns.objectors"
MINUTE, DAY, YEAR = timedelta(minutes=1), timedelta(days=1), timedelta(days=366)
AT_ONCE = 20_000  # ballots; others are cast meanwhile and must not wait


def schedule_end(*, paper: Round, campaign: Campaign, voting: Stage, now: datetime) -> None:
    """Ask for the vault's end after the appeal period; asked again for the same day, it is one."""
    until = appeal_until(campaign, voting)
    outbox.send(
        topic=TOPIC,
        key=f"{paper.pk}:{until.isoformat()}",
        payload={"campaign": campaign.pk},
        now=now,
        due_at=until,
    )


@outbox.consumer(TOPIC)
def end_vault(delivery: outbox.Delivery) -> None:
    """Destroy it, or come back when it is time."""
    campaign_id = int(str(delivery.payload["campaign"]))
    paper = Round.objects.select_related("campaign").get(campaign_id=campaign_id)
    voting = paper.campaign.stages.filter(kind="voting").first()
    if voting is not None:
        until = max(appeal_until(paper.campaign, voting), promised_until(paper))
        if delivery.now < until:
            raise outbox.Later(until, reason="the appeal period was prolonged")
    kept_by = what_keeps_the_vault(campaign_id=campaign_id, now=delivery.now)
    if kept_by:
        raise outbox.Later(delivery.now + DAY, reason=", ".join(kept_by))
    if not vaults.is_destroyed(campaign_id):
        remembering.remember(paper=paper, now=delivery.now)
    vaults.destroy(campaign_id=campaign_id, folder=paper.log, now=delivery.now)
    visits.forget(round_id=paper.pk)
    _forget_conduct(paper)
    _forget_people(campaign_id)
    outbox.send(
        topic=OBJECTORS_TOPIC,
        key=str(campaign_id),
        payload={"campaign": campaign_id},
        now=delivery.now,
        due_at=delivery.now + YEAR,
    )
    if not vaults.empty_journal(connection):
        raise outbox.Later(delivery.now + MINUTE, reason="the write-ahead log is being read")


@outbox.consumer(OBJECTORS_TOPIC)
def forget_objectors(delivery: outbox.Delivery) -> None:
    """Let no objection lead to a citizen; until now its answer could be read there."""
    campaign_id = int(str(delivery.payload["campaign"]))
    Objection.objects.filter(campaign_id=campaign_id).update(by_citizen=None)


def _forget_people(campaign_id: int) -> None:
    """Empty who objected and complained, and delete what they and the office have shown.

    An objection keeps the citizen's account for a year more: its answer is read there.
    """
    VoteComplaint.objects.filter(campaign_id=campaign_id).update(contact="", citizen=None)
    Objection.objects.filter(campaign_id=campaign_id).update(contact="")
    kept = (
        EvidenceFile.objects.filter(campaign_id=campaign_id),
        ObjectionFile.objects.filter(objection__campaign_id=campaign_id),
    )
    for one in chain.from_iterable(rows.exclude(file="") for rows in kept):
        one.file.delete()


def _forget_conduct(paper: Round) -> None:
    """Empty what browsers said of themselves; the ballots stay as they are."""
    told = Ballot.objects.filter(round=paper).exclude(conduct="").order_by("id")
    while ids := list(told.values_list("pk", flat=True)[:AT_ONCE]):
        Ballot.objects.filter(pk__range=(ids[0], ids[-1]), round=paper).update(conduct="")
