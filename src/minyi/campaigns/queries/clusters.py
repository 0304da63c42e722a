# SPDX-License-Identifier: Apache-2.0
"""The clusters of a vote as its reviewers see them: state, deadline, who has said something.

The state follows from the public log and the proposals; nothing of it is stored. While counts are
hidden (`shows_counts` is False) neither candidate nor places nor expectations are told.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.db.models.fields.json import KT
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from minyi.campaigns.models import (
    Campaign,
    Cluster,
    ClusterOpinion,
    ClusterRuling,
    Nominee,
    Round,
    Ruling,
)
from minyi.campaigns.reasons import reason_words
from minyi.core.actors import Actor
from minyi.core.clock import OFFICE_TIME, moment_at
from minyi.ledger import folders
from minyi.ledger.fold import COUNTED, QUARANTINED, VOID
from minyi.ledger.queries.logs import states_of

from .terms import RELEASE, term_of

WATCHED = "watched"
MOST_VOTES = 6  # looked through for what waits
NOT_HELD: Mapping[str, str | Promise] = {
    WATCHED: _("实时监测到突增，等待进一步筛查"),
    "over_budget": _("超出误扣上限，留待人工查看"),
    "one_house": _("多数来自同一网络出口（校园、单位、会场、医院），不自动核查"),
    "one_chat": _("多数由同一分享带来（群聊传播），不自动核查"),
    "too_few": _("人数不足一组，不自动核查"),
}


class State(StrEnum):
    """How a cluster stands; the order is that of the work to be done."""

    WAITING = "waiting"
    HELD = "held"
    WATCHING = "watching"
    SHOWN = "shown"
    VOIDED = "voided"
    RELEASED = "released"


UNTOUCHED = (State.WATCHING, State.SHOWN)  # nobody has ruled on it
STATES: Mapping[State, str | Promise] = {
    State.WAITING: _("待确认"),
    State.HELD: _("已列入核查"),
    State.WATCHING: _("监测中"),
    State.SHOWN: _("仅供查看"),
    State.VOIDED: _("已认定无效"),
    State.RELEASED: _("已解除"),
}


@dataclass(frozen=True, slots=True)
class Due:
    """When ballots count again by themselves, and how that day follows."""

    at: datetime
    held_at: datetime
    days: int  # of the term `ballots.release`, calendar days


@dataclass(frozen=True, slots=True)
class Act:
    """A ruling on the cluster: what, how many, by whom, why, and what became of it."""

    ruling_id: int
    lot: int
    kind: str
    kind_words: str
    state: str
    state_words: str
    ballots: int
    left_out: int
    reason: str
    refusal: str
    proposed_by_id: int | None
    proposer: str
    proposed_at: datetime
    decider: str
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClusterLine:
    """One cluster in a list. `standing` counts its ballots by what became of them.

    `candidate`, `expected` and `score` are None where they may not be told or are not known.
    """

    id: int
    number: int
    source: str
    source_words: str
    rules: str
    rule: str
    rule_words: str
    candidate: int | None
    candidate_name: str
    ballots: int
    first_at: datetime
    last_at: datetime
    found_at: datetime
    expected: float | None
    score: float | None
    standing: Mapping[int, int]
    state: State
    state_words: str | Promise
    not_held: str | Promise
    reviewers: tuple[str, ...]
    reviewer_ids: frozenset[int]
    acts: tuple[Act, ...]
    due: Due | None

    @property
    def is_within_a_minute(self) -> bool:
        """Return whether both ends read the same."""
        return self.last_at.replace(second=0) <= self.first_at

    @property
    def held(self) -> int:
        return self.standing.get(QUARANTINED, 0)

    @property
    def void(self) -> int:
        return self.standing.get(VOID, 0)

    @property
    def counted(self) -> int:
        return self.standing.get(COUNTED, 0)

    @property
    def proposal(self) -> Act | None:
        """What waits for a second person."""
        waiting = (act for act in self.acts if act.state == Ruling.State.PROPOSED)
        return next(waiting, None)

    @property
    def is_open(self) -> bool:
        """Whether people have still something to decide."""
        return self.state in (State.WAITING, State.HELD)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many clusters of a vote wait, and when the first of them is released by itself."""

    campaign_id: int
    title: str
    many: int
    first: datetime | None


def list_clusters(*, paper: Round, shows_counts: bool) -> list[ClusterLine]:
    """Return every cluster of a vote, what waits first and of that the most urgent first."""
    lines = _lines(Cluster.objects.filter(round=paper), paper, shows_counts=shows_counts)
    order = list(State)
    return sorted(
        lines,
        key=lambda line: (
            order.index(line.state),
            line.due.at if line.due else datetime.max.replace(tzinfo=OFFICE_TIME),
            -line.ballots,
            line.number,
        ),
    )


def get_cluster(*, cluster: Cluster, shows_counts: bool) -> ClusterLine:
    """Return one cluster."""
    rows = Cluster.objects.filter(pk=cluster.pk)
    return _lines(rows, cluster.round, shows_counts=shows_counts)[0]


