# SPDX-License-Identifier: Apache-2.0
"""Results as frozen values: what there is to compute from, and what may be shown to whom."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import QuerySet
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from minyi.campaigns import scoring
from minyi.campaigns.errors import ResultNotFound
from minyi.campaigns.models import (
    Campaign,
    Category,
    Criterion,
    Juror,
    JuryScore,
    Nominee,
    Result,
    ResultLine,
)
from minyi.campaigns.models.nominees import OfCampaignQuerySet
from minyi.campaigns.scoring import Entry, Placed, Weights
from minyi.core.actors import Actor
from minyi.core.words import listed
from minyi.ledger.faults import Fault, FaultLine, by_kind

from .counts import LogMark
from .public import ORIGINAL, said_of_row

State = Literal["computed", "signed", "proposed", "final"]
FORMAT = "minyi-result/1"


@dataclass(frozen=True, slots=True)
class ShownLine:
    """One nominee in the result. Points are decimal text, spelled as they were hashed.

    `criteria`: the jurors' mean points, in the criteria's order.
    """

    rank: int
    is_selected: bool
    is_shared: bool
    number: int
    name: str
    unit: str
    category: str
    votes: int
    public_points: str
    jury_points: str
    figures_points: str
    figures_source: str
    score: str
    criteria: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShownResult:
    """A result with everything needed to redo it. `criteria` are (name, weight) pairs."""

    campaign_id: int
    slug: str
    title: str
    agency: str
    state: State
    ballots: int
    jurors: int
    seats: int
    weights: Weights
    criteria: tuple[tuple[str, int], ...]
    tie_words: str
    formula: str  # one sentence a line
    lines: tuple[ShownLine, ...]
    document: Mapping[str, object]
    digest: str
    computed_at: datetime
    computed_by: str
    signed_at: datetime | None
    signed_by: str
    signed_note: str
    published_at: datetime | None
    mark: LogMark | None  # the checkpoint of the public log that was counted
    faults: tuple[FaultLine, ...]  # entries of it that break a rule, and count for nothing

    @property
    def formula_lines(self) -> list[str]:
        return self.formula.splitlines()

    @property
    def figures_sources(self) -> list[str]:
        """Return where the 业务数据 come from, each source once."""
        return list(
            dict.fromkeys(line.figures_source for line in self.lines if line.figures_source)
        )

    @property
    def has_tie(self) -> bool:
        """Tell whether any rank is shared."""
        return any(line.is_shared for line in self.lines)

    @property
    def selected(self) -> int:
        """Return how many are selected: more than the seats when the rank at the cut is shared."""
        return sum(line.is_selected for line in self.lines)


@dataclass(frozen=True, slots=True)
class JurorProgress:
    """How far one juror has come: nominees scored on every criterion, of all candidates."""

    juror_id: int
    user_id: int
    name: str
    seat: str
    done: int
    due: int

    @property
    def missing(self) -> int:
        return self.due - self.done


def public_result(*, campaign_id: int, now: datetime) -> ShownResult:
    """Return the result as citizens may see it, or raise ResultNotFound.

    Final once published. Proposed (拟定结果) once signed and the publicity stage has opened: that
    is what people object to. Before that there is nothing, whatever the office has computed.
    """
    result = _rows().filter(campaign_id=campaign_id).first()
    if result is None or not result.campaign.is_launched or result.signed_at is None:
        raise ResultNotFound
    if result.published_at is not None:
        return _shown(result, "final")
    stages = result.campaign.stages.filter(opens_at__lte=now)
    if not any("object" in stage.phase.features for stage in stages):
        raise ResultNotFound
    return _shown(result, "proposed")


def published_result(*, campaign_id: int) -> ShownResult:
    """Return the final result, or raise ResultNotFound until it has been published."""
    result = _rows().filter(campaign_id=campaign_id, published_at__isnull=False).first()
    if result is None or not result.campaign.is_launched:
        raise ResultNotFound
    return _shown(result, "final")


def staff_result(*, campaign_id: int, actor: Actor) -> ShownResult | None:
    """Return the result as the office's own people see it; None before it is computed."""
    result = _rows().visible_to(actor).filter(campaign_id=campaign_id).first()
    if result is None:
        return None
    if result.published_at is not None:
        return _shown(result, "final")
    return _shown(result, "signed" if result.signed_at else "computed")


