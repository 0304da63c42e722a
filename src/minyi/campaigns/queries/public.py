# SPDX-License-Identifier: Apache-2.0
"""What the public may read of a campaign: frozen values in the reader's language.

Content is written in Chinese and translated field by field (`translations`: language → field →
text). Where a translation is missing the original stands, and says so.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

from django.db.models import Exists, OuterRef, Prefetch
from django.utils.translation import gettext as _
from wagtail.images import get_image_model
from wagtail.images.models import Filter, SourceImageIOError

from minyi.campaigns.errors import CampaignNotFound
from minyi.campaigns.models import (
    Campaign,
    Category,
    Criterion,
    NomineePicture,
    Result,
    Round,
    Stage,
)
from minyi.core.clock import moment_at

ORIGINAL = "zh-hans"
# Phones with three device pixels to one still need no more than the larger of each pair.
COVER_SIZES = (
    "fill-400x200|format-webp|webpquality-64",
    "fill-800x400|format-webp|webpquality-64",
)
CARD_SIZES = ("fill-200x150|format-webp|webpquality-64", "fill-400x300|format-webp|webpquality-60")
PAGE_SIZES = ("fill-400x300|format-webp|webpquality-60", "fill-800x600|format-webp|webpquality-66")
State = Literal["soon", "open", "paused", "closed"]
Translations = Mapping[str, Mapping[str, str]]  # language → field → text


@dataclass(frozen=True, slots=True)
class Said:
    """A text in the reader's language, or the original where nobody has translated it yet."""

    text: str
    is_fallback: bool = False

    def __str__(self) -> str:
        return f"{self.text}{_('（原文）')}" if self.is_fallback else self.text

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture in two sizes; width and height are those of the first."""

    url: str
    srcset: str
    width: int
    height: int
    alternative: str


@dataclass(frozen=True, slots=True)
class StageRow:
    """A line of the timetable; `public` says what a citizen can do while it is open."""

    kind: str
    name: str
    public: str
    note: Said
    opens_at: datetime
    closes_at: datetime
    state: Literal["done", "now", "soon"]


@dataclass(frozen=True, slots=True)
class Standard:
    """One weighted criterion."""

    id: int
    name: Said
    explanation: Said
    weight: int


@dataclass(frozen=True, slots=True)
class Kind:
    """A category of nominees."""

    id: int
    name: Said


@dataclass(frozen=True, slots=True)
class Voting:
    """The ballot paper as it stands at one moment."""

    round_id: int
    opens_at: datetime
    closes_at: datetime
    state: State
    pause_reason: str
    order_seed: str
    numbers: frozenset[int]
    has_log: bool
    is_sealed: bool


@dataclass(frozen=True, slots=True)
class CampaignCard:
    """A campaign in the list of all."""

    slug: str
    title: Said
    theme: Said
    office: str
    cover: Shown | None
    state: Literal["open", "soon", "done"]
    stage: StageRow | None

    @property
    def can_vote(self) -> bool:
        return self.stage is not None and self.stage.kind == "voting"

    account: str = ""
    is_paused: bool = False  # the vote that would be open now is stopped


@dataclass(frozen=True, slots=True)
class PublicCampaign:
    """Everything the citizens' pages of one campaign need; no count is in here."""

    id: int
    slug: str
    type: str
    title: Said
    theme: Said
    purpose: Said
    scope: Said
    seats: int
    office_name: str
    help_phone: str
    supervision_phone: str
    supervision_email: str
    account: str
    account_name: str
    languages: frozenset[str]
    approval_number: str
    publicity_days: int
    is_free: bool
    is_voluntary: bool
    min_picks: int
    max_picks: int
    frequency: str
    count_mode: str
    count_hours: tuple[int, ...]
    public_weight: int
    jury_weight: int
    figures_weight: int
    tie_rule: str
    stages: tuple[StageRow, ...]
    features: frozenset[str]
    candidates_from: datetime | None
    shows_candidates: bool
    criteria: tuple[Standard, ...]
    categories: tuple[Kind, ...]
    voting: Voting | None
    has_result: bool

    def translations_of(self, stored: Translations | None) -> Translations:
        """Keep the languages this campaign is published in; a translation in the making waits."""
        return _offered(stored, self.languages)

    @property
    def moves_by_the_second(self) -> bool:
        """Tell whether there is a live board to follow now."""
        is_on = self.voting is not None and self.voting.state in ("open", "paused")
        return is_on and self.count_mode == Campaign.CountMode.LIVE

    @property
    def open_stages(self) -> list[StageRow]:
        return [stage for stage in self.stages if stage.state == "now"]

    @property
    def next_stage(self) -> StageRow | None:
        return next((stage for stage in self.stages if stage.state == "soon"), None)


