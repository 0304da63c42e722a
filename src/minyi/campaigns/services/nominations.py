# SPDX-License-Identifier: Apache-2.0
"""Nominations: sent in by citizens, then accepted, rejected or merged by reviewers."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from django.db import transaction
from django.utils.translation import gettext as _

from minyi.campaigns.errors import (
    AlreadyNominated,
    CampaignCancelled,
    CampaignNotFound,
    CannotMerge,
    CannotUnmerge,
    NominationDecided,
    NominationNotFound,
    ReasonNeeded,
    TooManyFiles,
    TooManyNominations,
    TooManyPictures,
    WrongStage,
)
from minyi.campaigns.likeness import plain_name
from minyi.campaigns.models import MOST_PICTURES, Campaign, Nomination, NominationFile, Nominee
from minyi.campaigns.notices import tell_decided
from minyi.campaigns.phases import Feature
from minyi.core import audit
from minyi.core.actors import Actor

from .galleries import hang_pictures, picture_words, publish_picture
from .nominees import NomineeContent, attach_video, create_nominee, video_words
from .texts import (
    check_category,
    check_length,
    check_video_url,
    check_wording,
    label_of,
    tidy,
    tidy_evidence,
)
from .uploads import Upload, clean_picture, clean_video

# Enough to name everybody one knows well, too few to flood the reviewers.
NOMINATIONS_PER_CITIZEN = 5
PICTURES, VIDEOS = 6, 1  # files per nomination
REASON_AT_LEAST = 10  # characters: «好» is no reason


@dataclass(frozen=True, slots=True)
class NominationContent:
    """What a citizen writes. `evidence` maps criterion ids, as text, to facts."""

    name: str
    unit: str = ""
    category_id: int | None = None
    reason: str = ""
    innovation: str = ""
    responsibility: str = ""
    evidence: Mapping[str, str] = field(default_factory=dict)
    video_url: str = ""


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file as it came from the browser, with words for those who cannot see it."""

    kind: Literal["picture", "video"]
    content: Upload
    alternative: str = ""


@dataclass(frozen=True, slots=True)
class AcceptedFile:
    """A file of the nomination that goes onto the nominee's page, with its words."""

    file_id: int
    alternative: str


def submit_nomination(
    *,
    campaign_id: int,
    citizen_id: str,
    content: NominationContent,
    files: Sequence[NewFile] = (),
    now: datetime,
) -> Nomination:
    """Keep what a citizen sends in while nominations are open; it waits for review, unseen."""
    campaign = _open_campaign(campaign_id, "nominate", now)
    fields = _checked(campaign, content)
    with ExitStack() as opened:
        # Decoding takes seconds: it happens before the transaction, not inside it.
        kept = [(new, opened.enter_context(_checked_file(new))) for new in _few_enough(files)]
        with transaction.atomic():
            # One at a time per campaign, so that two clicks do not pass the limits together.
            Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
            _check_own_nominations(campaign, citizen_id, fields["name"])
            nomination = Nomination.objects.create(
                campaign=campaign, by_citizen_id=citizen_id, sent_at=now, **fields
            )
            for new, clean in kept:
                NominationFile.objects.create(
                    nomination=nomination,
                    kind=new.kind,
                    file=clean,
                    alternative=tidy(new.alternative)[:200],
                )
    return nomination


