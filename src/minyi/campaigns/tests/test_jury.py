# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime, timedelta

import pytest

from minyi.agencies.models import User
from minyi.agencies.policies import Role
from minyi.campaigns.errors import (
    AlreadySeated,
    CampaignNotFound,
    JurorHasScored,
    JurorNotFound,
    JuryFrozen,
    NomineeNotFound,
    NoPost,
    ReasonNeeded,
    ScoresIncomplete,
    SupervisorCannotScore,
    WrongStage,
)
from minyi.campaigns.models import Juror, JuryScore, Nominee
from minyi.campaigns.queries.results import jury_progress
from minyi.campaigns.services import jury
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry

from .given import (
    NOW,
    given_agency,
    given_campaign,
    given_juror,
    given_nominee,
    given_scores,
    given_staff,
)

pytestmark = pytest.mark.django_db


def organiser_of(campaign):
    return given_staff(campaign.agency, Role.ORGANISER).actor


def given_scored_campaign(**fields):
    campaign = given_campaign(public_weight=70, jury_weight=30, **fields)
    given_nominee(campaign)
    given_nominee(campaign)
    return campaign


def supervisor_of(campaign):
    return given_staff(campaign.agency, Role.SUPERVISOR).actor


def seat(campaign, user, *, actor=None, now=NOW, reason="") -> Juror:
    return jury.seat_juror(
        campaign_id=campaign.pk,
        user_id=user.pk,
        seat="行业专家",
        reason=reason,
        actor=actor or organiser_of(campaign),
        now=now,
    )


def give(juror, nominee, points=80, *, now=NOW, **changed) -> None:
    given = {criterion.pk: points for criterion in juror.campaign.criteria.all()}
    jury.give_scores(
        campaign_id=juror.campaign_id,
        nominee_id=nominee.pk,
        points={**given, **changed.get("also", {})},
        actor=juror.user.actor,
        now=now,
    )


# --- Seats


def test_organisers_seat_people_who_can_log_in_even_from_another_agency():
    campaign = given_scored_campaign(during="display")
    guest = given_staff(given_agency(), Role.REVIEWER)

    assert seat(campaign, guest).seat == "行业专家"
    assert AuditEntry.objects.get(act="campaigns.juror.seated").facts["user"] == guest.pk


def test_nobody_without_a_present_post_is_seated():
    campaign = given_scored_campaign(during="display")
    gone = given_staff(campaign.agency, Role.REVIEWER)
    gone.posts.update(until=NOW.date() - timedelta(days=1))

    for user in (gone, User.objects.create_user("nobody")):
        with pytest.raises(NoPost):
            seat(campaign, user)


def test_nobody_sits_twice():
    campaign = given_scored_campaign(during="display")
    juror = given_juror(campaign)

    with pytest.raises(AlreadySeated):
        seat(campaign, juror.user)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.REVIEWER, Role.SUPERVISOR])
def test_only_organisers_seat_jurors(role):
    campaign = given_scored_campaign(during="display")
    somebody = given_staff(campaign.agency, role)

    with pytest.raises(NotAllowed):
        seat(campaign, somebody, actor=somebody.actor)


def test_organisers_of_another_agency_seat_nobody_here():
    campaign = given_scored_campaign(during="display")
    stranger = organiser_of(given_campaign())

    with pytest.raises(CampaignNotFound):
        seat(campaign, given_staff(campaign.agency, Role.REVIEWER), actor=stranger)


def unseat(juror, *, reason="因病", now=NOW, actor=None) -> None:
    actor = actor or organiser_of(juror.campaign)
    jury.unseat_juror(juror_id=juror.pk, reason=reason, actor=actor, now=now)


def test_a_juror_leaves_before_scoring_and_only_with_a_reason():
    juror = given_juror(given_scored_campaign(during="display"))

    with pytest.raises(ReasonNeeded):
        unseat(juror, reason="")
    unseat(juror)

    assert not Juror.objects.exists()


def test_once_voting_has_opened_only_a_supervisor_changes_the_jury_and_says_why():
    campaign = given_scored_campaign(during="voting")
    juror, guest = given_juror(campaign), given_staff(campaign.agency, Role.REVIEWER)
    supervisor = supervisor_of(campaign)

    with pytest.raises(JuryFrozen):
        seat(campaign, guest, reason="增补")
    with pytest.raises(JuryFrozen):
        unseat(juror, reason="回避")
    with pytest.raises(ReasonNeeded):
        seat(campaign, guest, actor=supervisor)
    seat(campaign, guest, reason="原专家因病退出，增补", actor=supervisor)
    unseat(juror, reason="因病", actor=supervisor)

    assert [one.user for one in Juror.objects.all()] == [guest]
    entry = AuditEntry.objects.get(act="campaigns.juror.seated")
    assert entry.facts["reason"] == "原专家因病退出，增补"


