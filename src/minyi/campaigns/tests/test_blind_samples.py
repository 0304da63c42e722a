# SPDX-License-Identifier: Apache-2.0
"""Ballots judged blind tell how often screening is wrong."""

import pytest

from minyi.agencies.policies import Role
from minyi.campaigns.errors import OpinionUnclear, SampleNotForYou, SampleNotFound
from minyi.campaigns.models import (
    BlindSample,
    BlindVerdict,
    Cluster,
    ClusterOpinion,
    Opinion,
    Round,
)
from minyi.campaigns.queries.blindsamples import false_positive_estimate, samples_for
from minyi.campaigns.services.opinions import judge_sample
from minyi.core.errors import NotAllowed

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


# --- Who judges what ------------------------------------------------------------------------------


def judge(sample: BlindSample, by, opinion=GENUINE):
    return judge_sample(sample_id=sample.pk, opinion=opinion, actor=by.actor, now=NOW)


def given_reviewer(paper: Round):
    return given_staff(paper.campaign.agency, Role.CASE_WORKER)


def test_a_sample_is_judged_once_by_each_reviewer():
    paper = given_open_round()
    sample = given_sample(paper, 1)
    reviewer = given_reviewer(paper)
    judge(sample, reviewer)
    with pytest.raises(SampleNotForYou):
        judge(sample, reviewer, BRUSHED)
    judge(sample, given_reviewer(paper), BRUSHED)
    assert BlindVerdict.objects.count() == 2


def test_nobody_judges_a_ballot_of_a_cluster_they_have_dealt_with():
    paper = given_open_round()
    sample, other = given_sample(paper, 5), given_sample(paper, 9)
    reviewer = given_reviewer(paper)
    cluster = given_found(paper, [[4, 8]])
    ClusterOpinion.objects.create(
        cluster=cluster, reviewer=reviewer, opinion=BRUSHED, given_at=NOW, withdrawn_at=NOW
    )
    with pytest.raises(SampleNotForYou):
        judge(sample, reviewer)
    assert samples_for(paper.campaign_id, reviewer.pk) == [other]


def test_only_who_rules_on_ballots_of_this_office_judges():
    paper = given_open_round()
    sample = given_sample(paper, 1)
    with pytest.raises(NotAllowed):
        judge(sample, given_staff(paper.campaign.agency, Role.LEADER))
    with pytest.raises(SampleNotFound):
        judge(sample, given_reviewer(given_open_round()))


def test_a_verdict_is_one_of_three():
    paper = given_open_round()
    with pytest.raises(OpinionUnclear):
        judge(given_sample(paper, 1), given_reviewer(paper), "perhaps")


def given_found(paper: Round, ballots) -> Cluster:
    return Cluster.objects.create(
        round=paper,
        number=1,
        source="batch",
        candidate=1,
        rules="same_tempo",
        ballots=ballots,
        ballot_count=4,
        first_ms=paper.opens_ms,
        last_ms=paper.opens_ms,
        found_at=NOW,
    )
