# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from minyi.agencies.policies import Role
from minyi.campaigns import scoring
from minyi.campaigns.errors import (
    CampaignNotFound,
    DigestChanged,
    FiguresMissing,
    JuryEmpty,
    NobodyToRank,
    NotShownLongEnough,
    PublicityNotOver,
    ReasonNeeded,
    ResultFixed,
    ResultNotFound,
    ResultPublished,
    ResultSigned,
    ResultUnsigned,
    ScoringNotOver,
    SignerComputed,
    SignerScored,
    VotingNotOver,
)
from minyi.campaigns.models import Campaign, JuryScore, Nominee, Result
from minyi.campaigns.queries.results import public_result, published_result, staff_result
from minyi.campaigns.scoring import Entry, Weights, place
from minyi.campaigns.services import jury, nominees, results
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry

from .given import (
    NOW,
    given_ballot,
    given_campaign,
    given_finished_vote,
    given_juror,
    given_nominee,
    given_open_round,
    given_scores,
    given_staff,
)

pytestmark = pytest.mark.django_db


def organiser_of(campaign):
    return given_staff(campaign.agency, Role.ORGANISER).actor


def supervisor_of(campaign):
    return given_staff(campaign.agency, Role.SUPERVISOR).actor


def compute(campaign, *, actor=None, now=NOW) -> Result:
    return results.compute_result(
        campaign_id=campaign.pk, actor=actor or organiser_of(campaign), now=now
    )


def sign(campaign, *, actor=None, note="", now=NOW) -> Result:
    return results.sign_result(
        campaign_id=campaign.pk, note=note, actor=actor or supervisor_of(campaign), now=now
    )


def publish(campaign, *, now) -> Result:
    return results.publish_result(campaign_id=campaign.pk, actor=organiser_of(campaign), now=now)


def after_publicity(campaign):
    return campaign.stages.get(kind="publicity").closes_at


def places(campaign) -> list[tuple[int, int, bool]]:
    lines = Result.objects.get(campaign=campaign).lines.select_related("nominee")
    return [(line.nominee.number, line.rank, line.is_selected) for line in lines]


# --- Arithmetic


def entry(number, votes=0, jury_points="0", figures="0") -> Entry:
    return Entry(number, f"{number}", votes, Decimal(jury_points), Decimal(figures), {})


def test_three_weights_make_the_score():
    placed = place(
        [entry(1, 200, "80", "50"), entry(2, 150, "96.5", "100")],
        weights=Weights(50, 30, 20),
        tie_rule="jury",
        seats=1,
    )

    assert [(one.entry.number, one.public_points, one.score) for one in placed] == [
        (2, Decimal("75.000"), Decimal("86.450")),  # 37.5 + 28.95 + 20
        (1, Decimal("100.000"), Decimal("84.000")),  # 50 + 24 + 10
    ]


@pytest.mark.parametrize(
    ("value", "kept"), [("1.0005", "1.000"), ("1.0015", "1.002"), ("2.00051", "2.001")]
)
def test_halves_go_to_the_even_digit(value, kept):
    assert scoring.rounded(Decimal(value)) == Decimal(kept)


def test_a_third_is_rounded_once_and_shown_as_it_counts():
    (first, second) = place(
        [entry(1, 3), entry(2, 2)], weights=Weights(70, 30, 0), tie_rule="shared", seats=1
    )

    assert second.public_points == Decimal("66.667")
    assert second.score == Decimal("46.667")
    assert first.score == Decimal("70.000")


@pytest.mark.parametrize(
    ("tie_rule", "ranks"),
    [("jury", {1: 2, 2: 1, 3: 3}), ("public", {1: 1, 2: 2, 3: 3}), ("shared", {1: 1, 2: 1, 3: 3})],
)
def test_equal_scores_are_decided_by_the_rule_fixed_beforehand(tie_rule, ranks):
    # Half and half: 100 and 60 make the same 80 as 70 and 90.
    placed = place(
        [entry(1, 100, "60"), entry(2, 70, "90"), entry(3, 10, "10")],
        weights=Weights(50, 50, 0),
        tie_rule=tie_rule,
        seats=2,
    )

    assert {one.entry.number: one.rank for one in placed} == ranks