def accept_nomination(
    *,
    nomination_id: int,
    actor: Actor,
    now: datetime,
    reason: str = "",
    content: NomineeContent | None = None,
    pictures: Sequence[AcceptedFile] = (),
    video: AcceptedFile | None = None,
) -> Nominee:
    """Make a candidate of what was sent in, with the next free number.

    The pictures hang in the order given. `content` is the reviewer's edited text (default: the
    nominator's). Only the files named here leave the private store; all of them need words.
    Nominations merged into this one share its outcome.
    """
    seen = _find_nomination(nomination_id, actor)
    _check_pending(seen, now)
    with ExitStack() as opened:
        # Decoding takes seconds: it happens before the transaction, not inside it.
        clean = [
            (opened.enter_context(_clean_copy(seen, accepted, "picture")), accepted)
            for accepted in _few_pictures(pictures)
        ]
        film = opened.enter_context(_clean_copy(seen, video, "video")) if video else None
        with transaction.atomic():
            nomination = _lock_pending(nomination_id, actor, now)
            nominee = create_nominee(
                campaign=nomination.campaign,
                content=content or content_from(nomination, has_picture=bool(clean)),
                now=now,
            )
            shown = [_publish_file(nomination, copy, accepted) for copy, accepted in clean]
            hang_pictures(nominee=nominee, picture_ids=shown)
            if film and video:
                attach_video(nominee=nominee, clean=film, words=video_words(video.alternative))
            _decide(nomination, Nomination.Status.ACCEPTED, tidy(reason), actor, now)
            nomination.nominee = nominee
            nomination.save(update_fields=["nominee"])
            nomination.merged.update(nominee=nominee)
            _record(nomination, "accepted", actor, now, nominee=nominee.pk, number=nominee.number)
            told = (nomination, *nomination.merged.select_related("campaign__account"))
            tell_decided(told, outcome=Nomination.Status.ACCEPTED, now=now)
    return nominee


@transaction.atomic
def reject_nomination(
    *, nomination_id: int, reason: str, actor: Actor, now: datetime
) -> Nomination:
    """Turn a nomination down, and those merged into it; the nominators read the reason."""
    nomination = _lock_pending(nomination_id, actor, now)
    reason = tidy(reason)
    if not reason:
        raise ReasonNeeded
    followers = list(nomination.merged.all())
    for rejected in (nomination, *followers):
        _decide(rejected, Nomination.Status.REJECTED, reason, actor, now)
    merged = [follower.pk for follower in followers]
    _record(nomination, "rejected", actor, now, reason=nomination.status_reason, merged=merged)
    told = (nomination, *followers)
    tell_decided(told, outcome=Nomination.Status.REJECTED, now=now)
    return nomination


@transaction.atomic
def merge_nominations(
    *, nomination_id: int, into_id: int, actor: Actor, now: datetime
) -> Nomination:
    """Treat two nominations as one: this one follows the outcome of the other.

    Texts, files and nominators of both are kept. What was merged into this one goes along.
    """
    nomination = _lock_pending(nomination_id, actor, now)
    into = nomination.campaign.nominations.filter(pk=into_id).first()
    if into is None or into.pk == nomination.pk:
        raise CannotMerge
    if into.status not in {Nomination.Status.SUBMITTED, Nomination.Status.ACCEPTED}:
        raise CannotMerge
    nomination.merged_into = into
    nomination.nominee = into.nominee
    _decide(nomination, Nomination.Status.MERGED, _merged_words(into.name), actor, now)
    nomination.save(update_fields=["merged_into", "nominee"])
    nomination.merged.update(merged_into=into, nominee=into.nominee)
    _record(nomination, "merged", actor, now, into=into.pk)
    return nomination


@transaction.atomic
def merge_into_nominee(
    *, nomination_id: int, nominee_id: int, actor: Actor, now: datetime
) -> Nomination:
    """Count a nomination towards a candidate that exists already."""
    nomination = _lock_pending(nomination_id, actor, now)
    nominee = nomination.campaign.nominees.filter(pk=nominee_id).first()
    if nominee is None or nominee.status != Nominee.Status.CANDIDATE:
        raise CannotMerge
    nomination.nominee = nominee
    _decide(nomination, Nomination.Status.MERGED, _merged_words(nominee.name), actor, now)
    nomination.save(update_fields=["nominee"])
    nomination.merged.update(nominee=nominee)
    _record(nomination, "merged", actor, now, nominee=nominee.pk)
    return nomination


