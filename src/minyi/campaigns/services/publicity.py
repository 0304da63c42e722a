# SPDX-License-Identifier: Apache-2.0
"""The way from a signed result to a final one: versions shown, nothing left open, the record."""

import hashlib
import json
from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.timezone import localtime

from minyi.campaigns.errors import (
    AppealsOpen,
    BallotsUnderReview,
    NotShownLongEnough,
    ObjectionsOpen,
    RemediesOpen,
)
from minyi.campaigns.models import AwardRecord, Campaign, Result, ResultVersion, Round, Stage
from minyi.campaigns.queries.publicity import (
    count_objections,
    days_of,
    shown_for,
    shown_versions,
    unsettled_of,
)
from minyi.core.words import listed
from minyi.ledger.queries.logs import tally
from minyi.ledger.services import logs

FORMAT = "minyi-award-record/1"


def begin_version(*, result: Result, now: datetime) -> None:
    """Keep what has just been signed: digest and ranking as the public will see them."""
    lines = result.lines.select_related("nominee").order_by("nominee__number")
    version = ResultVersion.objects.create(
        result=result,
        number=result.versions.count() + 1,
        digest=result.digest,
        ranking=[[line.nominee.number, line.rank, line.is_selected] for line in lines],
        ballots=result.ballots,
        signed_at=now,
    )
    put_event(
        result.campaign_id,
        "result_signed",
        f"version:{version.number}",
        now,
        version=version.number,
        digest=result.digest,
    )


def end_version(*, result: Result, reason: str, now: datetime) -> None:
    """Note that the signature was taken back; what stood there is kept."""
    version = result.versions.filter(ended_at=None).last()
    if version is None:
        return
    version.ended_at, version.reason = now, reason[:300]
    version.save(update_fields=["ended_at", "reason"])
    put_event(
        result.campaign_id,
        "signature_withdrawn",
        f"version:{version.number}:end",
        now,
        version=version.number,
    )


def check_ballots_decided(campaign_id: int) -> None:
    """Raise while ballots are held for review or a ruling waits for its second person."""
    left = unsettled_of(campaign_id)
    if left.quarantined or left.proposals:
        raise BallotsUnderReview(count=left.quarantined, proposals=left.proposals)


def check_settled(campaign_id: int) -> None:
    """Raise while an objection, a correction, an appeal or a ballot is undecided."""
    left = unsettled_of(campaign_id)
    if left.objections:
        raise ObjectionsOpen(count=left.objections)
    if left.remedies:
        raise RemediesOpen(count=left.remedies)
    if left.appeals:
        raise AppealsOpen(count=left.appeals)
    check_ballots_decided(campaign_id)


def check_was_shown(*, result: Result, stage: Stage) -> None:
    """Raise unless the public could object to this ranking for as long as was announced.

    Signed before the stage opened, it stood there from the first to the last day. Signed later,
    the working days count from the day of the signature, itself not counted; those of an earlier
    version with the same ranking count as well.
    """
    shown = shown_for(result=result, stage=stage)
    if shown.due is None:
        return
    raise NotShownLongEnough(
        signed=date_format(shown.signed_on, "DATE_FORMAT"),
        days=len(shown.due.counted),
        counted=listed(date_format(day, "MONTH_DAY_FORMAT") for day in shown.due.counted),
        until=date_format(shown.due.day, "DATE_FORMAT"),
        first=date_format(shown.due.day + timedelta(days=1), "DATE_FORMAT"),
    )


def make_record(*, result: Result, now: datetime) -> AwardRecord:
    """Freeze who was selected, for what, on which ground and counted where."""
    document = _document(result, now)
    canonical = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return AwardRecord.objects.create(
        campaign=result.campaign,
        document=document,
        digest=hashlib.sha256(canonical.encode()).hexdigest(),
        made_at=now,
    )


def put_event(campaign_id: int, what: str, key: str, now: datetime, **facts: object) -> None:
    """Put an act on record in the campaign's log, where it has one; it moves no count."""
    folder = Round.objects.filter(campaign_id=campaign_id).values_list("log", flat=True).first()
    if folder:
        entry = {"type": "event", "t": round(now.timestamp() * 1000), "what": what, **facts}
        logs.put(folder=folder, key=key, entry=entry, now=now)


def _document(result: Result, now: datetime) -> dict[str, object]:
    campaign = result.campaign
    stage = campaign.stages.filter(kind="publicity").first()
    objections = count_objections(campaign.pk)
    lines = result.lines.select_related("nominee__category")
    return {
        "format": FORMAT,
        "campaign": campaign.slug,
        "title": campaign.title,
        "type": campaign.type,
        "agency": campaign.agency.name,
        "basis": _basis(campaign),
        "selected": [
            {
                "rank": line.rank,
                "number": line.nominee.number,
                "name": line.nominee.name,
                "unit": line.nominee.unit,
                "category": line.nominee.category.name if line.nominee.category else "",
                "score": str(line.score),
                "votes": line.votes,
            }
            for line in lines
            if line.is_selected
        ],
        "ballots": _ballots(result),
        "checkpoint": {
            "log": _folder(campaign.pk),
            "size": result.log_size,
            "root": result.log_root,
        },
        "result_digest": result.digest,
        "computed_by": str(result.computed_by),
        "signed_by": str(result.signed_by),
        "signed_at": _said(result.signed_at),
        "publicity": _publicity(result, stage) if stage else None,
        "objections": {
            "filed": objections.filed,
            "upheld": objections.upheld,
            "dismissed": objections.dismissed,
            "declined": objections.declined,
        },
        "final_at": _said(now),
    }


def _basis(campaign: Campaign) -> dict[str, str]:
    document = campaign.approval_document
    return {
        "number": campaign.approval_number,
        "document": document.title if document else "",
    }


def _ballots(result: Result) -> dict[str, int]:
    folder = _folder(result.campaign_id)
    if not folder:
        return {"received": result.ballots, "valid": result.ballots, "void": 0}
    found = tally(folder)
    return {
        "received": found.ballots + found.quarantined + found.void,
        "valid": found.ballots,
        "void": found.void,
    }


def _publicity(result: Result, stage: Stage) -> dict[str, object]:
    return {
        "from": _said(stage.opens_at),
        "to": _said(stage.closes_at),
        "workdays": [day.isoformat() for day in days_of(stage).counted],
        "versions": len(shown_versions(result, stage)) or 1,
    }


def _folder(campaign_id: int) -> str:
    folders = Round.objects.filter(campaign_id=campaign_id).values_list("log", flat=True)
    return folders.first() or ""


def _said(moment: datetime | None) -> str:
    return localtime(moment).isoformat(timespec="seconds") if moment else ""
