# SPDX-License-Identifier: Apache-2.0
"""The public REST API of selections: what the pages show, for programmes. Read only.

Counts come through the same gate as everywhere; errors are problem details (RFC 9457).
"""

from datetime import datetime
from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import activate, get_language
from ninja import Field, Router, Schema

from .queries.board import board_of
from .queries.cards import get_nominee, list_cards
from .queries.counts import CountsHidden
from .queries.public import PublicCampaign, get_campaign, list_campaigns
from .queries.results import public_result

router = Router(tags=["campaigns"])
Language = Literal["zh-hans", "zh-hant", "en"]  # settings.LANGUAGES; a test compares
FRESH_S = 2  # seconds a shared cache may keep an answer: counts are at most that old


class CampaignOut(Schema):
    slug: str
    title: str
    theme: str
    office: str
    state: Literal["open", "soon", "done"]
    url: str


class StageOut(Schema):
    kind: str
    name: str
    note: str
    opens_at: datetime
    closes_at: datetime
    state: Literal["done", "now", "soon"]


class CriterionOut(Schema):
    id: int
    name: str
    explanation: str
    weight: int


class CampaignDetailOut(Schema):
    slug: str
    type: str
    title: str
    theme: str
    purpose: str
    scope: str
    seats: int
    office: str
    approval_number: str
    min_picks: int
    max_picks: int
    frequency: str
    count_mode: str
    count_hours: list[int]
    weights: dict[str, int]
    tie_rule: str
    stages: list[StageOut]
    criteria: list[CriterionOut]
    categories: list[str]
    has_result: bool


class NomineeOut(Schema):
    number: int
    name: str
    unit: str
    category: str
    merits: str
    url: str


class EvidenceOut(Schema):
    criterion: str
    weight: int
    text: str


class PictureOut(Schema):
    url: str
    alternative: str


class NomineeDetailOut(Schema):
    number: int
    name: str
    unit: str
    category: str
    merits: str
    story: str
    innovation: str
    responsibility: str
    evidence: list[EvidenceOut]
    pictures: list[PictureOut]
    is_withdrawn: bool
    status_reason: str


class CountOut(Schema):
    number: int
    name: str
    votes: int
    is_withdrawn: bool


class LogMarkOut(Schema):
    """The public log at /ledger/<folder>/ and its state: entries, and root of the checkpoint."""

    folder: str
    size: int
    root: str


class CountsOut(Schema):
    """`hidden` says why there are no rows yet; `next_at` when there will be newer ones."""

    hidden: str | None = None
    ballots: int | None = None
    as_of: datetime | None = None
    next_at: datetime | None = None
    log: LogMarkOut | None = None
    rows: list[CountOut] = []


class ResultLineOut(Schema):
    rank: int
    is_selected: bool
    is_shared: bool
    number: int
    name: str
    votes: int
    public_points: str
    jury_points: str
    figures_points: str
    score: str


class ResultOut(Schema):
    """`state` «proposed» is open to objections, «final» is published.

    Points and scores are decimal strings: a binary float would round them. `digest` is what the
    supervisor signed.
    """

    state: Literal["proposed", "final"]
    formula: str
    tie_words: str
    ballots: int
    digest: str
    signed_by: str
    signed_at: datetime
    published_at: datetime | None
    log: LogMarkOut | None = Field(None, validation_alias="mark")
    lines: list[ResultLineOut]


@router.get("", response=list[CampaignOut], summary="列出已发布的活动")
def campaigns(
    request: HttpRequest, response: HttpResponse, language: Language | None = None
) -> list[CampaignOut]:
    """List the public campaigns: open ones first."""
    _begin(response, language)
    return [
        CampaignOut(
            slug=card.slug,
            title=card.title.text,
            theme=card.theme.text,
            office=card.office,
            state=card.state,
            url=_absolute(request, f"/c/{card.slug}/"),
        )
        for card in list_campaigns(language=_language(), now=timezone.now())
    ]


