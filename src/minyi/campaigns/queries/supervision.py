# SPDX-License-Identifier: Apache-2.0
"""What the supervisor's room shows of a campaign. Before counts are public, nothing of the turnout.

The size of a log, its root and the moment of its last entry all tell how many have voted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import msgspec
from django.db.models import Count, Q
from django.utils.timezone import localtime

from minyi.campaigns.errors import BallotsUnknown, ComplaintNotFound
from minyi.campaigns.models import (
    Ballot,
    Campaign,
    LogCheck,
    Round,
    Ruling,
    VoteComplaint,
    VoterSample,
)
from minyi.core.acts import words_for
from minyi.core.errors import Words
from minyi.core.models import AuditEntry
from minyi.core.words import listed
from minyi.ledger import folders
from minyi.ledger.fold import Tally
from minyi.ledger.queries.logs import LogState, find_log, tally
from minyi.ledger.queries.vaults import VaultState, read_vault

from .publicity import unsettled_of

ACTS = (
    *("campaigns.campaign.launched", "campaigns.campaign.cancelled", "campaigns.campaign.edited"),
    *("campaigns.voting.paused", "campaigns.voting.resumed", "campaigns.log.checked"),
    *("campaigns.sample.drawn", "campaigns.result.computed", "campaigns.result.signed"),
    *("campaigns.result.signature_withdrawn", "campaigns.result.published"),
)
NOMINEE_ACTS = ("campaigns.nominee.withdrawn",)
OBJECTION_ACTS = ("campaigns.objection.looked_up",)
SAID_WHY = ("reason", "note", "purpose")
MOST_ACTS = 40
MOST_TASKS = 5


@dataclass(frozen=True, slots=True)
class RoomAct:
    """Something that was done to the vote, by whom and why."""

    at: datetime
    what: Words
    about: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class RoomLog:
    """The state of the log. Hidden (`is_open` false): no figure is in `state` or `tally`."""

    is_open: bool
    opens_at: datetime | None
    folder: str
    vkey: str
    state: LogState | None
    tally: Tally | None


@dataclass(frozen=True, slots=True)
class Room:
    """One campaign as its supervisor sees it; `complaints` are numbers by state."""

    log: RoomLog | None
    vault: VaultState
    acts: Sequence[RoomAct]
    checks: Sequence[LogCheck]
    samples: Sequence[VoterSample]
    complaints: Mapping[str, int]


def log_is_public(paper: Round, now: datetime) -> bool:
    """Tell whether size and root of the log may be known, as the counts may."""
    since = folders.read_beside(paper.log, "public_from") if paper.log else ""
    return since.isdecimal() and int(since) <= round(now.timestamp() * 1000)


def read_room(*, campaign: Campaign, now: datetime) -> Room:
    """Return what a supervisor sees of one campaign."""
    paper = Round.objects.filter(campaign=campaign).first()
    return Room(
        log=_log_of(paper, now) if paper and paper.log else None,
        vault=read_vault(campaign.pk),
        acts=_acts_of(campaign),
        checks=campaign.log_checks.select_related("asked_by")[:MOST_TASKS],
        samples=campaign.samples.select_related("asked_by")[:MOST_TASKS],
        complaints=count_complaints(campaign.pk),
    )


def count_complaints(campaign_id: int) -> Mapping[str, int]:
    """Return how many complaints are in each state; those in none are 0."""
    rows = VoteComplaint.objects.filter(campaign_id=campaign_id).order_by()
    counted = dict(rows.values_list("state").annotate(many=Count("pk")))
    return {state: counted.get(state, 0) for state in VoteComplaint.State.values}


def count_open_complaints(campaign_ids: Sequence[int]) -> Mapping[int, int]:
    """Return how many complaints wait for an answer, by campaign; one query for all."""
    rows = VoteComplaint.objects.filter(campaign_id__in=campaign_ids).order_by()
    waiting = rows.values_list("campaign_id").annotate(
        many=Count("pk", filter=~Q(state=VoteComplaint.State.ANSWERED))
    )
    return dict(waiting)


def what_keeps_the_vault(*, campaign_id: int, now: datetime) -> list[str]:
    """Return why the identity vault is still needed after the appeal period: nothing, mostly."""
    kept_by = []
    if count_open_complaints([campaign_id]).get(campaign_id):
        kept_by.append("complaints")
    left = asdict(unsettled_of(campaign_id))
    kept_by += [name for name, number in left.items() if number]
    if read_vault(campaign_id).is_in_use(now):
        kept_by.append("openings")
    return kept_by


@dataclass(frozen=True, slots=True)
class OwnComplaint:
    """A complaint as its writer sees it."""

    code: str
    kind: str
    text: str
    state: str
    state_words: str
    outcome_words: str
    answer: str
    sent_at: datetime
    answered_at: datetime | None


def find_complaint(*, campaign_id: int, code: str) -> OwnComplaint:
    """Return the complaint of whoever knows its code."""
    row = VoteComplaint.objects.filter(campaign_id=campaign_id, code=code.upper()).first()
    if row is None:
        raise ComplaintNotFound
    return _own(row)


def list_own_complaints(*, campaign_id: int, citizen_id: str) -> list[OwnComplaint]:
    """Return what a citizen has complained about in a campaign, newest first."""
    rows = VoteComplaint.objects.filter(campaign_id=campaign_id, citizen_id=citizen_id)
    return [_own(row) for row in rows]


def find_tags(*, campaign_id: int, names: Sequence[str], now: datetime) -> dict[str, str]:
    """Return the tag of each ballot named by its receipt or, in a public log, by its place.

    Raises BallotsUnknown with those that were not found.
    """
    paper = Round.objects.filter(campaign_id=campaign_id).first()
    found: dict[str, str] = {}
    if paper is not None:
        wanted = [*names, *(name.upper() for name in names)]
        rows = Ballot.objects.filter(round=paper, receipt__in=wanted)
        by_receipt = dict(rows.values_list("receipt", "voter_ref"))
        size = folders.read_size(paper.log) if log_is_public(paper, now) else 0
        for name in names:
            tag = by_receipt.get(name) or by_receipt.get(name.upper())
            tag = tag or _tag_at(paper.log, name, size)
            if tag:
                found[name] = tag
    unknown = [name for name in names if name not in found]
    if unknown:
        raise BallotsUnknown(names=listed(unknown))
    return found


def _tag_at(folder: str, name: str, size: int) -> str:
    if not (name.isascii() and name.isdecimal()) or not 0 <= int(name) < size:
        return ""
    entry = msgspec.json.decode(folders.read_entry(folder, int(name), size))
    return str(entry.get("tag", ""))


def _own(row: VoteComplaint) -> OwnComplaint:
    return OwnComplaint(
        code=row.code,
        kind=row.get_kind_display(),
        text=row.text,
        state=row.state,
        state_words=row.get_state_display(),
        outcome_words=row.get_outcome_display() if row.outcome else "",
        answer=row.answer,
        sent_at=row.sent_at,
        answered_at=row.answered_at,
    )


def _log_of(paper: Round, now: datetime) -> RoomLog:
    is_open = log_is_public(paper, now)
    since = folders.read_beside(paper.log, "public_from")
    opens_at = localtime(datetime.fromtimestamp(int(since) / 1000, UTC)) if since else None
    state = find_log(paper.log)
    return RoomLog(
        is_open=is_open,
        opens_at=opens_at,
        folder=paper.log,
        vkey=state.vkey if state else "",
        state=state if is_open else None,
        tally=tally(paper.log) if is_open and folders.has_begun(paper.log) else None,
    )


def _acts_of(campaign: Campaign) -> list[RoomAct]:
    nominees = campaign.nominees.values_list("pk", flat=True)
    rulings = Ruling.objects.filter(round__campaign=campaign).values_list("pk", flat=True)
    objections = campaign.objections.values_list("pk", flat=True)
    rows = AuditEntry.objects.filter(
        Q(target=f"campaigns.campaign:{campaign.pk}", act__in=ACTS)
        | Q(target__in=[f"campaigns.nominee:{pk}" for pk in nominees], act__in=NOMINEE_ACTS)
        | Q(target__in=[f"campaigns.ruling:{pk}" for pk in rulings])
        | Q(target__in=[f"campaigns.objection:{pk}" for pk in objections], act__in=OBJECTION_ACTS)
    )
    return [
        RoomAct(
            at=row.at,
            what=words_for(row.act),
            about="" if row.target.startswith("campaigns.campaign:") else row.target_name,
            by=row.actor_name,
            reason=next((str(row.facts[key]) for key in SAID_WHY if row.facts.get(key)), ""),
        )
        for row in rows[:MOST_ACTS]
    ]
