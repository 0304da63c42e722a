# SPDX-License-Identifier: Apache-2.0
"""The public REST API of selections: what the pages show, for programmes. Read only.

Counts come through the same gate as everywhere; errors are problem details (RFC 9457).
"""

from typing import Literal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import activate, get_language
from ninja import Router

from .queries.board import board_of
from .queries.cards import get_nominee, list_cards
from .queries.counts import CountsHidden
from .queries.fairness import fair_count
from .queries.public import PublicCampaign, get_campaign, list_campaigns
from .queries.results import public_result
from .schemas import (
    CampaignDetailOut,
    CampaignOut,
    CountOut,
    CountsOut,
    CriterionOut,
    EvidenceOut,
    LogMarkOut,
    NomineeDetailOut,
    NomineeOut,
    PictureOut,
    ResultOut,
    StageOut,
    TreatmentOut,
)

router = Router(tags=["campaigns"])
Language = Literal["zh-hans", "zh-hant", "en"]  # settings.LANGUAGES; a test compares
FRESH_S = 2  # seconds a shared cache may keep an answer: counts are at most that old


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


@router.get("{slug}/treatment", response=TreatmentOut, summary="选票的认定情况")
def treatment(
    request: HttpRequest, response: HttpResponse, slug: str, language: Language | None = None
) -> TreatmentOut:
    """Return what became of the ballots, over time, by reason and by candidate, or why not yet."""
    _begin(response, language)
    found = fair_count(campaign=_campaign(slug), now=timezone.now())
    if isinstance(found, CountsHidden):
        return TreatmentOut(hidden=found.mode, next_at=found.next_at)
    told = {name: getattr(found.fairness, name) for name in _FAIRNESS if found.fairness}
    told |= {name: getattr(found.counts, name) for name in _TREATED} | {"log": found.counts.mark}
    return TreatmentOut.model_validate(told, from_attributes=True)


@router.get("{slug}/result", response=ResultOut, summary="公示和公布的结果")
def result(
    request: HttpRequest, response: HttpResponse, slug: str, language: Language | None = None
) -> ResultOut:
    """Return the result with its formula, from publicity on; 404 before."""
    _begin(response, language)
    found = public_result(campaign_id=_campaign(slug).id, now=timezone.now())
    return ResultOut.model_validate(found, from_attributes=True)


_FAIRNESS = ("by_day", "spans", "candidates", "firmness")
_TREATED = ("as_of", "raw", "valid", "quarantined", "void", "reasons")
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
