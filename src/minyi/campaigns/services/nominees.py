# SPDX-License-Identifier: Apache-2.0
"""Candidates: adding, editing, withdrawing. Numbers are given once and never used again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from minyi.campaigns.errors import (
    AlternativeMissing,
    BallotPaperFixed,
    BarredFromAward,
    CampaignNotFound,
    NomineeNotFound,
    NomineeWithdrawn,
    PupilsHonour,
    ReasonNeeded,
    ResultFixed,
    WithdrawalNeedsSupervisor,
)
from minyi.campaigns.models import Campaign, Nominee, Result
from minyi.campaigns.wording import lint_levels, lint_texts
from minyi.core import audit
from minyi.core.actors import Actor

from . import rounds
from .stages import has_voting_opened
from .texts import (
    check_category,
    check_length,
    check_video_url,
    check_wording,
    label_of,
    tidy,
    tidy_evidence,
)
from .uploads import Upload, clean_video

ON_THE_BALLOT = frozenset({"name", "unit", "category_id"})  # what a voter chose by
LONG_TEXTS = ("unit", "story", "innovation", "responsibility", "video_caption")


@dataclass(frozen=True, slots=True)
class NomineeContent:
    """What a nominee's page tells. `evidence` maps criterion ids, as text, to facts."""

    name: str
    unit: str = ""
    category_id: int | None = None
    merits: str = ""
    story: str = ""
    innovation: str = ""
    responsibility: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    video_url: str = ""
    video_caption: str = ""
    card: str = Nominee.Card.TEXT


CONTENT_FIELDS = tuple(NomineeContent.__dataclass_fields__)


@transaction.atomic
def add_nominee(
    *,
    campaign_id: int,
    content: NomineeContent,
    actor: Actor,
    now: datetime,
) -> Nominee:
    """Add a candidate with the next free number; refused once voting has opened."""
    campaign = _lock_campaign(campaign_id, actor)
    actor.check("nominees.edit", campaign.agency_id)
    nominee = create_nominee(campaign=campaign, content=content, now=now)
    audit.record(
        actor=actor,
        act="campaigns.nominee.added",
        target=nominee,
        now=now,
        agency_id=campaign.agency_id,
        number=nominee.number,
        name=nominee.name,
    )
    return nominee


def create_nominee(*, campaign: Campaign, content: NomineeContent, now: datetime) -> Nominee:
    """Check and create a candidate and refresh the ballot paper.

    The caller holds the campaign's row, has checked the permission and records the act.
    """
    if has_voting_opened(campaign, now):
        raise BallotPaperFixed
    fields = _checked(campaign, asdict(content))
    check_may_stand(campaign=campaign, name=fields["name"])
    last = campaign.nominees.aggregate(last=Max("number"))["last"] or 0
    nominee = Nominee.objects.create(campaign=campaign, number=last + 1, **fields)
    rounds.sync_round(campaign_id=campaign.pk, now=now)
    return nominee


@transaction.atomic
def edit_nominee(
    *, nominee_id: int, changed: Mapping[str, Any], actor: Actor, now: datetime
) -> Nominee:
    """Change what the nominee's page tells; `changed` names fields of NomineeContent.

    Once voting has opened, name, unit and category stay. The number always does.
    """
    nominee = lock_editable(nominee_id, actor)
    campaign = nominee.campaign
    fields = _checked(campaign, {**_content_of(nominee), **changed})
    before = _content_of(nominee)
    different = {name: value for name, value in fields.items() if before[name] != value}
    if not different:
        return nominee
    if ON_THE_BALLOT & different.keys():
        if has_voting_opened(campaign, now):
            raise BallotPaperFixed
        check_may_stand(campaign=campaign, name=fields["name"])
    for name, value in different.items():
        setattr(nominee, name, value)
    nominee.save(update_fields=list(different))
    audit.record(
        actor=actor,
        act="campaigns.nominee.edited",
        target=nominee,
        now=now,
        agency_id=campaign.agency_id,
        changed={name: [before[name], value] for name, value in different.items()},
    )
    return nominee


def replace_video(
    *, nominee_id: int, upload: Upload, caption: str, actor: Actor, now: datetime
) -> Nominee:
    """Give the nominee another film; what it shows is told in words as well."""
    check_may_edit(nominee_id, actor)
    words = video_words(caption)
    with clean_video(upload) as clean, transaction.atomic():
        nominee = lock_editable(nominee_id, actor)
        before = nominee.video_file.name
        attach_video(nominee=nominee, clean=clean, words=words)
        audit.record(
            actor=actor,
            act="campaigns.nominee.video_replaced",
            target=nominee,
            now=now,
            agency_id=nominee.campaign.agency_id,
            before=before,
            after=nominee.video_file.name,
        )
    return nominee