def test_a_post_that_begins_today_counts_in_the_offices_day():
    campaign = given_scored_campaign(during="display")
    guest = given_staff(campaign.agency, Role.REVIEWER)
    guest.posts.update(since=NOW.date())
    past_midnight = datetime(2026, 9, 1, 16, 30, tzinfo=UTC)  # half past midnight of 2 September

    assert seat(campaign, guest, now=past_midnight)


def test_a_juror_who_has_scored_stays_unless_time_ran_out_half_way():
    campaign = given_scored_campaign()
    half, whole = given_juror(campaign), given_juror(campaign)
    given_scores(half, {1: 80})
    given_scores(whole, {1: 80, 2: 80})
    supervisor = supervisor_of(campaign)
    after = campaign.stages.get(kind="verification").closes_at

    for juror, moment in ((half, NOW), (whole, NOW), (whole, after)):
        with pytest.raises(JurorHasScored):
            unseat(juror, now=moment, actor=supervisor)
    unseat(half, now=after, actor=supervisor)

    assert list(Juror.objects.all()) == [whole]
    entry = AuditEntry.objects.get(act="campaigns.juror.unseated")
    assert entry.facts["unfinished_scores"] == 3


# --- Scores


def test_a_juror_scores_every_criterion_and_may_change_their_mind():
    campaign = given_scored_campaign()
    juror, nominee = given_juror(campaign), campaign.nominees.first()

    give(juror, nominee, 80)
    give(juror, nominee, 85)

    assert set(juror.scores.values_list("points", flat=True)) == {85}
    assert juror.scores.count() == 3
    (progress,) = jury_progress(campaign)
    assert (progress.done, progress.due, progress.missing) == (1, 2, 1)


@pytest.mark.parametrize("during", ["display", "publicity", "result"])
def test_outside_voting_and_verification_nobody_scores(during):
    campaign = given_scored_campaign(during=during)
    juror = given_juror(campaign)

    with pytest.raises(WrongStage):
        give(juror, campaign.nominees.first())


@pytest.mark.parametrize("during", ["voting", "verification"])
def test_in_voting_and_verification_jurors_score(during):
    campaign = given_scored_campaign(during=during)
    give(given_juror(campaign), campaign.nominees.first())


@pytest.mark.parametrize("points", [-1, 101, 1000])
def test_points_run_from_zero_to_a_hundred(points):
    campaign = given_scored_campaign()
    juror = given_juror(campaign)

    with pytest.raises(ScoresIncomplete):
        give(juror, campaign.nominees.first(), points)
    assert not JuryScore.objects.exists()


def test_a_criterion_left_out_or_of_another_campaign_is_refused():
    campaign = given_scored_campaign()
    juror, nominee = given_juror(campaign), campaign.nominees.first()
    foreign = given_campaign().criteria.first()

    with pytest.raises(ScoresIncomplete):
        give(juror, nominee, also={foreign.pk: 80})
    with pytest.raises(ScoresIncomplete):
        jury.give_scores(
            campaign_id=campaign.pk,
            nominee_id=nominee.pk,
            points={campaign.criteria.first().pk: 80},
            actor=juror.user.actor,
            now=NOW,
        )


def test_who_is_not_on_the_jury_scores_nothing_whatever_their_post():
    campaign = given_scored_campaign()
    elsewhere = given_juror(given_scored_campaign(agency=campaign.agency))

    for actor in (organiser_of(campaign), elsewhere.user.actor):
        with pytest.raises(JurorNotFound):
            jury.give_scores(
                campaign_id=campaign.pk,
                nominee_id=campaign.nominees.first().pk,
                points={},
                actor=actor,
                now=NOW,
            )


def test_foreign_and_withdrawn_nominees_are_not_scored():
    campaign = given_scored_campaign()
    juror = given_juror(campaign)
    gone = given_nominee(campaign, status=Nominee.Status.WITHDRAWN)
    foreign = given_nominee(given_campaign())

    for nominee in (gone, foreign):
        with pytest.raises(NomineeNotFound):
            give(juror, nominee)


def test_the_audit_trail_tells_that_a_juror_scored_not_what():
    campaign = given_scored_campaign()
    give(given_juror(campaign), campaign.nominees.first(), 77)

    entry = AuditEntry.objects.get(act="campaigns.juror.scored")
    assert entry.facts == {"number": 1}


def test_who_must_sign_does_not_score():
    campaign = given_campaign(during="before")
    supervisor = given_staff(campaign.agency, Role.SUPERVISOR)
    organiser = given_staff(campaign.agency, Role.ORGANISER)
    with pytest.raises(SupervisorCannotScore):
        jury.seat_juror(
            campaign_id=campaign.pk, user_id=supervisor.pk, actor=organiser.actor, now=NOW
        )
