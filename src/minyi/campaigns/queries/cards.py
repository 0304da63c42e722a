# SPDX-License-Identifier: Apache-2.0
"""Nominees as the public sees them: cards in a list, and a page where merits come first.

No count is in here: neither list nor page of a nominee shows votes, in any mode. Counts live on the
board, after the reader has met the merits.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.urls import reverse

from minyi.campaigns.errors import CandidateNotFound, CandidatesNotPublic
from minyi.campaigns.models import Nominee

from .public import CARD_SIZES, PAGE_SIZES, PublicCampaign, Said, Shown, gallery_of, say, show


@dataclass(frozen=True, slots=True)
class NomineeCard:
    """What `ui/_nominee_card.html` draws; `id` is what a ballot names: the number."""

    id: int
    number: int
    name: str
    unit: str
    category: Said
    category_id: int | None
    summary: str
    url: str
    picture_url: str = ""
    picture_srcset: str = ""
    picture_alt: str = ""
    video_url: str = ""
    poster_url: str = ""

    def matches(self, words: str) -> bool:
        """Tell whether a reader who searches these words means this nominee."""
        texts = (f"{self.number}号", self.name, self.unit, self.category.text, self.summary)
        hay = " ".join(texts).casefold()
        return (words.isdecimal() and int(words) == self.number) or all(
            word in hay for word in words.casefold().split()
        )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a nominee shows for one criterion."""

    criterion: Said
    weight: int
    text: Said


@dataclass(frozen=True, slots=True)
class NomineePage:
    """One nominee in full."""

    number: int
    name: Said
    unit: Said
    category: Said
    merits: Said
    story: Said
    innovation: Said
    responsibility: Said
    evidence: tuple[Evidence, ...]
    pictures: tuple[Shown, ...]
    video_url: str  # our own file, played in the page
    video_caption: str
    video_link: str  # somebody else's page, opened by the reader
    is_withdrawn: bool
    status_reason: str

    @property
    def picture(self) -> Shown | None:
        """Return the one that stands for the nominee where there is room for one."""
        return next(iter(self.pictures), None)


def list_cards(*, campaign: PublicCampaign, language: str) -> list[NomineeCard]:
    """Return the candidates of a campaign, by number."""
    rows = (
        Nominee.objects.filter(campaign_id=campaign.id, status=Nominee.Status.CANDIDATE)
        .defer("story", "innovation", "responsibility", "evidence", "figures_source")
        .prefetch_related(gallery_of(CARD_SIZES, only_first=True))
        .order_by("number")
    )
    base = reverse("campaigns:nominees", args=[campaign.slug])
    kinds = _kinds(campaign)
    return [_card(row, campaign, base, kinds, language) for row in rows]


def get_nominee(*, campaign: PublicCampaign, number: int, language: str) -> NomineePage:
    """Return one nominee of a campaign; a withdrawn one is still there, and says why.

    Nobody is told of before the candidates are announced, through whatever edge they ask.
    """
    if not campaign.shows_candidates:
        raise CandidatesNotPublic
    row = (
        Nominee.objects.filter(campaign_id=campaign.id, number=number)
        .prefetch_related(gallery_of(PAGE_SIZES))
        .first()
    )
    if row is None:
        raise CandidateNotFound
    return NomineePage(
        number=row.number,
        name=_said(row, campaign, "name", language),
        unit=_said(row, campaign, "unit", language),
        category=_kinds(campaign).get(row.category_id or 0, Said("")),
        merits=_said(row, campaign, "merits", language),
        story=_said(row, campaign, "story", language),
        innovation=_said(row, campaign, "innovation", language),
        responsibility=_said(row, campaign, "responsibility", language),
        evidence=_evidence(row, campaign, language),
        pictures=_pictures(row, PAGE_SIZES),
        video_url=row.video_file.url if row.video_file else "",
        video_caption=row.video_caption,
        video_link=row.video_url,
        is_withdrawn=row.status == Nominee.Status.WITHDRAWN,
        status_reason=row.status_reason,
    )


def _card(
    row: Nominee, campaign: PublicCampaign, base: str, kinds: Mapping[int, Said], language: str
) -> NomineeCard:
    has_picture = row.card != Nominee.Card.TEXT
    picture = next(iter(_pictures(row, CARD_SIZES)), None) if has_picture else None
    is_film = row.card == Nominee.Card.VIDEO and bool(row.video_file)
    return NomineeCard(
        id=row.number,
        number=row.number,
        name=str(_said(row, campaign, "name", language)),
        unit=_said(row, campaign, "unit", language).text,
        category=kinds.get(row.category_id or 0, Said("")),
        category_id=row.category_id,
        summary=_said(row, campaign, "merits", language).text,
        url=f"{base}{row.number}/",
        picture_url=picture.url if picture else "",
        picture_srcset=picture.srcset if picture else "",
        picture_alt=picture.alternative if picture else "",
        video_url=row.video_file.url if is_film else "",
        poster_url=picture.url if picture and is_film else "",
    )


def _pictures(row: Nominee, sizes: tuple[str, str]) -> tuple[Shown, ...]:
    shown = (show(hanging.picture, sizes) for hanging in row.gallery.all())
    return tuple(picture for picture in shown if picture)


def _kinds(campaign: PublicCampaign) -> dict[int, Said]:
    return {kind.id: kind.name for kind in campaign.categories}


def _evidence(row: Nominee, campaign: PublicCampaign, language: str) -> tuple[Evidence, ...]:
    texts = row.evidence or {}
    translations = campaign.translations_of(row.translations)
    return tuple(
        Evidence(
            criterion=standard.name,
            weight=standard.weight,
            text=say(
                texts[str(standard.id)],
                translations,
                language=language,
                field=f"evidence.{standard.id}",
            ),
        )
        for standard in campaign.criteria
        if texts.get(str(standard.id))
    )


def _said(row: Nominee, campaign: PublicCampaign, field: str, language: str) -> Said:
    translations = campaign.translations_of(row.translations)
    return say(getattr(row, field), translations, language=language, field=field)
