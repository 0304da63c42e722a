# SPDX-License-Identifier: Apache-2.0
"""Ballots judged blind tell how often screening is wrong."""

import pytest

from minyi.agencies.policies import Role
from minyi.campaigns.models import BlindSample, BlindVerdict, Opinion, Round
from minyi.campaigns.queries.blindsamples import false_positive_estimate

from .given import NOW, given_open_round, given_staff

pytestmark = pytest.mark.django_db
GENUINE, BRUSHED, UNSURE = Opinion.GENUINE, Opinion.BRUSHED, Opinion.UNSURE


def given_sample(paper: Round, place: int, *said: Opinion, is_held: bool = True) -> BlindSample:
    """A blind sample of which each of these was said by a person of their own."""
    sample = BlindSample.objects.create(round=paper, place=place, is_held=is_held, drawn_at=NOW)
    for opinion in said:
        reviewer = given_staff(paper.campaign.agency, Role.CASE_WORKER)
        BlindVerdict.objects.create(sample=sample, reviewer=reviewer, opinion=opinion, given_at=NOW)
    return sample


def test_the_estimate_is_the_share_of_held_samples_people_find_genuine():
    paper = given_open_round()
    for place in range(1, 10):
        given_sample(paper, place, BRUSHED)
    given_sample(paper, 10, GENUINE)
    found = false_positive_estimate(paper.campaign_id)
    assert (found.held, found.genuine, found.unsure, found.share) == (10, 1, 0, 0.1)
    assert (round(found.low, 3), round(found.high, 3)) == (0.018, 0.404)


def test_what_nobody_has_judged_or_nobody_can_tell_is_no_answer():
    paper = given_open_round()
    given_sample(paper, 1)
    given_sample(paper, 2, UNSURE)
    given_sample(paper, 3, BRUSHED, GENUINE)
    found = false_positive_estimate(paper.campaign_id)
    assert (found.held, found.unsure, found.decided, found.share) == (2, 2, 0, None)
    assert (found.low, found.high) == (0, 1)


def test_more_reviewers_outweigh_fewer_and_unsure_ones_weigh_nothing():
    paper = given_open_round()
    given_sample(paper, 1, BRUSHED, GENUINE, GENUINE)
    given_sample(paper, 2, UNSURE, UNSURE, GENUINE)
    assert false_positive_estimate(paper.campaign_id).genuine == 2


def test_counted_ballots_and_other_votes_say_nothing_about_held_ones():
    paper, other = given_open_round(), given_open_round()
    given_sample(paper, 1, GENUINE, is_held=False)
    given_sample(other, 1, GENUINE)
    assert false_positive_estimate(paper.campaign_id).held == 0