def say(original: str, translations: Translations, *, language: str, field: str) -> Said:
    """Return a text in that language; the original, marked, where there is none."""
    if language == ORIGINAL or not original:
        return Said(original)
    translated = translations.get(language, {}).get(field, "")
    return Said(translated) if translated else Said(original, is_fallback=True)


def list_campaigns(*, language: str, now: datetime) -> list[CampaignCard]:
    """Return all public campaigns: first those that are open, then those to come, then the rest."""
    rows = (
        Campaign.objects.public()
        .select_related("agency", "account", "round")
        .prefetch_related("stages", pictures_of("cover", COVER_SIZES))
    )
    cards = [_card(campaign, language, now) for campaign in rows]
    rank = {"open": 0, "soon": 1, "done": 2}
    return sorted(cards, key=lambda card: (rank[card.state], not card.can_vote))


def get_campaign(*, slug: str, language: str, now: datetime) -> PublicCampaign:
    """Return a launched campaign, or say that there is none."""
    signed = Result.objects.filter(campaign=OuterRef("pk"), signed_at__isnull=False)
    campaign = (
        Campaign.objects.public()
        .filter(slug=slug)
        .select_related("agency", "account", "round")
        .annotate(
            is_signed=Exists(signed),
            is_published=Exists(signed.filter(published_at__isnull=False)),
        )
        .prefetch_related("stages", "criteria", "categories")
        .first()
    )
    if campaign is None:
        raise CampaignNotFound
    return _public(campaign, language, now)


def find_cover(*, campaign_id: int) -> Shown | None:
    """Return the campaign's cover, if it has one."""
    campaign = Campaign.objects.prefetch_related(pictures_of("cover", COVER_SIZES))
    return show(campaign.get(pk=campaign_id).cover, COVER_SIZES)


def show(picture: object, sizes: tuple[str, str]) -> Shown | None:
    """Return the addresses of a picture in two sizes, or None when there is no readable picture."""
    if picture is None:
        return None
    filters = [_filter(size) for size in sizes]
    found = picture.find_existing_renditions(*filters)  # type: ignore[attr-defined]
    if len(found) < len(filters):
        try:
            made = picture.get_renditions(*filters)  # type: ignore[attr-defined]
        except SourceImageIOError:
            return None
        found = {one: made[one.spec] for one in filters}
    small, large = (found[one] for one in filters)
    address = small.url
    return Shown(
        url=address,
        srcset=f"{address} {small.width}w, {large.url} {large.width}w",
        width=small.width,
        height=small.height,
        alternative=picture.alternative,  # type: ignore[attr-defined]
    )


@cache
def _filter(size: str) -> Filter:
    """Parse a size once: Wagtail would do it for every picture of every request."""
    return Filter(spec=size)


def gallery_of(sizes: tuple[str, str], *, only_first: bool = False) -> "Prefetch[str, Any, str]":
    """Prefetch nominees' pictures in order with their renditions, or the first of each alone."""
    hanging = NomineePicture.objects.select_related("picture").prefetch_related(
        # As `prefetch_renditions` does it; two queries instead of three.
        Prefetch(
            "picture__renditions",
            queryset=get_image_model().get_rendition_model().objects.filter(filter_spec__in=sizes),
            to_attr="prefetched_renditions",
        )
    )
    return Prefetch("gallery", queryset=hanging.filter(place=0) if only_first else hanging)


def pictures_of(field: str, sizes: tuple[str, str]) -> "Prefetch[str, Any, str]":
    """Prefetch pictures with their renditions: two queries however many rows there are."""
    return Prefetch(field, queryset=get_image_model().objects.prefetch_renditions(*sizes))


def _card(campaign: Campaign, language: str, now: datetime) -> CampaignCard:
    stages = _stages(campaign, language, now)
    telling = _most_telling(stages)
    coming = next((stage for stage in stages if stage.state == "soon"), None)
    state: Literal["open", "soon", "done"] = "open" if telling else "soon" if coming else "done"
    if telling and telling.kind == "result":
        state = "done"  # the result is out: there is nothing left to take part in
    return CampaignCard(
        slug=campaign.slug,
        title=_said(campaign, "title", language),
        theme=_said(campaign, "theme", language),
        office=campaign.agency.name,
        cover=show(campaign.cover, COVER_SIZES),
        state=state,
        stage=telling or coming or (stages[-1] if stages else None),
        account=campaign.account.slug if campaign.account else "",
        is_paused=_is_paused(campaign, telling),
    )


def _is_paused(campaign: Campaign, telling: StageRow | None) -> bool:
    paper: Round | None = getattr(campaign, "round", None)
    is_voting = telling is not None and telling.kind == "voting"
    return is_voting and paper is not None and paper.paused


def _most_telling(stages: tuple[StageRow, ...]) -> StageRow | None:
    """Of the stages that are open together, name the one in which citizens can act."""
    now = [stage for stage in stages if stage.state == "now"]
    telling = [stage for stage in now if stage.kind in ("voting", "nomination", "publicity")]
    return next(iter(telling or now), None)


