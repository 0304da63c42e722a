# SPDX-License-Identifier: Apache-2.0
"""How often screening is wrong, as people find who judge ballots without its opinion.

Nobody judges a ballot of which they know what the engine thinks.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from hashlib import sha256

from django.db.models import Count, Q

from minyi.campaigns.models import BlindSample, BlindVerdict, Cluster, Opinion, Ruling
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


def samples_for(campaign_id: int, reviewer_id: int) -> list[BlindSample]:
    """Return what this person may still judge: nothing of a cluster they have dealt with.

    In an order that does not tell held ballots from counted ones, the same for everybody.
    """
    rows = BlindSample.objects.filter(round__campaign_id=campaign_id)
    left = list(rows.exclude(verdicts__reviewer_id=reviewer_id).order_by())
    known = _dealt_with(campaign_id, reviewer_id) if left else set()
    free = (one for one in left if one.place not in known)
    return sorted(free, key=lambda one: sha256(f"{one.round_id}:{one.place}".encode()).digest())


def _dealt_with(campaign_id: int, reviewer_id: int) -> set[int]:
    """Return the places of the clusters and rulings this person has had before them."""
    clusters = Cluster.objects.filter(
        Q(opinions__reviewer_id=reviewer_id)
        | Q(rulings__ruling__proposed_by_id=reviewer_id)
        | Q(rulings__ruling__decided_by_id=reviewer_id),
        round__campaign_id=campaign_id,
    )
    rulings = Ruling.objects.filter(
        Q(proposed_by_id=reviewer_id) | Q(decided_by_id=reviewer_id),
        round__campaign_id=campaign_id,
    )
    # Not `distinct()`: a database does not compare JSON.
    spans = [
        *dict(clusters.values_list("pk", "ballots")).values(),
        *rulings.values_list("ballots", flat=True),
    ]
    return {place for span in spans for low, high in span for place in range(low, high)}


def joint_opinion(opinions: Counter[str]) -> Opinion:
    """Return what more reviewers say, genuine or brushed; as many on both sides: unsure."""
    genuine, brushed = opinions[Opinion.GENUINE], opinions[Opinion.BRUSHED]
    if genuine == brushed:
        return Opinion.UNSURE
    return Opinion.GENUINE if genuine > brushed else Opinion.BRUSHED