@transaction.atomic
def unmerge_nomination(*, nomination_id: int, actor: Actor, now: datetime) -> Nomination:
    """Put a merged nomination back into the queue, as long as the other is undecided."""
    nomination = _lock_nomination(nomination_id, actor)
    _check_stage(nomination.campaign, "review", now)
    into = nomination.merged_into
    if nomination.status != Nomination.Status.MERGED or into is None:
        raise CannotUnmerge
    if into.status != Nomination.Status.SUBMITTED:
        raise CannotUnmerge
    nomination.merged_into = None
    nomination.save(update_fields=["merged_into"])
    _decide(nomination, Nomination.Status.SUBMITTED, "", actor, now)
    _record(nomination, "unmerged", actor, now, into=into.pk)
    return nomination


def content_from(nomination: Nomination, *, has_picture: bool = False) -> NomineeContent:
    """Return what a nominee's page would tell if nobody edited the nomination."""
    first_sentence = nomination.reason.split("\n")[0].split("。")[0]
    card = Nominee.Card.VIDEO if nomination.video_url else Nominee.Card.TEXT
    return NomineeContent(
        name=nomination.name,
        unit=nomination.unit,
        category_id=nomination.category_id,
        merits=first_sentence[:80],
        story=nomination.reason,
        innovation=nomination.innovation,
        responsibility=nomination.responsibility,
        evidence=nomination.evidence,
        video_url=nomination.video_url,
        card=Nominee.Card.PICTURE if has_picture else card,
    )


def _merged_words(name: str) -> str:
    return _("与“%(name)s”的推荐内容相同，已合并办理。") % {"name": name}


def _open_campaign(campaign_id: int, feature: Feature, now: datetime) -> Campaign:
    campaign: Campaign | None = Campaign.objects.public().filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    _check_stage(campaign, feature, now)
    return campaign


def _check_stage(campaign: Campaign, feature: Feature, now: datetime) -> None:
    if campaign.cancelled_at is not None:
        raise CampaignCancelled
    stages = campaign.stages.open_at(now)
    if not any(feature in stage.phase.features for stage in stages):
        raise WrongStage


def _checked(campaign: Campaign, content: NominationContent) -> dict[str, object]:
    """Return the fields to store, tidied, or raise what is wrong with them."""
    texts = {
        name: tidy(getattr(content, name))
        for name in ("name", "unit", "reason", "innovation", "responsibility")
    }
    check_length(texts["name"], field="name", label=label_of("name"), at_least=2)
    reason_label = label_of("reason", Nomination)
    check_length(texts["reason"], field="reason", label=reason_label, at_least=REASON_AT_LEAST)
    for name in ("unit", "innovation", "responsibility"):
        check_length(texts[name], field=name, label=label_of(name))
    evidence = tidy_evidence(campaign, content.evidence)
    check_category(campaign, content.category_id)
    video_url = content.video_url.strip()
    if video_url:
        check_length(video_url, field="video_url", label=label_of("video_url"))
        check_video_url(video_url)
    check_wording({label_of(name, Nomination): text for name, text in texts.items()})
    check_wording({label_of("evidence"): "\n".join(evidence.values())})
    return {
        **texts,
        "evidence": evidence,
        "category_id": content.category_id,
        "video_url": video_url,
    }


def _few_enough(files: Sequence[NewFile]) -> Sequence[NewFile]:
    kinds = [new.kind for new in files]
    if kinds.count("picture") > PICTURES or kinds.count("video") > VIDEOS:
        raise TooManyFiles(pictures=PICTURES, videos=VIDEOS)
    return files


def _few_pictures(pictures: Sequence[AcceptedFile]) -> Sequence[AcceptedFile]:
    """Refuse too many before any of them is decoded."""
    if len(pictures) > MOST_PICTURES:
        raise TooManyPictures(most=MOST_PICTURES)
    return pictures


