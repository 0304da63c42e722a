# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta

import pytest

from minyi.agencies.policies import Role
from minyi.campaigns import blueprints
from minyi.campaigns.errors import (
    AlreadyLaunched,
    BlueprintNotFound,
    CampaignCancelled,
    CampaignInvalid,
    CampaignNotFound,
    FieldsFrozen,
    LaunchBlocked,
    ReasonNeeded,
    StageFrozen,
    WrongStage,
)
from minyi.campaigns.models import Campaign, Category, Result, Round, Stage
from minyi.campaigns.queries.checklist import launch_checklist
from minyi.campaigns.services import campaigns, stages
from minyi.campaigns.services.lines import CategoryEntry, CriterionEntry
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry
from minyi.core.workdays import count_workdays

from .given import (
    NOW,
    given_account,
    given_agency,
    given_campaign,
    given_nominee,
    given_open_round,
    given_ready_campaign,
    given_rules,
    given_staff,
    given_stages,
)

pytestmark = pytest.mark.django_db


def organiser_of(campaign):
    return given_staff(campaign.agency, Role.ORGANISER).actor


def edit(campaign, *, actor=None, now=NOW, reason="", **changed):
    return campaigns.edit_campaign(
        campaign=campaign,
        actor=actor or organiser_of(campaign),
        now=now,
        changed=changed,
        reason=reason,
    )


def moved(campaign, kind, **changes):
    return [
        stages.StageEntry(
            entry.kind,
            changes.get("opens_at", entry.opens_at) if entry.kind == kind else entry.opens_at,
            changes.get("closes_at", entry.closes_at) if entry.kind == kind else entry.closes_at,
            entry.note,
        )
        for entry in stages.stage_entries(campaign)
    ]


# --- Drafts -------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", blueprints.BLUEPRINTS)
def test_every_template_makes_a_draft_whose_stages_and_weights_are_in_order(key):
    given_rules()
    agency = given_agency()
    actor = given_staff(agency, Role.ORGANISER).actor
    plan = blueprints.BLUEPRINTS[key]
    draft = campaigns.draft_campaign(
        agency_id=agency.pk, blueprint=key, title="示例活动", actor=actor, now=NOW
    )
    items = {i.code: i for i in launch_checklist(campaign_id=draft.pk, now=NOW)}
    for code in ("stages", "publicity", "count_hours", "title_words", "pupils"):
        assert items[code].is_met, items[code].finding
    assert items["criteria"].is_met or key == "blank"
    assert draft.launched_at is None
    assert draft.stages.count() == len(plan.stages)


def test_the_publicity_of_a_draft_ends_on_its_fifth_working_day():
    (entry,) = stages.plan_stages([blueprints.PlannedStage("publicity", 5, "workday")], now=NOW)
    counted = count_workdays(start=entry.opens_at.date(), end=entry.closes_at.date()).counted
    assert len(counted) == 5
    assert counted[-1] == entry.closes_at.date()


def test_a_draft_takes_the_only_account_of_its_agency():
    agency = given_agency()
    account = given_account(agency)
    draft = campaigns.draft_campaign(
        agency_id=agency.pk,
        blueprint="window",
        title="示例评选",
        actor=given_staff(agency, Role.EDITOR).actor,
        now=NOW,
    )
    assert draft.account == account
    assert AuditEntry.objects.get().act == "campaigns.campaign.drafted"


@pytest.mark.parametrize(
    ("blueprint", "title", "refusal"),
    [("unknown", "示例", BlueprintNotFound), ("window", "", CampaignInvalid)],
)
def test_a_draft_from_nothing_or_without_a_name_is_refused(blueprint, title, refusal):
    agency = given_agency()
    actor = given_staff(agency, Role.ORGANISER).actor
    with pytest.raises(refusal):
        campaigns.draft_campaign(
            agency_id=agency.pk, blueprint=blueprint, title=title, actor=actor, now=NOW
        )
    assert not Campaign.objects.exists()


def test_a_name_of_26_characters_is_refused_and_25_is_not():
    campaign = given_ready_campaign()
    edit(campaign, title="长" * 25)
    with pytest.raises(CampaignInvalid):
        edit(campaign, title="长" * 26)
    assert Campaign.objects.get().title == "长" * 25


def test_nobody_drafts_for_another_agency():
    actor = given_staff(given_agency(), Role.ORGANISER).actor
    with pytest.raises(NotAllowed):
        campaigns.draft_campaign(
            agency_id=given_agency().pk, blueprint="window", title="示例", actor=actor, now=NOW
        )