@transaction.atomic
def withdraw_nominee(*, nominee_id: int, reason: str, actor: Actor, now: datetime) -> Nominee:
    """Take a candidate off the ballot paper, with the reason shown to everybody.

    Ballots cast before stay as they are; votes for this number no longer count in the result. Once
    voting has opened it is the supervisor who withdraws, not those who run the campaign.
    """
    nominee = _lock_nominee(nominee_id, actor)
    _check_may_withdraw(nominee.campaign, actor, now)
    reason = tidy(reason)
    if not reason:
        raise ReasonNeeded
    if nominee.status == Nominee.Status.WITHDRAWN:
        raise NomineeWithdrawn
    check_result_is_open(nominee.campaign_id)
    nominee.status = Nominee.Status.WITHDRAWN
    nominee.status_reason = reason[:200]
    nominee.save(update_fields=["status", "status_reason"])
    rounds.sync_round(campaign_id=nominee.campaign_id, now=now)
    audit.record(
        actor=actor,
        act="campaigns.nominee.withdrawn",
        target=nominee,
        now=now,
        agency_id=nominee.campaign.agency_id,
        number=nominee.number,
        reason=nominee.status_reason,
    )
    return nominee


def video_words(caption: str) -> str:
    """Return the words for a film, or raise AlternativeMissing or FieldTooLong."""
    words = tidy(caption)
    if not words:
        raise AlternativeMissing
    check_length(words, field="video_caption", label=label_of("video_caption"))
    return words


def attach_video(*, nominee: Nominee, clean: Upload, words: str) -> None:
    """Put a film that was looked into on the nominee's page."""
    nominee.video_file.save(str(clean.name), clean, save=False)
    nominee.video_caption = words
    nominee.save(update_fields=["video_file", "video_caption"])


def check_may_stand(*, campaign: Campaign, name: str) -> None:
    """Raise when this kind of nominee may not stand for an award (E-08, V-04)."""
    if campaign.type != Campaign.Type.AWARD:
        return
    if lint_levels({label_of("name"): name}):
        raise BarredFromAward(name=name)
    if any(hit.rule.code == "V-04" for hit in lint_texts({label_of("name"): name})):
        raise PupilsHonour(name=name)


def check_result_is_open(campaign_id: int) -> None:
    """Raise ResultFixed once a supervisor has signed."""
    if Result.objects.filter(campaign_id=campaign_id, signed_at__isnull=False).exists():
        raise ResultFixed


def has_voting_closed(campaign: Campaign, now: datetime) -> bool:
    """Tell whether the count may be known in full."""
    return bool(campaign.stages.filter(kind="voting", closes_at__lte=now).exists())


def _check_may_withdraw(campaign: Campaign, actor: Actor, now: datetime) -> None:
    if not has_voting_opened(campaign, now):
        actor.check("nominees.edit", campaign.agency_id)
    elif not actor.can("nominees.withdraw_in_vote", campaign.agency_id):
        raise WithdrawalNeedsSupervisor


def _checked(campaign: Campaign, content: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content tidied, or raise what is wrong with it."""
    fields: dict[str, Any] = {
        name: tidy(value) if isinstance(value, str) else value for name, value in content.items()
    }
    check_length(fields["name"], field="name", label=label_of("name"), at_least=2)
    check_length(fields["merits"], field="merits", label=label_of("merits"), at_least=1)
    for name in LONG_TEXTS:
        check_length(fields[name], field=name, label=label_of(name))
    check_category(campaign, fields["category_id"])
    fields["evidence"] = tidy_evidence(campaign, fields["evidence"])
    if fields["video_url"]:
        check_video_url(fields["video_url"])
    check_wording({label_of(name): fields[name] for name in ("name", "merits", *LONG_TEXTS)})
    check_wording({label_of("evidence"): "\n".join(fields["evidence"].values())})
    return fields


def _content_of(nominee: Nominee) -> dict[str, Any]:
    return {name: getattr(nominee, name) for name in CONTENT_FIELDS}


def _lock_campaign(campaign_id: int, actor: Actor) -> Campaign:
    """Fetch and lock: two people adding at once must not get one number."""
    visible = Campaign.objects.visible_to(actor).select_for_update(no_key=True)
    campaign: Campaign | None = visible.filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    return campaign


def _lock_nominee(nominee_id: int, actor: Actor) -> Nominee:
    """Fetch and lock, the campaign first: one order everywhere, so that nobody waits in a ring."""
    visible = Nominee.objects.visible_to(actor)
    campaign_id = visible.filter(pk=nominee_id).values_list("campaign_id", flat=True).first()
    if campaign_id is None:
        raise NomineeNotFound
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    locked = Nominee.objects.select_for_update(of=("self",), no_key=True)
    nominee: Nominee = locked.select_related("campaign").get(pk=nominee_id)
    return nominee


def check_may_edit(nominee_id: int, actor: Actor) -> Nominee:
    """Return the nominee, or raise before any work is spent on an upload."""
    visible = Nominee.objects.visible_to(actor).select_related("campaign")
    nominee: Nominee | None = visible.filter(pk=nominee_id).first()
    if nominee is None:
        raise NomineeNotFound
    actor.check("nominees.edit", nominee.campaign.agency_id)
    return nominee


def lock_editable(nominee_id: int, actor: Actor) -> Nominee:
    """Fetch and lock a nominee that this actor may edit."""
    nominee = _lock_nominee(nominee_id, actor)
    actor.check("nominees.edit", nominee.campaign.agency_id)
    return nominee