def _checked_file(new: NewFile) -> Upload:
    return clean_picture(new.content) if new.kind == "picture" else clean_video(new.content)


def _check_own_nominations(campaign: Campaign, citizen_id: str, name: object) -> None:
    own = campaign.nominations.filter(by_citizen_id=citizen_id)
    names = [plain_name(known) for known in own.values_list("name", flat=True)]
    if plain_name(str(name)) in names:
        raise AlreadyNominated(name=name)
    if len(names) >= NOMINATIONS_PER_CITIZEN:
        raise TooManyNominations(limit=NOMINATIONS_PER_CITIZEN)


def _find_nomination(nomination_id: int, actor: Actor) -> Nomination:
    visible = Nomination.objects.visible_to(actor).select_related("campaign")
    nomination: Nomination | None = visible.filter(pk=nomination_id).first()
    if nomination is None:
        raise NominationNotFound
    actor.check("nominations.review", nomination.campaign.agency_id)
    return nomination


def _lock_nomination(nomination_id: int, actor: Actor) -> Nomination:
    """Fetch and lock, the campaign (and so its numbering) first: one order everywhere."""
    campaign_id = _find_nomination(nomination_id, actor).campaign_id
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    locked = Nomination.objects.select_for_update(of=("self",), no_key=True)
    nomination: Nomination = locked.select_related("campaign").get(pk=nomination_id)
    return nomination


def _lock_pending(nomination_id: int, actor: Actor, now: datetime) -> Nomination:
    """Fetch and lock a nomination that waits for review."""
    nomination = _lock_nomination(nomination_id, actor)
    _check_pending(nomination, now)
    return nomination


def _check_pending(nomination: Nomination, now: datetime) -> None:
    if nomination.status != Nomination.Status.SUBMITTED:
        raise NominationDecided(status=nomination.get_status_display())
    _check_stage(nomination.campaign, "review", now)


def _decide(nomination: Nomination, status: str, reason: str, actor: Actor, now: datetime) -> None:
    is_pending = status == Nomination.Status.SUBMITTED
    nomination.status = status
    nomination.status_reason = reason[:300]
    nomination.decided_by_id = None if is_pending or actor.kind != "staff" else int(actor.id)
    nomination.decided_at = None if is_pending else now
    nomination.save(update_fields=["status", "status_reason", "decided_by", "decided_at"])


def _file_of(nomination: Nomination, accepted: AcceptedFile, kind: str) -> Upload:
    """Return a file of this nomination or of one merged into it."""
    family = [nomination.pk, *nomination.merged.values_list("pk", flat=True)]
    found = NominationFile.objects.filter(
        pk=accepted.file_id, nomination_id__in=family, kind=kind
    ).first()
    if found is None:
        raise NominationNotFound
    return found.file


def _clean_copy(
    nomination: Nomination, accepted: AcceptedFile, kind: Literal["picture", "video"]
) -> Upload:
    """Return a checked copy of a nomination's file; its words must be there as well."""
    stored = _file_of(nomination, accepted, kind)
    if kind == "picture":
        picture_words(accepted.alternative)
    else:
        video_words(accepted.alternative)
    with stored.open("rb") as upload:
        return clean_picture(upload) if kind == "picture" else clean_video(upload)


def _publish_file(nomination: Nomination, clean: Upload, accepted: AcceptedFile) -> int:
    picture = publish_picture(
        clean=clean,
        agency=nomination.campaign.agency,
        title=nomination.name,
        words=picture_words(accepted.alternative),
        credit=_("公众推荐材料"),
    )
    return int(picture.pk)


def _record(
    nomination: Nomination, verb: str, actor: Actor, now: datetime, **facts: object
) -> None:
    audit.record(
        actor=actor,
        act=f"campaigns.nomination.{verb}",
        target=nomination,
        now=now,
        agency_id=nomination.campaign.agency_id,
        **facts,
    )