def jury_progress(campaign: Campaign) -> list[JurorProgress]:
    """Return how far every juror has come, in the order they were seated."""
    criteria = campaign.criteria.count()
    candidates = _candidates(campaign)
    due = candidates.count()
    given: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    scores = JuryScore.objects.filter(juror__campaign=campaign, nominee__in=candidates)
    for juror_id, nominee_id in scores.values_list("juror_id", "nominee_id"):
        given[juror_id][nominee_id] += 1
    return [
        JurorProgress(
            juror_id=juror.pk,
            user_id=juror.user_id,
            name=str(juror.user),
            seat=juror.seat,
            done=sum(number == criteria for number in given[juror.pk].values()),
            due=due,
        )
        for juror in Juror.objects.filter(campaign=campaign).select_related("user").order_by("id")
    ]


def without_figures(campaign: Campaign) -> list[str]:
    """Return the candidates that have no 业务数据 yet, as «number name»."""
    bare = _candidates(campaign).filter(figures__isnull=True).order_by("number")
    return [f"{number} 号{name}" for number, name in bare.values_list("number", "name")]


def gather_entries(
    campaign: Campaign, votes: Mapping[int, int], *, without_juror: int | None = None
) -> list[Entry]:
    """Return every candidate with votes, jury and figures; a part of no weight counts as zero."""
    weights = {criterion.pk: criterion.weight for criterion in campaign.criteria.all()}
    scores = _scores_by_nominee(campaign, without_juror) if campaign.jury_weight else {}
    entries = []
    for nominee in _candidates(campaign).order_by("number"):
        by_juror = scores.get(nominee.pk, {}).values()
        given = [one for one in by_juror if one.keys() == weights.keys()]
        figures = nominee.figures if campaign.figures_weight else None
        entries.append(
            Entry(
                number=nominee.number,
                name=nominee.name,
                votes=votes.get(nominee.number, 0),
                jury_points=scoring.weighted_mean(given, weights),
                figures_points=scoring.rounded(figures or scoring.ZERO),
                criteria={key: scoring.mean([one[key] for one in given]) for key in weights},
            )
        )
    return entries


def document_of(campaign: Campaign, *, ballots: int, placed: list[Placed]) -> dict[str, object]:
    """Return what is hashed, signed and published: the outcome and all it follows from.

    Points are text, so that every programme spells them alike.
    """
    criteria = list(campaign.criteria.all())
    return {
        "format": FORMAT,
        "campaign": campaign.slug,
        "title": campaign.title,
        "weights": {
            "public": campaign.public_weight,
            "jury": campaign.jury_weight,
            "figures": campaign.figures_weight,
        },
        "criteria": [[criterion.name, criterion.weight] for criterion in criteria],
        "tie_rule": campaign.tie_rule,
        "seats": campaign.seats,
        "jurors": campaign.jurors.count(),
        "ballots": ballots,  # of this campaign; a ballot's own number would tell of the others
        "lines": [_document_line(one, criteria) for one in placed],
    }


def _document_line(one: Placed, criteria: list[Criterion]) -> dict[str, object]:
    return {
        "number": one.entry.number,
        "name": one.entry.name,
        "votes": one.entry.votes,
        "public_points": str(one.public_points),
        "jury_points": str(one.entry.jury_points),
        "figures_points": str(one.entry.figures_points),
        "criteria_points": [str(one.entry.criteria.get(c.pk, scoring.ZERO)) for c in criteria],
        "score": str(one.score),
        "rank": one.rank,
        "selected": one.is_selected,
    }


def weights_of(campaign: Campaign) -> Weights:
    """Return the three weights as the arithmetic wants them."""
    return Weights(campaign.public_weight, campaign.jury_weight, campaign.figures_weight)


def formula_words(campaign: Campaign, *, highest: int, jurors: int) -> str:
    """Return the formula, one sentence a line, with this campaign's own numbers."""
    parts = [(_("公众分"), campaign.public_weight)]
    if campaign.jury_weight:
        parts.append((_("专家分"), campaign.jury_weight))
    if campaign.figures_weight:
        parts.append((_("数据分"), campaign.figures_weight))
    words = [_("综合得分 = ") + " + ".join(f"{name} × {weight}%" for name, weight in parts)]
    words.append(
        _("公众分 = 得票数 ÷ 最高得票数（%(highest)s 票）× 100")
        % {"highest": number_format(highest, use_l10n=False, force_grouping=True)}
    )
    if campaign.jury_weight:
        rows = campaign.criteria.all()
        criteria = listed(f"{_named(campaign, c)} {c.weight}%" for c in rows)
        words.append(
            _("专家分 = %(jurors)d 位评审专家按标准权重（%(criteria)s）加权得分的平均分")
            % {"jurors": jurors, "criteria": criteria}
        )
    if campaign.figures_weight:
        words.append(_("数据分 = 业务数据得分（0 至 100）"))
    words.append(_("各项先保留三位小数再加权，综合得分保留三位小数，均按四舍六入五成双取舍。"))
    return "\n".join(words)


