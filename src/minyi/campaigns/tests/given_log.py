# SPDX-License-Identifier: Apache-2.0
"""Votes with a public log: cast, closed, and ballots in it that can be ruled on."""

from datetime import datetime, timedelta

from minyi.agencies.models import User
from minyi.agencies.policies import Role
from minyi.campaigns.models import Campaign, Round
from minyi.campaigns.services import adjudication, roundlogs

from .given import NOW, given_ballot, given_nominee, given_open_round, given_staff
from .visitors import given_votable


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