# --- Edits --------------------------------------------------------------------------------------


def test_an_edit_is_on_the_trail_with_old_and_new():
    campaign = given_ready_campaign()
    edit(campaign, theme="新的主题", seats=3)
    entry = AuditEntry.objects.get(act="campaigns.campaign.edited")
    assert entry.facts["changes"] == {"theme": ["让办事更省心", "新的主题"], "seats": [2, 3]}
    assert entry.agency_id == campaign.agency_id


def test_saving_what_is_already_there_leaves_no_trace():
    campaign = given_ready_campaign()
    edit(campaign, theme=campaign.theme, stages=stages.stage_entries(campaign))
    assert not AuditEntry.objects.exists()


def test_an_edit_that_makes_no_sense_changes_nothing():
    campaign = given_ready_campaign()
    with pytest.raises(CampaignInvalid) as refusal:
        edit(campaign, theme="新的主题", min_picks=5, max_picks=2, jury_weight=50)
    assert set(refusal.value.facts["problems"]) == {"max_picks", "public_weight"}
    assert Campaign.objects.get(pk=campaign.pk).theme == "让办事更省心"


def test_ownership_is_not_a_field_that_can_be_edited():
    campaign = given_ready_campaign()
    with pytest.raises(CampaignInvalid):
        edit(campaign, agency=given_agency())


def test_the_account_of_another_agency_is_refused():
    campaign = given_ready_campaign()
    with pytest.raises(CampaignInvalid):
        edit(campaign, account=given_account(given_agency()))


def test_criteria_and_categories_are_replaced_as_whole_lists():
    campaign = given_ready_campaign()
    kept = campaign.criteria.get(name="服务质量")
    edit(
        campaign,
        criteria=[CriterionEntry("信息公开度", 60), CriterionEntry("服务质量", 40, "", kept.pk)],
        categories=[],
    )
    assert list(campaign.criteria.values_list("name", "weight")) == [
        ("信息公开度", 60),
        ("服务质量", 40),
    ]
    assert campaign.criteria.get(name="服务质量").pk == kept.pk
    assert not campaign.categories.exists()


def test_a_category_that_nominees_use_cannot_go():
    campaign = given_ready_campaign()
    nominee = given_nominee(campaign)
    with pytest.raises(CampaignInvalid):
        edit(campaign, categories=[CategoryEntry("别的")])
    assert Category.objects.filter(pk=nominee.category_id).exists()


def test_a_row_of_another_campaign_cannot_be_pulled_in():
    campaign, other = given_ready_campaign(), given_campaign()
    foreign = other.criteria.first()
    with pytest.raises(CampaignInvalid):
        edit(campaign, criteria=[CriterionEntry("夺取", 100, "", foreign.pk)])
    assert other.criteria.filter(pk=foreign.pk, name=foreign.name).exists()


def test_a_stage_that_ends_before_it_begins_is_refused():
    campaign = given_ready_campaign()
    opens_at = campaign.stages.get(kind="voting").opens_at
    with pytest.raises(CampaignInvalid):
        edit(campaign, stages=moved(campaign, "voting", closes_at=opens_at))


def test_a_stranger_finds_no_campaign_and_a_case_worker_may_not_edit():
    campaign = given_ready_campaign()
    stranger = given_staff(given_agency(), Role.ORGANISER).actor
    with pytest.raises(CampaignNotFound):
        edit(campaign, actor=stranger, theme="外人")
    with pytest.raises(NotAllowed):
        edit(campaign, actor=given_staff(campaign.agency, Role.CASE_WORKER).actor, theme="经办")
    assert Campaign.objects.get(pk=campaign.pk).theme == "让办事更省心"


# --- After launch -------------------------------------------------------------------------------


def given_launched(during="nomination"):
    """Launched and in that stage, with everything the checklist asks for."""
    campaign = given_ready_campaign()
    campaign.stages.all().delete()
    given_stages(campaign, during=during, now=NOW)
    campaign.launched_at = NOW - timedelta(days=30)
    campaign.save()
    return campaign


@pytest.mark.parametrize("field", sorted(campaigns.PAPERS - {"account", "approval_document"}))
def test_after_launch_name_and_papers_are_fixed(field):
    campaign = given_launched()
    value = {"publicity_days": 9, "is_free": False, "is_voluntary": False, "type": "award"}
    with pytest.raises(FieldsFrozen):
        edit(campaign, reason="想改", **{field: value.get(field, "changed")})


