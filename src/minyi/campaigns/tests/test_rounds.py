# SPDX-License-Identifier: Apache-2.0
import json
from datetime import timedelta

import pytest

from minyi.agencies.policies import Role
from minyi.campaigns.errors import (
    BallotPaperFrozen,
    CampaignNotFound,
    NotLaunched,
    ReasonNeeded,
    VotingOver,
)
from minyi.campaigns.models import Nominee, Round
from minyi.campaigns.services import rounds
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry

from .given import (
    NOW,
    given_agency,
    given_campaign,
    given_nominee,
    given_open_round,
    given_staff,
)

pytestmark = pytest.mark.django_db


def candidates_of(paper):
    return json.loads(Round.objects.get(pk=paper.pk).candidates)


def test_the_paper_carries_the_candidates_in_ascending_order_without_those_who_withdrew():
    campaign = given_campaign(during="display")
    for number in (7, 2, 11):
        given_nominee(campaign, number=number)
    given_nominee(campaign, number=5, status=Nominee.Status.WITHDRAWN)
    paper = rounds.sync_round(campaign_id=campaign.pk, now=NOW)
    assert paper.candidates == "[2,7,11]"


def test_the_paper_opens_and_closes_with_the_voting_stage_to_the_millisecond():
    campaign = given_campaign(during="display")
    voting = campaign.stages.get(kind="voting")
    paper = rounds.sync_round(campaign_id=campaign.pk, now=NOW)
    assert paper.opens_ms == voting.opens_at.timestamp() * 1000
    assert paper.closes_ms == voting.closes_at.timestamp() * 1000


def test_a_draft_has_no_paper():
    campaign = given_campaign(launched=False)
    given_nominee(campaign)
    assert rounds.sync_round(campaign_id=campaign.pk, now=NOW) is None
    assert not Round.objects.exists()


def test_printing_again_before_the_vote_follows_the_campaign_but_keeps_the_order_seed():
    campaign = given_campaign(during="display")
    given_nominee(campaign)
    first = rounds.sync_round(campaign_id=campaign.pk, now=NOW)
    given_nominee(campaign)
    campaign.max_picks = 5
    campaign.save()
    again = rounds.sync_round(campaign_id=campaign.pk, now=NOW)
    assert (again.pk, again.order_seed) == (first.pk, first.order_seed)
    assert (again.max_picks, again.candidates) == (5, "[1,2]")


def test_two_papers_have_different_order_seeds():
    assert given_open_round().order_seed != given_open_round().order_seed


def test_after_opening_a_rule_changed_in_the_database_does_not_reach_the_paper():
    paper = given_open_round()
    campaign = paper.campaign
    campaign.max_picks = 3
    campaign.save()
    rounds.sync_round(campaign_id=campaign.pk, now=NOW)
    assert Round.objects.get(pk=paper.pk).max_picks == 2


def test_after_opening_a_candidate_who_withdraws_leaves_the_paper():
    paper = given_open_round(nominees=3)
    Nominee.objects.filter(campaign=paper.campaign, number=2).update(
        status=Nominee.Status.WITHDRAWN
    )
    rounds.sync_round(campaign_id=paper.campaign_id, now=NOW)
    assert candidates_of(paper) == [1, 3]


def test_after_opening_no_candidate_joins():
    paper = given_open_round(nominees=2)
    given_nominee(paper.campaign)
    with pytest.raises(BallotPaperFrozen):
        rounds.sync_round(campaign_id=paper.campaign_id, now=NOW)
    assert candidates_of(paper) == [1, 2]


def test_the_paper_is_frozen_exactly_when_voting_opens():
    campaign = given_campaign(during="display")
    opens_at = campaign.stages.get(kind="voting").opens_at
    given_nominee(campaign)
    rounds.sync_round(campaign_id=campaign.pk, now=NOW)
    given_nominee(campaign)
    rounds.sync_round(campaign_id=campaign.pk, now=opens_at - timedelta(milliseconds=1))
    given_nominee(campaign)
    with pytest.raises(BallotPaperFrozen):
        rounds.sync_round(campaign_id=campaign.pk, now=opens_at)