def test_a_tie_that_the_rule_cannot_decide_is_shared_and_nobody_is_cut_at_the_last_seat():
    placed = place(
        [entry(1, 9), entry(2, 5), entry(3, 5), entry(4, 1)],
        weights=Weights(100, 0, 0),
        tie_rule="jury",
        seats=2,
    )

    assert [(one.entry.number, one.rank, one.is_selected) for one in placed] == [
        (1, 1, True),
        (2, 2, True),
        (3, 2, True),
        (4, 4, False),
    ]


def test_without_a_vote_everybody_has_zero_public_points():
    placed = place([entry(1), entry(2)], weights=Weights(100, 0, 0), tie_rule="public", seats=1)

    assert {one.score for one in placed} == {Decimal("0.000")}


def test_the_juries_mean_weighs_the_criteria():
    scores = [{1: 100, 2: 50}, {1: 80, 2: 91}]

    # (0.4 · 100 + 0.6 · 50 + 0.4 · 80 + 0.6 · 91) / 2
    assert scoring.weighted_mean(scores, {1: 40, 2: 60}) == Decimal("78.300")


# --- Computing


def test_the_result_follows_from_the_ballots():
    campaign = given_finished_vote({1: 2, 2: 5, 3: 4})

    result = compute(campaign)

    assert places(campaign) == [(2, 1, True), (3, 2, True), (1, 3, False)]
    assert result.ballots == 11
    shown = staff_result(campaign_id=campaign.pk, actor=organiser_of(campaign))
    assert [line.votes for line in shown.lines] == [5, 4, 2]
    assert [line.score for line in shown.lines] == ["100.000", "80.000", "40.000"]


def test_jury_and_figures_are_weighed_in():
    campaign = given_finished_vote(
        {1: 10, 2: 5}, public_weight=50, jury_weight=30, figures_weight=20
    )
    campaign.nominees.filter(number=1).update(figures=Decimal("50"))
    campaign.nominees.filter(number=2).update(figures=Decimal("100"))
    for points in ({1: 80, 2: 90}, {1: 60, 2: 100}):
        given_scores(given_juror(campaign), points)

    compute(campaign)

    shown = staff_result(campaign_id=campaign.pk, actor=organiser_of(campaign))
    assert [(line.number, line.jury_points, line.score) for line in shown.lines] == [
        (1, "70.000", "81.000"),  # 50 + 21 + 10
        (2, "95.000", "73.500"),  # 25 + 28.5 + 20
    ]
    assert shown.lines[0].criteria == ("70.000", "70.000", "70.000")
    assert "公众分 × 50% + 专家分 × 30% + 数据分 × 20%" in shown.formula
    assert "服务质量 40%" in shown.formula


def test_a_part_without_weight_asks_for_nothing_and_counts_for_nothing():
    campaign = given_finished_vote({1: 1, 2: 2})
    given_scores(given_juror(campaign), {1: 100})

    compute(campaign)

    shown = staff_result(campaign_id=campaign.pk, actor=organiser_of(campaign))
    assert {line.jury_points for line in shown.lines} == {"0.000"}


def test_who_withdrew_has_no_place_and_leaves_the_others_theirs():
    campaign = given_finished_vote({1: 9, 2: 5, 3: 3})
    campaign.nominees.filter(number=1).update(status=Nominee.Status.WITHDRAWN)

    compute(campaign)

    assert [(number, rank) for number, rank, _selected in places(campaign)] == [(2, 1), (3, 2)]
    shown = staff_result(campaign_id=campaign.pk, actor=organiser_of(campaign))
    assert shown.lines[0].public_points == "100.000"


@pytest.mark.parametrize("during", ["display", "voting"])
def test_before_the_vote_is_over_there_is_nothing_to_compute(during):
    campaign = given_campaign(during=during)
    given_open_round(campaign)

    with pytest.raises(VotingNotOver):
        compute(campaign)

    assert not Result.objects.exists()


def test_missing_jurors_are_named():
    campaign = given_finished_vote({1: 1, 2: 1}, public_weight=70, jury_weight=30)
    with pytest.raises(JuryEmpty):
        compute(campaign)

    done, behind = given_juror(campaign), given_juror(campaign)
    given_scores(done, {1: 80, 2: 80})
    given_scores(behind, {1: 80})
    with pytest.raises(ScoringNotOver) as refusal:
        compute(campaign)

    assert f"{behind.user}（1/2）" in refusal.value.detail
    assert refusal.value.detail.count("（") == 1


