# SPDX-License-Identifier: Apache-2.0
"""Whether the selection hangs on a few ballots, an hour, a day, a juror or the weights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from minyi.campaigns.models import Campaign
from minyi.campaigns.robustness import (
    Rule,
    Shift,
    fewest_added,
    fewest_removed,
    place_with,
    selected,
)
from minyi.campaigns.scoring import Entry, Weights

from .report import campaign_of, check_reportable
from .report_ballots import BallotFacts, hour_at, read_facts
from .results import gather_entries, weights_of


@dataclass(frozen=True, slots=True)
class Trial:
    """A question «would the selection be another one if …», asked `times` times.

    `changed` of them it would; `came` and `went` name who comes in and who falls out in those.
    """

    question: str
    times: int
    changed: int
    came: Sequence[str]
    went: Sequence[str]


@dataclass(frozen=True, slots=True)
class Margin:
    """The fewest ballots that change the selection; None: no number of them does."""

    ballots: int | None
    name: str


@dataclass(frozen=True, slots=True)
class Robustness:
    """`gap` is the score between the last selected and the first not; empty: all are selected."""

    gap: str
    last_in: str
    first_out: str
    added: Margin
    removed: Margin
    trials: Sequence[Trial]


def gather_robustness(*, campaign_id: int) -> Robustness:
    """Compute the result again and again, each time with something left out."""
    campaign = campaign_of(campaign_id)
    check_reportable(campaign)
    facts = read_facts(campaign.round)
    entries = gather_entries(campaign, facts.votes()[1])
    rule = Rule(weights_of(campaign), campaign.tie_rule, campaign.seats)
    names = {entry.number: entry.name for entry in entries}
    placed = place_with(entries, facts.votes()[1], rule)
    inside = [one for one in placed if one.is_selected]
    outside = [one for one in placed if not one.is_selected]
    at_cut = bool(inside and outside)
    return Robustness(
        gap=str(inside[-1].score - outside[0].score) if at_cut else "",
        last_in=inside[-1].entry.name if at_cut else "",
        first_out=outside[0].entry.name if at_cut else "",
        added=_margin(fewest_added(entries, rule, max(facts.ballots(), 1) * 100), names),
        removed=_margin(fewest_removed(entries, rule), names),
        trials=_Trials(campaign, facts, entries, rule).run() if entries else [],
    )


def _margin(shift: Shift, names: dict[int, str]) -> Margin:
    return Margin(shift.ballots, names[shift.nominee] if shift.nominee is not None else "")


PUBLIC_ONLY, WITHOUT_PUBLIC = "只看公众投票", "不计公众投票"


class _Trials:
    """All the questions about one result."""

    def __init__(
        self, campaign: Campaign, facts: BallotFacts, entries: list[Entry], rule: Rule
    ) -> None:
        self._campaign, self._facts, self._entries, self._rule = campaign, facts, entries, rule
        self._votes = facts.votes()[1]
        self._before = self._select()
        self._names = {entry.number: entry.name for entry in entries}

    def run(self) -> list[Trial]:
        asked = [
            self._with_struck_ballots(),
            *self._without_hours(),
            self._without_single_picks(),
            *self._other_weights(),
            self._without_jurors(),
        ]
        return [trial for trial in asked if trial is not None]

    def _select(
        self,
        votes: dict[int, int] | None = None,
        entries: list[Entry] | None = None,
        rule: Rule | None = None,
    ) -> frozenset[int]:
        used = self._votes if votes is None else votes
        return selected(place_with(entries or self._entries, used, rule or self._rule))

    def _trial(self, question: str, outcomes: Iterable[frozenset[int]]) -> Trial:
        found = list(outcomes)
        others = [one for one in found if one != self._before]
        came = frozenset[int]().union(*(one - self._before for one in others))
        went = frozenset[int]().union(*(self._before - one for one in others))
        return Trial(question, len(found), len(others), self._named(came), self._named(went))

    def _named(self, numbers: frozenset[int]) -> list[str]:
        return [self._names[number] for number in sorted(numbers)]

    def _with_struck_ballots(self) -> Trial | None:
        struck = self._facts.ballots() - self._facts.ballots("counted")
        if not struck:
            return None
        votes = self._facts.votes(states=("counted", "quarantined", "void"))[1]
        return self._trial(f"把不计入的 {struck} 张选票也计入", [self._select(votes)])

    def _without_hours(self) -> list[Trial]:
        hours = self._facts.by_hour()
        if not hours:
            return []
        busiest = max(hours, key=lambda hour: (hours[hour], -hour))
        moment = f"{hour_at(busiest):%Y-%m-%d %H}时"
        days: dict[str, set[int]] = {}
        for hour in hours:
            days.setdefault(f"{hour_at(hour):%Y-%m-%d}", set()).add(hour)
        return [
            self._trial(
                f"去掉选票最多的一小时（{moment}，{hours[busiest]} 张）", [self._left({busiest})]
            ),
            self._trial(
                f"有选票的 {len(hours)} 个小时，逐一去掉", (self._left({h}) for h in hours)
            ),
            self._trial(
                f"有选票的 {len(days)} 天，逐一去掉", (self._left(one) for one in days.values())
            ),
        ]

    def _left(self, hours: set[int]) -> frozenset[int]:
        return self._select(self._facts.votes(without_hours=frozenset(hours))[1])

    def _without_single_picks(self) -> Trial | None:
        if self._campaign.max_picks == 1:
            return None
        left, votes = self._facts.votes(without_single=True)
        gone = self._facts.ballots("counted") - left
        if not gone:
            return None
        return self._trial(f"去掉只选了一个对象的 {gone} 张选票", [self._select(votes)])

    def _other_weights(self) -> list[Trial]:
        weights = self._rule.weights
        if weights.public == 100 or weights.public == 0:
            return []
        rules = {
            PUBLIC_ONLY: Weights(100, 0, 0),
            WITHOUT_PUBLIC: Weights(0, weights.jury, weights.figures),
        }
        return [
            self._trial(
                question,
                [self._select(rule=Rule(others, self._rule.tie_rule, self._rule.seats))],
            )
            for question, others in rules.items()
        ]

    def _without_jurors(self) -> Trial | None:
        jurors = list(self._campaign.jurors.values_list("pk", flat=True))
        if not self._campaign.jury_weight or len(jurors) < 2:
            return None
        return self._trial(
            f"{len(jurors)} 位评审专家，逐一去掉其评分",
            (
                self._select(
                    entries=gather_entries(self._campaign, self._votes, without_juror=juror)
                )
                for juror in jurors
            ),
        )