def test_so_many_withdrawals_that_the_rule_cannot_be_kept_lower_the_least_number_of_picks():
    campaign = given_campaign(min_picks=2, max_picks=2)
    paper = given_open_round(campaign, nominees=2)
    Nominee.objects.filter(campaign=campaign, number=2).update(status=Nominee.Status.WITHDRAWN)
    assert rounds.sync_round(campaign_id=campaign.pk, now=NOW).min_picks == 1
    assert candidates_of(paper) == [1]


def test_a_supervisor_pauses_and_resumes_and_both_are_on_the_trail():
    paper = given_open_round()
    supervisor = given_staff(paper.campaign.agency, Role.SUPERVISOR).actor
    facts = {"campaign_id": paper.campaign_id, "actor": supervisor, "now": NOW}
    paused = rounds.pause_voting(reason="票数异常，暂停核查", **facts)
    assert (paused.paused, paused.pause_reason) == (True, "票数异常，暂停核查")
    resumed = rounds.resume_voting(**facts)
    assert (resumed.paused, resumed.pause_reason) == (False, "")
    acts = list(AuditEntry.objects.order_by("id").values_list("act", flat=True))
    assert acts == ["campaigns.voting.paused", "campaigns.voting.resumed"]
    assert AuditEntry.objects.earliest("id").facts == {"reason": "票数异常，暂停核查"}


def test_pausing_twice_keeps_the_first_reason_and_is_recorded_once():
    paper = given_open_round()
    supervisor = given_staff(paper.campaign.agency, Role.SUPERVISOR).actor
    facts = {"campaign_id": paper.campaign_id, "actor": supervisor, "now": NOW}
    rounds.pause_voting(reason="第一次", **facts)
    assert rounds.pause_voting(reason="第二次", **facts).pause_reason == "第一次"
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.SUPERVISOR])
def test_nobody_but_a_supervisor_pauses(role):
    paper = given_open_round()
    actor = given_staff(paper.campaign.agency, role).actor
    with pytest.raises(NotAllowed):
        rounds.pause_voting(campaign_id=paper.campaign_id, reason="暂停", actor=actor, now=NOW)
    assert not Round.objects.get(pk=paper.pk).paused


def test_a_supervisor_of_another_agency_finds_no_campaign():
    paper = given_open_round()
    stranger = given_staff(given_agency(), Role.SUPERVISOR).actor
    with pytest.raises(CampaignNotFound):
        rounds.pause_voting(campaign_id=paper.campaign_id, reason="暂停", actor=stranger, now=NOW)
    assert not Round.objects.get(pk=paper.pk).paused


def test_pausing_needs_a_reason():
    paper = given_open_round()
    actor = given_staff(paper.campaign.agency, Role.SUPERVISOR).actor
    with pytest.raises(ReasonNeeded):
        rounds.pause_voting(campaign_id=paper.campaign_id, reason="  ", actor=actor, now=NOW)


def test_a_vote_that_is_over_cannot_be_paused_from_the_moment_it_closes():
    paper = given_open_round()
    actor = given_staff(paper.campaign.agency, Role.SUPERVISOR).actor
    closes_at = paper.campaign.stages.get(kind="voting").closes_at
    facts = {"campaign_id": paper.campaign_id, "reason": "暂停", "actor": actor}
    with pytest.raises(VotingOver):
        rounds.pause_voting(now=closes_at, **facts)
    assert rounds.pause_voting(now=closes_at - timedelta(milliseconds=1), **facts).paused


def test_there_is_nothing_to_pause_before_launch():
    campaign = given_campaign(launched=False)
    actor = given_staff(campaign.agency, Role.SUPERVISOR).actor
    with pytest.raises(NotLaunched):
        rounds.pause_voting(campaign_id=campaign.pk, reason="暂停", actor=actor, now=NOW)


def test_a_long_reason_is_cut_to_what_can_be_kept():
    campaign = given_campaign(during="voting")
    paper = given_open_round(campaign)
    actor = given_staff(campaign.agency, Role.SUPERVISOR).actor

    rounds.pause_voting(campaign_id=campaign.pk, reason="核" * 500, actor=actor, now=NOW)

    paper.refresh_from_db()
    assert paper.pause_reason == "核" * 200
