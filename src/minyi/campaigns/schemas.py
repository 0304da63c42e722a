# SPDX-License-Identifier: Apache-2.0
"""The shapes of the public REST API of selections."""

from datetime import datetime
from decimal import Decimal
from typing import Literal

from ninja import Field, Schema


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


class SpanOut(Schema):
    """The ballots cast in the hour or day from `at`, by what has become of them since."""

    at: datetime
    counted: int
    quarantined: int
    void: int


class CandidateVotesOut(Schema):
    number: int
    name: str
    counted: int
    quarantined: int
    void: int


class SuppositionOut(Schema):
    """If `share` percent of the ballots in doubt were valid, `came` would replace `went`."""

    share: int
    came: list[str]
    went: list[str]


class AttackPriceOut(Schema):
    """Yuan as decimal strings, lowest and highest: of one vote, and of all that are needed."""

    code: Literal["script", "people"]
    words: str
    each: tuple[Decimal, Decimal]
    total: tuple[Decimal, Decimal]
    source: str


class FirmnessOut(Schema):
    """`margin` more votes for `rival` change the selection; null: nothing in reach does."""

    public_only: bool
    suppositions: list[SuppositionOut]
    margin: int | None
    rival: str
    prices: list[AttackPriceOut]


class ReasonOut(Schema):
    code: str
    words: str
    quarantined: int
    void: int


class TreatmentOut(Schema):
    """How ballots were treated. `raw` = `valid` + `quarantined` + `void`, at the state `log`."""

    hidden: str | None = None
    next_at: datetime | None = None
    as_of: datetime | None = None
    raw: int | None = None
    valid: int | None = None
    quarantined: int | None = None
    void: int | None = None
    log: LogMarkOut | None = None
    reasons: list[ReasonOut] = []
    by_day: bool | None = None
    spans: list[SpanOut] = []
    candidates: list[CandidateVotesOut] = []
    firmness: FirmnessOut | None = None