def test_before_voting_a_rule_changes_with_a_reason_only():
    campaign = given_launched()
    with pytest.raises(ReasonNeeded):
        edit(campaign, max_picks=5)
    edit(campaign, max_picks=5, reason="候选对象增多")
    assert Round.objects.get(campaign=campaign).max_picks == 5
    assert AuditEntry.objects.get().facts["reason"] == "候选对象增多"


@pytest.mark.parametrize("field", sorted(campaigns.RULES))
def test_from_the_moment_voting_opens_every_rule_is_frozen(field):
    campaign = given_launched("voting")
    values = {
        "frequency": "day",
        "count_mode": "live",
        "count_hours": [18],
        "tie_rule": "shared",
        "criteria": [CriterionEntry("别的", 100)],
        "categories": [CategoryEntry("别的")],
        "silent_signals": ["company"],
    }
    with pytest.raises(FieldsFrozen):
        edit(campaign, reason="想改", **{field: values.get(field, 9)})


def test_the_rules_freeze_exactly_at_the_opening():
    campaign = given_launched("display")
    opens_at = campaign.stages.get(kind="voting").opens_at
    edit(campaign, seats=5, reason="名额调整", now=opens_at - timedelta(seconds=1))
    with pytest.raises(FieldsFrozen):
        edit(campaign, seats=6, reason="名额调整", now=opens_at)


def test_texts_may_be_mended_while_people_vote():
    campaign = given_launched("voting")
    assert edit(campaign, theme="改正错字").theme == "改正错字"


def test_texts_may_not_begin_to_lure_people_after_launch():
    campaign = given_launched("voting")
    with pytest.raises(LaunchBlocked):
        edit(campaign, theme="邀请好友一起投票")
    assert Campaign.objects.get(pk=campaign.pk).theme == "让办事更省心"


def test_the_end_of_the_vote_moves_with_a_reason_and_the_paper_follows():
    campaign = given_launched("voting")
    paper = given_open_round(campaign)
    closes_at = campaign.stages.get(kind="voting").closes_at - timedelta(hours=3)
    wanted = moved(campaign, "voting", closes_at=closes_at)
    with pytest.raises(ReasonNeeded):
        edit(campaign, stages=wanted)
    edit(campaign, stages=wanted, reason="系统维护")
    assert Round.objects.get(pk=paper.pk).closes_ms == closes_at.timestamp() * 1000


def test_what_has_begun_keeps_its_beginning_and_nothing_moves_into_the_past():
    campaign = given_launched("voting")
    voting = campaign.stages.get(kind="voting")
    for changes in (
        {"opens_at": voting.opens_at + timedelta(hours=1)},
        {"closes_at": NOW - timedelta(minutes=1)},
    ):
        with pytest.raises(StageFrozen):
            edit(campaign, stages=moved(campaign, "voting", **changes), reason="想改")
    assert campaign.stages.get(kind="voting").closes_at == voting.closes_at


def test_what_is_over_cannot_be_opened_again():
    campaign = given_launched("verification")
    with pytest.raises(StageFrozen):
        edit(
            campaign,
            stages=moved(campaign, "voting", closes_at=NOW + timedelta(days=1)),
            reason="想改",
        )


def test_publicity_that_is_over_may_go_on_until_the_result_is_published():
    campaign = given_launched("result")
    longer = moved(campaign, "publicity", closes_at=NOW + timedelta(days=9))

    edit(campaign, stages=longer, reason="异议成立，更正后重新公示")

    assert campaign.stages.get(kind="publicity").closes_at == NOW + timedelta(days=9)
    shorter = moved(campaign, "publicity", closes_at=NOW - timedelta(hours=1))
    with pytest.raises(StageFrozen):
        edit(campaign, stages=shorter, reason="想改")


def test_no_stage_leaves_a_published_timetable():
    campaign = given_launched()
    shorter = [entry for entry in stages.stage_entries(campaign) if entry.kind != "publicity"]
    with pytest.raises(StageFrozen):
        edit(campaign, stages=shorter, reason="不公示了")


def test_publicity_cannot_be_cut_below_its_days_after_launch():
    campaign = given_launched()
    Campaign.objects.filter(pk=campaign.pk).update(type=Campaign.Type.AWARD)
    publicity = campaign.stages.get(kind="publicity")
    with pytest.raises(LaunchBlocked):
        edit(
            campaign,
            stages=moved(campaign, "publicity", closes_at=publicity.opens_at + timedelta(days=2)),
            reason="赶时间",
        )