def _public(campaign: Campaign, language: str, now: datetime) -> PublicCampaign:
    stages = _stages(campaign, language, now)
    account = campaign.account
    looks = [stage.opens_at for stage in campaign.stages.all() if "look" in stage.phase.features]
    candidates_from = min(looks, default=None)
    open_stages = [stage for stage in campaign.stages.all() if stage.is_open(now)]
    return PublicCampaign(
        id=campaign.pk,
        slug=campaign.slug,
        type=campaign.type,
        title=_said(campaign, "title", language),
        theme=_said(campaign, "theme", language),
        purpose=_said(campaign, "purpose", language),
        scope=_said(campaign, "scope", language),
        seats=campaign.seats,
        office_name=campaign.agency.name,
        help_phone=campaign.agency.help_phone,
        supervision_phone=campaign.agency.supervision_phone,
        supervision_email=campaign.agency.supervision_email,
        account=account.slug if account else "",
        account_name=account.name if account else "",
        languages=frozenset({ORIGINAL, *campaign.languages}),
        approval_number=campaign.approval_number,
        publicity_days=campaign.publicity_days,
        is_free=campaign.is_free,
        is_voluntary=campaign.is_voluntary,
        min_picks=campaign.min_picks,
        max_picks=campaign.max_picks,
        frequency=campaign.frequency,
        count_mode=campaign.count_mode,
        count_hours=tuple(sorted(campaign.count_hours)),
        public_weight=campaign.public_weight,
        jury_weight=campaign.jury_weight,
        figures_weight=campaign.figures_weight,
        tie_rule=campaign.tie_rule,
        stages=stages,
        features=frozenset().union(*(stage.phase.features for stage in open_stages)),
        candidates_from=candidates_from,
        shows_candidates=candidates_from is not None and candidates_from <= now,
        criteria=tuple(
            Standard(
                id=row.pk,
                name=said_of_row(campaign, row, "name", language),
                explanation=said_of_row(campaign, row, "explanation", language),
                weight=row.weight,
            )
            for row in campaign.criteria.all()
        ),
        categories=tuple(
            Kind(row.pk, said_of_row(campaign, row, "name", language))
            for row in campaign.categories.all()
        ),
        voting=_voting(getattr(campaign, "round", None), now),
        has_result=_has_result(campaign, now),
    )


def _said(campaign: Campaign, field: str, language: str) -> Said:
    translations = _offered(campaign.translations, campaign.languages)
    return say(getattr(campaign, field), translations, language=language, field=field)


def said_of_row(
    campaign: Campaign, row: Criterion | Category | Stage, field: str, language: str
) -> Said:
    """Return a text of one of the campaign's lines in that language, or the original, marked."""
    translations = _offered(row.translations, campaign.languages)
    return say(getattr(row, field), translations, language=language, field=field)


def _offered(stored: Translations | None, languages: Collection[str]) -> Translations:
    return {code: texts for code, texts in (stored or {}).items() if code in languages}


def _stages(campaign: Campaign, language: str, now: datetime) -> tuple[StageRow, ...]:
    return tuple(
        StageRow(
            kind=row.kind,
            name=str(row.phase.name),
            public=str(row.phase.public),
            note=said_of_row(campaign, row, "note", language),
            opens_at=row.opens_at,
            closes_at=row.closes_at,
            state="now" if row.is_open(now) else "soon" if now < row.opens_at else "done",
        )
        for row in campaign.stages.all()
    )


def _voting(paper: Round | None, now: datetime) -> Voting | None:
    if paper is None:
        return None
    now_ms = int(now.timestamp() * 1000)
    state: State = "open"
    if now_ms < paper.opens_ms:
        state = "soon"
    elif now_ms >= paper.closes_ms:
        state = "closed"
    elif paper.paused:
        state = "paused"
    return Voting(
        round_id=paper.pk,
        opens_at=moment_at(paper.opens_ms),
        closes_at=moment_at(paper.closes_ms),
        state=state,
        pause_reason=paper.pause_reason,
        order_seed=paper.order_seed,
        numbers=frozenset(_numbers(paper)),
        has_log=bool(paper.log),
        is_sealed=paper.is_sealed,
    )


def _has_result(campaign: Campaign, now: datetime) -> bool:
    """As `queries.results.public_result` has it: final, or signed and open to objections."""
    if campaign.is_published:
        return True
    if not campaign.is_signed:
        return False
    begun = (stage for stage in campaign.stages.all() if stage.opens_at <= now)
    return any("object" in stage.phase.features for stage in begun)


def _numbers(paper: Round) -> list[int]:
    numbers: list[int] = json.loads(paper.candidates)
    return numbers