@router.get("{slug}", response=CampaignDetailOut, summary="一个活动的规则和日程")
def campaign(
    request: HttpRequest, response: HttpResponse, slug: str, language: Language | None = None
) -> CampaignDetailOut:
    """Return the rules and the timetable of one campaign."""
    _begin(response, language)
    found = _campaign(slug)
    return CampaignDetailOut(
        **{field: getattr(found, field) for field in _SAME},
        title=found.title.text,
        theme=found.theme.text,
        purpose=found.purpose.text,
        scope=found.scope.text,
        office=found.office_name,
        count_hours=list(found.count_hours),
        weights={
            "public": found.public_weight,
            "jury": found.jury_weight,
            "figures": found.figures_weight,
        },
        stages=[
            StageOut(
                kind=stage.kind,
                name=stage.name,
                note=stage.note.text,
                opens_at=stage.opens_at,
                closes_at=stage.closes_at,
                state=stage.state,
            )
            for stage in found.stages
        ],
        criteria=[
            CriterionOut(id=c.id, name=c.name.text, explanation=c.explanation.text, weight=c.weight)
            for c in found.criteria
        ],
        categories=[kind.name.text for kind in found.categories],
    )


@router.get("{slug}/nominees", response=list[NomineeOut], summary="候选对象")
def nominees(
    request: HttpRequest, response: HttpResponse, slug: str, language: Language | None = None
) -> list[NomineeOut]:
    """List the candidates by number, once they are shown."""
    _begin(response, language)
    found = _campaign(slug)
    if not found.shows_candidates:
        return []
    return [
        NomineeOut(
            number=card.number,
            name=card.name,
            unit=card.unit,
            category=card.category.text,
            merits=card.summary,
            url=_absolute(request, card.url),
        )
        for card in list_cards(campaign=found, language=_language())
    ]


@router.get("{slug}/nominees/{int:number}", response=NomineeDetailOut, summary="一个候选对象")
def nominee(
    request: HttpRequest,
    response: HttpResponse,
    slug: str,
    number: int,
    language: Language | None = None,
) -> NomineeDetailOut:
    """Return what is told of one candidate."""
    _begin(response, language)
    found = get_nominee(campaign=_campaign(slug), number=number, language=_language())
    return NomineeDetailOut(
        number=found.number,
        name=found.name.text,
        unit=found.unit.text,
        category=found.category.text,
        merits=found.merits.text,
        story=found.story.text,
        innovation=found.innovation.text,
        responsibility=found.responsibility.text,
        evidence=[
            EvidenceOut(criterion=e.criterion.text, weight=e.weight, text=e.text.text)
            for e in found.evidence
        ],
        pictures=[
            PictureOut(url=_absolute(request, shown.url), alternative=shown.alternative)
            for shown in found.pictures
        ],
        is_withdrawn=found.is_withdrawn,
        status_reason=found.status_reason,
    )


@router.get("{slug}/counts", response=CountsOut, summary="可以公布的票数")
def counts(
    request: HttpRequest, response: HttpResponse, slug: str, language: Language | None = None
) -> CountsOut:
    """Return what may be known of the count now, or why nothing may."""
    _begin(response, language)
    board = board_of(campaign_id=_campaign(slug).id, now=timezone.now())
    if isinstance(board, CountsHidden):
        return CountsOut(hidden=board.mode, next_at=board.next_at)
    rows = [CountOut.model_validate(row, from_attributes=True) for row in board.rows]
    log = LogMarkOut.model_validate(board.mark, from_attributes=True) if board.mark else None
    return CountsOut(
        ballots=board.ballots, as_of=board.as_of, next_at=board.next_at, log=log, rows=rows
    )


@router.get("{slug}/result", response=ResultOut, summary="公示和公布的结果")
def result(
    request: HttpRequest, response: HttpResponse, slug: str, language: Language | None = None
) -> ResultOut:
    """Return the result with its formula, from publicity on; 404 before."""
    _begin(response, language)
    found = public_result(campaign_id=_campaign(slug).id, now=timezone.now())
    return ResultOut.model_validate(found, from_attributes=True)


_SAME = (
    *("slug", "type", "seats", "approval_number", "min_picks", "max_picks", "frequency"),
    *("count_mode", "tie_rule", "has_result"),
)


def _begin(response: HttpResponse, language: Language | None) -> None:
    """Speak the language that was asked for; let caches keep the answer for a moment.

    Without `language` the texts follow cookie and Accept-Language, as on the pages.
    """
    if language is not None:
        activate(language)  # for this request: the next one's middleware sets its own
    patch_cache_control(response, public=True, max_age=FRESH_S)
    patch_vary_headers(response, ["Cookie", "Accept-Language"])


def _campaign(slug: str) -> PublicCampaign:
    return get_campaign(slug=slug, language=_language(), now=timezone.now())


def _language() -> str:
    return get_language() or "zh-hans"


def _absolute(request: HttpRequest, path: str) -> str:
    return request.build_absolute_uri(path)