def test_missing_figures_are_named():
    campaign = given_finished_vote({1: 1, 2: 1}, public_weight=90, figures_weight=10)
    campaign.nominees.filter(number=1).update(figures=Decimal("80"))

    with pytest.raises(FiguresMissing) as refusal:
        compute(campaign)

    assert "2 号示例窗口2" in refusal.value.detail
    assert "10%" in refusal.value.detail


def test_without_candidates_there_is_no_result():
    campaign = given_finished_vote({1: 1})
    campaign.nominees.update(status=Nominee.Status.WITHDRAWN)

    with pytest.raises(NobodyToRank):
        compute(campaign)


def test_a_result_may_be_computed_again_until_it_is_signed():
    campaign = given_finished_vote({1: 2, 2: 1})
    first = compute(campaign).digest
    assert compute(campaign).digest == first

    given_ballot(campaign.round, [2])
    given_ballot(campaign.round, [2])
    second = compute(campaign)
    assert second.digest != first
    assert places(campaign)[0][0] == 2
    assert AuditEntry.objects.filter(act="campaigns.result.computed").count() == 3

    sign(campaign)
    with pytest.raises(ResultSigned):
        compute(campaign)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.REVIEWER, Role.SUPERVISOR, Role.LEADER])
def test_only_organisers_compute(role):
    campaign = given_finished_vote({1: 1})

    with pytest.raises(NotAllowed):
        compute(campaign, actor=given_staff(campaign.agency, role).actor)


def test_an_organiser_of_another_agency_finds_no_campaign():
    campaign = given_finished_vote({1: 1})

    with pytest.raises(CampaignNotFound):
        compute(campaign, actor=organiser_of(given_campaign()))


# --- Signing


def test_the_supervisor_signs_what_was_computed():
    campaign = given_finished_vote({1: 2, 2: 1})
    compute(campaign)
    supervisor = supervisor_of(campaign)

    result = sign(campaign, actor=supervisor, note="计票无误")

    assert str(result.signed_by_id) == supervisor.id
    assert result.signed_note == "计票无误"
    entry_ = AuditEntry.objects.get(act="campaigns.result.signed")
    assert entry_.facts["digest"] == result.digest


def test_whoever_computed_cannot_sign():
    campaign = given_finished_vote({1: 1})
    both = given_staff(campaign.agency, Role.ORGANISER)
    both.posts.create(agency=campaign.agency, role=Role.SUPERVISOR, since="2020-01-01")
    compute(campaign, actor=both.actor)

    with pytest.raises(SignerComputed):
        sign(campaign, actor=both.actor)


def test_a_juror_who_became_supervisor_cannot_sign():
    campaign = given_finished_vote({1: 1})
    compute(campaign)
    juror = given_juror(campaign)
    juror.user.posts.create(agency=campaign.agency, role=Role.SUPERVISOR, since="2020-01-01")

    with pytest.raises(SignerScored):
        sign(campaign, actor=juror.user.actor)


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.LEADER, Role.ADMINISTRATOR])
def test_only_supervisors_sign(role):
    campaign = given_finished_vote({1: 1})
    compute(campaign)

    with pytest.raises(NotAllowed):
        sign(campaign, actor=given_staff(campaign.agency, role).actor)


def test_nothing_is_signed_before_it_is_computed():
    with pytest.raises(ResultNotFound):
        sign(given_finished_vote({1: 1}))


def _late_ballot(campaign):
    given_ballot(campaign.round, [1])


def _changed_score(campaign):
    JuryScore.objects.filter(nominee__number=1).update(points=1)


def _withdrawal(campaign):
    campaign.nominees.filter(number=2).update(status=Nominee.Status.WITHDRAWN)


def _other_tie_rule(campaign):
    Campaign.objects.filter(pk=campaign.pk).update(tie_rule="shared")


@pytest.mark.parametrize("change", [_late_ballot, _changed_score, _withdrawal, _other_tie_rule])
def test_what_changed_after_computing_is_not_signed(change):
    campaign = given_finished_vote({1: 2, 2: 1}, public_weight=70, jury_weight=30)
    given_scores(given_juror(campaign), {1: 80, 2: 90})
    compute(campaign)
    change(campaign)

    with pytest.raises(DigestChanged):
        sign(campaign)

    assert Result.objects.get().signed_at is None


