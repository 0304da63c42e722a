# SPDX-License-Identifier: Apache-2.0
"""Votes with a public log: cast, closed, and ballots in it that can be ruled on."""

from datetime import datetime, timedelta

from minyi.agencies.models import User
from minyi.agencies.policies import Role
from minyi.campaigns.models import Campaign, Cluster, EvidenceFile, Round
from minyi.campaigns.services import adjudication, roundlogs
from minyi.core.actors import SYSTEM
from minyi.ledger.services import logs

from .given import NOW, given_ballot, given_nominee, given_open_round, given_staff
from .visitors import given_votable

# What screening records of a cluster for its pictures (services/screening.py).
PICTURE = {
    "timeline": [[1_788_300_000_000 + 60_000 * i, 2 + 9 * (i > 2), 2.0] for i in range(6)],
    "traits": {
        "model": [["M61", 30, 0.9, 0.01], ["V2250A", 3, 0.1, 0.04]],
        "door": [["网络 3f2a", 20, 0.6, 0.002]],
        "sharer": [["分享 9c01", 12, 0.36, 0.001]],
    },
    "graph": {
        "nodes": [
            ["d1", "door", "网络 3f2a", 20],
            ["m1", "model", "M61", 30],
            ["a1", "lot", "账号批次 1", 25],
            ["s1", "sharer", "分享 9c01", 12],
        ],
        "edges": [["d1", "m1", 20], ["m1", "a1", 18], ["s1", "d1", 12]],
    },
    "expected": 2.4,
    "precision": 0.98,
    "score": 21.5,
}


def given_logged_vote(
    *picks: list[int], candidates: int = 3, now: datetime = NOW, **fields: object
) -> Round:
    """A live vote with candidates and a log; the ballots stand at places 1, 2, 3 …"""
    campaign = given_votable(now=now, **{"count_mode": "live", **fields})
    for _number in range(candidates):
        given_nominee(campaign)
    voting = campaign.stages.get(kind="voting")
    paper = given_open_round(campaign, now=voting.opens_at - timedelta(hours=1))
    for one in picks:
        given_ballot(paper, one, now=voting.opens_at + timedelta(hours=1))
    roundlogs.bring_along(campaign_id=campaign.pk, now=now)
    return paper


def given_evidence(campaign: Campaign, content: bytes = b'{"rule":"same_tempo"}') -> str:
    return adjudication.store_evidence(
        campaign_id=campaign.pk, content=content, name="evidence.json", now=NOW
    )


def staff_of(campaign: Campaign, role: Role) -> User:
    """Somebody with that post in the campaign's agency, the same one each time."""
    post = campaign.agency.posts.filter(role=role).first()
    return post.user if post else given_staff(campaign.agency, role)


def given_cluster(paper: Round, ballots=((1, 3),), *, held: bool = True, **fields) -> Cluster:
    """A cluster of these ballots with its evidence; held for review by the platform unless told."""
    campaign = paper.campaign
    number = paper.clusters.count() + 1
    digest = given_evidence(campaign, b'{"cluster":%d}' % number)
    now = fields.pop("now", NOW)
    defaults: dict[str, object] = {
        "number": number,
        "source": Cluster.Source.BATCH,
        "candidate": 1,
        "rules": "same_tempo|account_lot",
        "first_ms": paper.opens_ms,
        "last_ms": paper.opens_ms + 600_000,
        "picture": PICTURE,
        "evidence": EvidenceFile.objects.get(campaign=campaign, sha256=digest),
        "not_held": "" if held else "over_budget",
        "found_at": now,
    }
    if held:
        defaults["hold"] = adjudication.quarantine(
            campaign_id=campaign.pk,
            ballots=ballots,
            rule="same_tempo",
            evidence=digest,
            actor=SYSTEM,
            now=now,
        )
        logs.write_waiting(folder=paper.log)
    return Cluster.objects.create(
        round=paper,
        ballots=[list(one) for one in ballots],
        ballot_count=sum(high - low for low, high in ballots),
        **{**defaults, **fields},
    )