def clusters_waiting(actor: Actor) -> list[Waiting]:
    """Return the votes in which clusters wait for a decision this person may take part in."""
    may = ("ballots.rule", "ballots.confirm")
    agencies = {agency for agency, held in actor.grants if held in may}
    found = Cluster.objects.filter(round=OuterRef("pk")).exclude(hold=None, rulings=None)
    papers = Round.objects.filter(
        Exists(found),
        campaign__in=Campaign.objects.visible_to(actor),
        campaign__agency__in=agencies,
        campaign__result__signed_at=None,
    )
    waiting = []
    for paper in papers.select_related("campaign__agency__region").order_by("-pk")[:MOST_VOTES]:
        lines = [one for one in list_clusters(paper=paper, shows_counts=False) if one.is_open]
        if lines:
            first = min((line.due.at for line in lines if line.due), default=None)
            waiting.append(Waiting(paper.campaign_id, paper.campaign.title, len(lines), first))
    return waiting


def _lines(rows: QuerySet[Cluster], paper: Round, *, shows_counts: bool) -> list[ClusterLine]:
    found = list(
        rows.select_related("hold")
        .defer("picture")
        .annotate(expected=KT("picture__expected"), score=KT("picture__score"))
        .prefetch_related(
            Prefetch(
                "opinions",
                ClusterOpinion.objects.filter(withdrawn_at=None).select_related("reviewer"),
            ),
            Prefetch(
                "rulings",
                ClusterRuling.objects.select_related("ruling__proposed_by", "ruling__decided_by"),
            ),
        )
    )
    names = dict(Nominee.objects.filter(campaign=paper.campaign_id).values_list("number", "name"))
    terms = _Terms(paper)
    has_log = bool(paper.log) and folders.has_begun(paper.log)
    return [_line(row, paper.log if has_log else "", names, terms, shows_counts) for row in found]


def _line(
    row: Cluster, log: str, names: Mapping[int, str], terms: "_Terms", shows_counts: bool
) -> ClusterLine:
    acts = tuple(_act(link) for link in row.rulings.all())
    standing = Counter(states_of(log, row.ballots)) if log else Counter[int]()
    state = _state(row, acts, standing)
    opinions = row.opinions.all()
    return ClusterLine(
        id=row.pk,
        number=row.number,
        source=row.source,
        source_words=row.get_source_display(),
        rules=row.rules,
        rule=row.leading_rule,
        rule_words=reason_words(row.leading_rule),
        candidate=row.candidate if shows_counts else None,
        candidate_name=names.get(row.candidate, "") if shows_counts else "",
        ballots=row.ballot_count,
        first_at=moment_at(row.first_ms),
        last_at=moment_at(row.last_ms),
        found_at=row.found_at,
        expected=_number(row.expected) if shows_counts else None,  # type: ignore[attr-defined]
        score=_number(row.score),  # type: ignore[attr-defined]
        standing=standing,
        state=state,
        state_words=STATES[state],
        not_held=NOT_HELD.get(row.not_held, row.not_held) if state in UNTOUCHED else "",
        reviewers=tuple(str(one.reviewer) for one in opinions),
        reviewer_ids=frozenset(one.reviewer_id for one in opinions),
        acts=acts,
        due=terms.due(row) if state in (State.HELD, State.WAITING) else None,
    )


def _state(row: Cluster, acts: Sequence[Act], standing: Counter[int]) -> State:
    if any(act.state == Ruling.State.PROPOSED for act in acts):
        return State.WAITING
    if row.hold_id is None and not any(act.state == Ruling.State.IN_FORCE for act in acts):
        # Nobody has ruled on this one, whatever became of its ballots in another.
        return State.WATCHING if row.not_held == WATCHED else State.SHOWN
    if standing[QUARANTINED]:
        return State.HELD
    return State.VOIDED if standing[VOID] else State.RELEASED


def _act(link: ClusterRuling) -> Act:
    ruling = link.ruling
    return Act(
        ruling_id=ruling.pk,
        lot=link.lot,
        kind=ruling.kind,
        kind_words=ruling.get_kind_display(),
        state=ruling.state,
        state_words=ruling.get_state_display(),
        ballots=ruling.ballot_count,
        left_out=link.left_out,
        reason=ruling.reason,
        refusal=ruling.refusal,
        proposed_by_id=ruling.proposed_by_id,
        proposer=str(ruling.proposed_by or ""),
        proposed_at=ruling.proposed_at,
        decider=str(ruling.decided_by or ""),
        decided_at=ruling.decided_at,
    )


class _Terms:
    """The days until what is held counts again, each asked for once per list."""

    def __init__(self, paper: Round) -> None:
        self.region = paper.campaign.agency.region.code
        self.known: dict[object, int] = {}

    def due(self, row: Cluster) -> Due | None:
        holds = [link.ruling for link in row.rulings.all() if link.ruling.kind == "quarantine"]
        in_force = [one for one in holds if one.state == Ruling.State.IN_FORCE]
        hold = in_force[-1] if in_force else row.hold
        if hold is None:
            return None
        held_at = hold.decided_at or hold.proposed_at
        day = localtime(held_at).date()
        if day not in self.known:
            self.known[day] = term_of(RELEASE, region_code=self.region, on=day)
        days = self.known[day]
        return Due(at=held_at + timedelta(days=days), held_at=held_at, days=days)


def _number(text: str | None) -> float | None:
    """Return a number of the picture, which may lack any of its parts."""
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None