def _rows() -> OfCampaignQuerySet:
    return Result.objects.select_related("campaign__agency", "computed_by", "signed_by")


def _candidates(campaign: Campaign) -> QuerySet[Nominee]:
    candidates: QuerySet[Nominee] = campaign.nominees.filter(status=Nominee.Status.CANDIDATE)
    return candidates


def _scores_by_nominee(
    campaign: Campaign, without_juror: int | None
) -> dict[int, dict[int, dict[int, int]]]:
    """Return points as nominee → juror → criterion."""
    points: dict[int, dict[int, dict[int, int]]] = defaultdict(lambda: defaultdict(dict))
    rows = JuryScore.objects.filter(juror__campaign=campaign).exclude(juror=without_juror)
    for row in rows.values_list("nominee_id", "juror_id", "criterion_id", "points"):
        points[row[0]][row[1]][row[2]] = row[3]
    return points


def _shown(result: Result, state: State) -> ShownResult:
    campaign = result.campaign
    criteria = list(campaign.criteria.all())
    rows = list(result.lines.select_related("nominee__category"))
    placed = _placed_from(rows, campaign)
    ranks = [row.rank for row in rows]
    lines = tuple(
        _line(row, one, campaign, criteria, is_shared=ranks.count(row.rank) > 1)
        for row, one in zip(rows, placed, strict=True)
    )
    document = document_of(campaign, ballots=result.ballots, placed=placed)
    jurors = int(str(document["jurors"]))
    return ShownResult(
        campaign_id=campaign.pk,
        slug=campaign.slug,
        title=campaign.title,
        agency=campaign.agency.name,
        state=state,
        ballots=result.ballots,
        jurors=jurors,
        seats=campaign.seats,
        weights=weights_of(campaign),
        criteria=tuple((_named(campaign, c), c.weight) for c in criteria),
        tie_words=str(campaign.get_tie_rule_display()),
        formula=formula_words(
            campaign, highest=max((row.votes for row in rows), default=0), jurors=jurors
        ),
        lines=lines,
        document=document,
        digest=result.digest,
        computed_at=result.computed_at,
        computed_by=str(result.computed_by),
        signed_at=result.signed_at,
        signed_by=str(result.signed_by or ""),
        signed_note=result.signed_note,
        published_at=result.published_at,
        mark=_mark_of(result),
        faults=tuple(by_kind(Fault(code, place) for code, place in result.faults)),
    )


def _mark_of(result: Result) -> LogMark | None:
    if not result.log_size:
        return None
    return LogMark(result.campaign.round.log, result.log_size, result.log_root)


def _placed_from(rows: list[ResultLine], campaign: Campaign) -> list[Placed]:
    """Return the stored lines as the arithmetic left them, criteria means folded again."""
    means = {entry.number: entry.criteria for entry in gather_entries(campaign, {})}
    return [
        Placed(
            entry=Entry(
                number=row.nominee.number,
                name=row.nominee.name,
                votes=row.votes,
                jury_points=row.jury_points,
                figures_points=row.figures_points,
                criteria=means.get(row.nominee.number, {}),
            ),
            public_points=row.public_points,
            score=row.score,
            rank=row.rank,
            is_selected=row.is_selected,
        )
        for row in rows
    ]


def _named(campaign: Campaign, row: Criterion | Category) -> str:
    """Name a line in the reader's language; what is signed (`document_of`) keeps the original."""
    return str(said_of_row(campaign, row, "name", get_language() or ORIGINAL))


def _line(
    row: ResultLine,
    one: Placed,
    campaign: Campaign,
    criteria: list[Criterion],
    *,
    is_shared: bool,
) -> ShownLine:
    nominee = row.nominee
    return ShownLine(
        rank=row.rank,
        is_selected=row.is_selected,
        is_shared=is_shared,
        number=nominee.number,
        name=nominee.name,
        unit=nominee.unit,
        category=_named(campaign, nominee.category) if nominee.category else "",
        votes=row.votes,
        public_points=str(row.public_points),
        jury_points=str(row.jury_points),
        figures_points=str(row.figures_points),
        figures_source=nominee.figures_source,
        score=str(row.score),
        criteria=tuple(str(one.entry.criteria.get(c.pk, scoring.ZERO)) for c in criteria),
    )