def test_signed_once_is_signed():
    campaign = given_finished_vote({1: 1})
    compute(campaign)
    sign(campaign)

    with pytest.raises(ResultSigned):
        sign(campaign)


def test_after_the_signature_scores_and_candidates_stay():
    campaign = given_finished_vote({1: 2, 2: 1}, public_weight=70, jury_weight=30)
    juror = given_juror(campaign)
    given_scores(juror, {1: 80, 2: 90})
    compute(campaign)
    sign(campaign)
    nominee = campaign.nominees.first()

    with pytest.raises(ResultFixed):
        jury.give_scores(
            campaign_id=campaign.pk,
            nominee_id=nominee.pk,
            points={criterion.pk: 1 for criterion in campaign.criteria.all()},
            actor=juror.user.actor,
            now=NOW,
        )
    with pytest.raises(ResultFixed):
        nominees.withdraw_nominee(
            nominee_id=nominee.pk, reason="异议成立", actor=supervisor_of(campaign), now=NOW
        )


def test_an_upheld_objection_can_be_put_right_by_taking_the_signature_back():
    campaign = given_finished_vote({1: 2, 2: 1})
    compute(campaign)
    sign(campaign)
    supervisor = supervisor_of(campaign)
    with pytest.raises(ReasonNeeded):
        results.withdraw_signature(campaign_id=campaign.pk, reason=" ", actor=supervisor, now=NOW)

    results.withdraw_signature(
        campaign_id=campaign.pk, reason="异议成立", actor=supervisor, now=NOW
    )
    nominees.withdraw_nominee(
        nominee_id=campaign.nominees.get(number=1).pk,
        reason="异议成立，取消资格",
        actor=supervisor,
        now=NOW,
    )
    compute(campaign)
    sign(campaign)

    assert [number for number, _rank, _selected in places(campaign)] == [2]


# --- Publishing


def test_nothing_is_published_unsigned_by_service_or_by_hand():
    campaign = given_finished_vote({1: 1})
    compute(campaign)

    with pytest.raises(ResultUnsigned):
        publish(campaign, now=after_publicity(campaign))
    with pytest.raises(IntegrityError), transaction.atomic():
        Result.objects.update(published_at=NOW)


@pytest.mark.parametrize("type_", [Campaign.Type.AWARD, Campaign.Type.EVALUATION])
def test_a_result_waits_for_the_end_of_publicity(type_):
    campaign = given_finished_vote({1: 1}, type=type_)
    compute(campaign)
    sign(campaign)

    with pytest.raises(PublicityNotOver):
        publish(campaign, now=after_publicity(campaign) - timedelta(seconds=1))
    publish(campaign, now=after_publicity(campaign))

    assert Result.objects.get().published_at == after_publicity(campaign)


def test_an_award_without_publicity_is_never_published_an_evaluation_may_be():
    for type_ in (Campaign.Type.AWARD, Campaign.Type.EVALUATION):
        campaign = given_finished_vote({1: 1}, type=type_)
        campaign.stages.filter(kind="publicity").delete()
        compute(campaign)
        sign(campaign)
        later = NOW + timedelta(days=90)
        if type_ == Campaign.Type.AWARD:
            with pytest.raises(PublicityNotOver):
                publish(campaign, now=later)
        else:
            assert publish(campaign, now=later).published_at == later


@pytest.mark.parametrize("type_", [Campaign.Type.AWARD, Campaign.Type.EVALUATION])
def test_what_was_never_shown_for_objections_is_not_published(type_):
    campaign = given_finished_vote({1: 1}, type=type_)
    closed = after_publicity(campaign)
    compute(campaign, now=closed)
    sign(campaign, now=closed)

    with pytest.raises(NotShownLongEnough) as refusal:
        publish(campaign, now=closed + timedelta(days=60))

    assert "5 个工作日" in refusal.value.detail
    assert "延长" in str(refusal.value.action)
    assert Result.objects.get().published_at is None


def test_a_result_put_right_after_publicity_is_shown_again_before_it_is_published():
    campaign = given_finished_vote({1: 2, 2: 1}, type=Campaign.Type.AWARD)
    compute(campaign)
    sign(campaign)
    closed = after_publicity(campaign)
    results.withdraw_signature(
        campaign_id=campaign.pk, reason="异议成立", actor=supervisor_of(campaign), now=closed
    )
    campaign.nominees.filter(number=1).update(status=Nominee.Status.WITHDRAWN)
    compute(campaign, now=closed)
    sign(campaign, now=closed)

    with pytest.raises(NotShownLongEnough):
        publish(campaign, now=closed)