# --- Stages by the clock ------------------------------------------------------------------------


def test_a_stage_is_open_from_its_first_moment_up_to_but_not_at_its_last():
    voting = given_campaign().stages.get(kind="voting")
    tick = timedelta(microseconds=1)
    for moment, is_open in (
        (voting.opens_at - tick, False),
        (voting.opens_at, True),
        (voting.closes_at - tick, True),
        (voting.closes_at, False),
    ):
        assert voting.is_open(moment) is is_open
        assert Stage.objects.open_at(moment).filter(pk=voting.pk).exists() is is_open


# --- Launch and cancel --------------------------------------------------------------------------


def test_a_ready_campaign_is_launched_and_its_paper_printed():
    campaign = given_ready_campaign()
    given_nominee(campaign)
    campaigns.launch_campaign(campaign_id=campaign.pk, actor=organiser_of(campaign), now=NOW)
    assert Campaign.objects.public().get() == campaign
    assert Round.objects.get(campaign=campaign).candidates == "[1]"
    assert AuditEntry.objects.get().act == "campaigns.campaign.launched"


def test_an_unfinished_campaign_is_not_launched_and_the_refusal_names_what_is_missing():
    campaign = given_ready_campaign(is_free=False, type=Campaign.Type.AWARD)
    with pytest.raises(LaunchBlocked) as refusal:
        campaigns.launch_campaign(campaign_id=campaign.pk, actor=organiser_of(campaign), now=NOW)
    assert {item.code for item in refusal.value.facts["items"]} == {"approval", "free"}
    assert "批准文件" in refusal.value.detail
    assert not Campaign.objects.public().exists()
    assert not Round.objects.exists()


def test_a_warning_does_not_stop_a_launch():
    campaign = given_ready_campaign(title="十佳窗口评议")
    campaigns.launch_campaign(campaign_id=campaign.pk, actor=organiser_of(campaign), now=NOW)
    assert Campaign.objects.public().exists()


def test_launching_twice_is_refused():
    campaign = given_ready_campaign()
    facts = {"campaign_id": campaign.pk, "actor": organiser_of(campaign), "now": NOW}
    campaigns.launch_campaign(**facts)
    with pytest.raises(AlreadyLaunched):
        campaigns.launch_campaign(**facts)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ORGANISER])
def test_nobody_but_an_organiser_launches_or_cancels(role):
    campaign = given_ready_campaign()
    actor = given_staff(campaign.agency, role).actor
    with pytest.raises(NotAllowed):
        campaigns.launch_campaign(campaign_id=campaign.pk, actor=actor, now=NOW)
    with pytest.raises(NotAllowed):
        campaigns.cancel_campaign(campaign_id=campaign.pk, reason="x", actor=actor, now=NOW)


def test_cancelling_withdraws_the_campaign_and_stops_its_vote_for_good():
    paper = given_open_round()
    campaign = paper.campaign
    actor = organiser_of(campaign)
    campaigns.cancel_campaign(campaign_id=campaign.pk, reason="另行组织", actor=actor, now=NOW)
    stopped = Round.objects.get(pk=paper.pk)
    assert (stopped.paused, stopped.pause_reason) == (True, "另行组织")
    assert not Campaign.objects.public().exists()
    for act in (
        lambda: edit(campaign, actor=actor, theme="再来"),
        lambda: campaigns.launch_campaign(campaign_id=campaign.pk, actor=actor, now=NOW),
    ):
        with pytest.raises(CampaignCancelled):
            act()


def test_cancelling_needs_a_reason():
    campaign = given_campaign()
    with pytest.raises(ReasonNeeded):
        campaigns.cancel_campaign(
            campaign_id=campaign.pk, reason=" ", actor=organiser_of(campaign), now=NOW
        )


def test_a_published_result_cannot_be_cancelled_away():
    campaign = given_campaign(during="result")
    Result.objects.create(
        campaign=campaign,
        upto_ballot=0,
        ballots=0,
        computed_at=NOW,
        computed_by=given_staff(campaign.agency, Role.ORGANISER),
        digest="0" * 64,
        signed_at=NOW,
        published_at=NOW,
    )
    with pytest.raises(WrongStage):
        campaigns.cancel_campaign(
            campaign_id=campaign.pk, reason="撤销", actor=organiser_of(campaign), now=NOW
        )
    assert Campaign.objects.public().exists()
