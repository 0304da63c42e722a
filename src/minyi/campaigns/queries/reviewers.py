# SPDX-License-Identifier: Apache-2.0
"""Who has reviewed how much, and how far reviewers agree who judged the same."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from minyi.agencies.models import User
from minyi.campaigns.models import BlindVerdict, ClusterOpinion, ClusterRuling, Ruling
from minyi.core.agreement import fleiss_kappa

# Landis and Koch, Biometrics 33 (1977): kappa up to this, in words.
LEVELS: tuple[tuple[float, str | Promise], ...] = (
    (0.0, _("不比偶然一致更高")),
    (0.2, _("极低")),
    (0.4, _("较低")),
    (0.6, _("中等")),
    (0.8, _("较高")),
    (1.0, _("几乎完全一致")),
)


@dataclass(frozen=True, slots=True)
class Workload:
    """What one person has done on the clusters and samples of a vote."""

    name: str
    opinions: int
    verdicts: int
    proposed: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Fleiss' kappa over what at least two people judged; None: too little to tell."""

    kappa: float | None
    words: str | Promise
    items: int
    ratings: int


def workloads(campaign_id: int) -> list[Workload]:
    """Return who did how much, the busiest first. What was withdrawn was work too."""
    opinions = _per_person(
        ClusterOpinion.objects.filter(cluster__round__campaign_id=campaign_id), "reviewer"
    )
    verdicts = _per_person(
        BlindVerdict.objects.filter(sample__round__campaign_id=campaign_id), "reviewer"
    )
    rulings = ClusterRuling.objects.filter(cluster__round__campaign_id=campaign_id)
    proposed = _per_person(rulings, "ruling__proposed_by")
    decided = rulings.filter(ruling__state__in=(Ruling.State.IN_FORCE, Ruling.State.TURNED_DOWN))
    confirmed = _per_person(decided, "ruling__decided_by")
    people = opinions.keys() | verdicts.keys() | proposed.keys() | confirmed.keys()
    names = {user.pk: str(user) for user in User.objects.filter(pk__in=people)}
    rows = [
        Workload(name, opinions[pk], verdicts[pk], proposed[pk], confirmed[pk])
        for pk, name in names.items()
    ]
    return sorted(rows, key=lambda row: (-(row.opinions + row.verdicts), row.name))


def agreement(campaign_id: int) -> Agreement:
    """Tell how far reviewers agree on clusters and samples.

    Of each reviewer the first opinion counts: what follows a withdrawal may follow others' views.
    """
    said: dict[tuple[str, int], Counter[str]] = defaultdict(Counter)
    opinions = ClusterOpinion.objects.filter(cluster__round__campaign_id=campaign_id)
    seen: set[tuple[int, int]] = set()
    for cluster, reviewer, opinion in opinions.order_by("pk").values_list(
        "cluster", "reviewer", "opinion"
    ):
        if (cluster, reviewer) not in seen:
            seen.add((cluster, reviewer))
            said["cluster", cluster][opinion] += 1
    verdicts = BlindVerdict.objects.filter(sample__round__campaign_id=campaign_id)
    for sample, opinion in verdicts.order_by().values_list("sample", "opinion"):
        said["sample", sample][opinion] += 1
    return _agreement_of(said.values())


def _agreement_of(said: Iterable[Counter[str]]) -> Agreement:
    shared = [item for item in said if item.total() > 1]
    kappa = fleiss_kappa(shared)
    words: str | Promise = _("还不能判断")
    if kappa is not None:
        words = next(words for limit, words in LEVELS if kappa <= limit + 1e-9)
    return Agreement(kappa, words, len(shared), sum(item.total() for item in shared))


def _per_person(rows, field: str) -> Counter[int]:  # type: ignore[no-untyped-def]
    found = rows.order_by().exclude(**{field: None}).values_list(field).annotate(Count("pk"))
    return Counter(dict(found))