def test_a_late_signature_needs_its_own_working_days_within_a_longer_publicity():
    campaign = given_finished_vote({1: 1}, during="publicity", type=Campaign.Type.AWARD)
    stage = campaign.stages.get(kind="publicity")
    signed_at = NOW.replace(day=3)  # a Thursday, the day after publicity opened
    compute(campaign, now=signed_at)
    sign(campaign, now=signed_at)
    # 4, 7, 8, 9 and 10 September: the weekend does not count.
    stage.closes_at = signed_at.replace(day=9, hour=18)
    stage.save()
    with pytest.raises(NotShownLongEnough) as refusal:
        publish(campaign, now=stage.closes_at)
    assert "2026年9月10日止" in refusal.value.detail
    assert "2026年9月11日公布" in refusal.value.detail

    stage.closes_at = signed_at.replace(day=10, hour=18)
    stage.save()
    assert publish(campaign, now=stage.closes_at).published_at == stage.closes_at


def test_what_changed_after_the_signature_is_not_published():
    campaign = given_finished_vote({1: 2, 2: 1})
    compute(campaign)
    sign(campaign)
    given_ballot(campaign.round, [2])

    with pytest.raises(DigestChanged):
        publish(campaign, now=after_publicity(campaign))


def test_published_is_final():
    campaign = given_finished_vote({1: 1})
    compute(campaign)
    sign(campaign)
    moment = after_publicity(campaign)
    publish(campaign, now=moment)

    assert publish(campaign, now=moment + timedelta(days=1)).published_at == moment
    with pytest.raises(ResultPublished):
        results.withdraw_signature(
            campaign_id=campaign.pk,
            reason="想改",
            actor=supervisor_of(campaign),
            now=moment,
        )


# --- What the public sees


def test_citizens_see_a_result_only_once_signed_and_in_publicity_then_final():
    campaign = given_finished_vote({1: 2, 2: 1})
    publicity = campaign.stages.get(kind="publicity")

    def public_state(now) -> str:
        try:
            return public_result(campaign_id=campaign.pk, now=now).state
        except ResultNotFound:
            return "nothing"

    compute(campaign)
    assert public_state(publicity.opens_at) == "nothing"
    sign(campaign)
    assert public_state(publicity.opens_at - timedelta(seconds=1)) == "nothing"
    assert public_state(publicity.opens_at) == "proposed"
    with pytest.raises(ResultNotFound):
        published_result(campaign_id=campaign.pk)
    publish(campaign, now=publicity.closes_at)
    assert public_state(publicity.closes_at) == "final"
    assert published_result(campaign_id=campaign.pk).state == "final"


def test_the_published_document_has_the_signed_digest():
    campaign = given_finished_vote({1: 2, 2: 1}, public_weight=70, jury_weight=30)
    given_scores(given_juror(campaign), {1: 80, 2: 91})
    digest = compute(campaign).digest

    shown = staff_result(campaign_id=campaign.pk, actor=organiser_of(campaign))

    assert scoring.digest_of(shown.document) == digest == shown.digest


def test_a_shared_rank_is_said_to_be_shared():
    campaign = given_finished_vote({1: 2, 2: 2, 3: 1}, seats=1)
    compute(campaign)

    shown = staff_result(campaign_id=campaign.pk, actor=organiser_of(campaign))

    assert shown.has_tie
    assert shown.selected == 2
    assert [line.is_shared for line in shown.lines] == [True, True, False]


def test_a_result_of_a_hundred_candidates_is_read_in_few_queries(django_assert_max_num_queries):
    campaign = given_finished_vote(dict.fromkeys(range(1, 101), 1))
    compute(campaign)
    actor = organiser_of(campaign)

    with django_assert_max_num_queries(9):
        assert len(staff_result(campaign_id=campaign.pk, actor=actor).lines) == 100


def test_a_nominee_that_joins_no_result_breaks_nothing():
    campaign = given_finished_vote({1: 1})
    compute(campaign)
    given_nominee(campaign)

    assert staff_result(campaign_id=campaign.pk, actor=organiser_of(campaign)) is not None
