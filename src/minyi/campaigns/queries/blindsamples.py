# SPDX-License-Identifier: Apache-2.0
"""How often screening is wrong, as people find who judge ballots without its opinion."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count

from minyi.campaigns.models import BlindVerdict, Opinion
from minyi.core.proportions import wilson


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many of the held ballots that were judged blind are genuine.

    `held` = samples judged by at least one person. The share is `genuine / (held - unsure)`;
    `low` and `high` are its 95 % Wilson interval, 0 and 1 while nothing is known.
    """

    held: int
    genuine: int
    unsure: int
    low: float
    high: float

    @property
    def decided(self) -> int:
        """Samples on which there is an answer: what the share is taken of."""
        return self.held - self.unsure

    @property
    def share(self) -> float | None:
        return self.genuine / self.decided if self.decided else None


def false_positive_estimate(campaign_id: int) -> Estimate:
    """Estimate from the blind samples how many of the held ballots are genuine.

    Who may see it is the caller's matter: it tells that ballots are held, so nobody may while
    counts are hidden.
    """
    rows = BlindVerdict.objects.filter(sample__round__campaign_id=campaign_id, sample__is_held=True)
    said: dict[int, Counter[str]] = defaultdict(Counter)
    for sample, opinion, many in (
        rows.order_by().values_list("sample", "opinion").annotate(Count("pk"))
    ):
        said[sample][opinion] += many
    found = Counter(joint_opinion(opinions) for opinions in said.values())
    genuine, unsure = found[Opinion.GENUINE], found[Opinion.UNSURE]
    low, high = wilson(genuine, found.total() - unsure)
    return Estimate(found.total(), genuine, unsure, low, high)


def joint_opinion(opinions: Counter[str]) -> Opinion:
    """Return what more reviewers say, genuine or brushed; as many on both sides: unsure."""
    genuine, brushed = opinions[Opinion.GENUINE], opinions[Opinion.BRUSHED]
    if genuine == brushed:
        return Opinion.UNSURE
    return Opinion.GENUINE if genuine > brushed else Opinion.BRUSHED
