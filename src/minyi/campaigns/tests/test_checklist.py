# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from minyi.agencies.models import OfficialAccount, Post
from minyi.agencies.policies import Role
from minyi.campaigns.errors import CampaignNotFound
from minyi.campaigns.models import Campaign, Juror, Nominee
from minyi.campaigns.queries.checklist import launch_checklist
from minyi.core.models import AuditEntry, Rule

from .given import (
    NOW,
    given_account,
    given_document,
    given_nominee,
    given_picture,
    given_ready_campaign,
    given_staff,
)

pytestmark = pytest.mark.django_db
OFFICE_TIME = ZoneInfo("Asia/Shanghai")


def check(campaign, code, now=NOW):
    items = {item.code: item for item in launch_checklist(campaign_id=campaign.pk, now=now)}
    return items[code]


def is_met(campaign, code):
    return check(campaign, code).is_met


def set_stage(campaign, kind, opens_at, closes_at):
    campaign.stages.filter(kind=kind).update(opens_at=opens_at, closes_at=closes_at)


def test_nothing_stands_against_a_campaign_that_is_ready():
    items = launch_checklist(campaign_id=given_ready_campaign().pk, now=NOW)
    assert [(item.code, item.finding) for item in items if not item.is_met] == []


def test_every_item_that_is_not_met_says_what_was_found_and_what_to_do():
    agency_less = Campaign.objects.filter(pk=given_ready_campaign().pk)
    agency_less.update(is_free=False, account=None, purpose="", min_picks=9, max_picks=9)
    campaign = agency_less.get()
    campaign.stages.all().delete()
    missing = [
        item for item in launch_checklist(campaign_id=campaign.pk, now=NOW) if not item.is_met
    ]
    assert len(missing) >= 5
    assert all(item.finding and item.what_to_do and item.title for item in missing)


def test_looking_at_the_checklist_changes_nothing():
    campaign = given_ready_campaign()
    before = Campaign.objects.values().get(pk=campaign.pk)
    launch_checklist(campaign_id=campaign.pk, now=NOW)
    assert Campaign.objects.values().get(pk=campaign.pk) == before
    assert not AuditEntry.objects.exists()


def test_the_checklist_of_a_large_campaign_takes_few_queries(django_assert_max_num_queries):
    campaign = given_ready_campaign()
    for _number in range(30):
        given_nominee(campaign, pictures=[given_picture()])
    with django_assert_max_num_queries(12):
        launch_checklist(campaign_id=campaign.pk, now=NOW)


def test_a_campaign_that_does_not_exist_has_no_checklist():
    with pytest.raises(CampaignNotFound):
        launch_checklist(campaign_id=0, now=NOW)


def test_an_award_needs_number_and_document():
    campaign = given_ready_campaign(type=Campaign.Type.AWARD)
    assert not is_met(campaign, "approval")
    campaign.approval_number = "青评组〔2026〕3号"
    campaign.save()
    assert not is_met(campaign, "approval")
    assert "还没有上传" in check(campaign, "approval").finding
    campaign.approval_document = given_document()
    campaign.save()
    assert is_met(campaign, "approval")


def test_an_evaluation_needs_no_approval():
    assert is_met(given_ready_campaign(), "approval")


def test_a_national_name_blocks_without_approval_and_passes_with_it():
    campaign = given_ready_campaign(type=Campaign.Type.AWARD, title="全国十佳政务服务窗口")
    item = check(campaign, "name")
    assert (item.is_met, item.is_blocking) == (False, True)
    assert "全国" in item.finding
    campaign.approval_number, campaign.approval_document = "国评组〔2026〕3号", given_document()
    campaign.save()
    assert is_met(campaign, "name")


def test_an_evaluation_called_top_ten_is_warned_but_not_blocked():
    item = check(given_ready_campaign(title="十佳窗口评议"), "title_words")
    assert (item.is_met, item.is_blocking) == (False, False)


def test_the_length_of_a_name_follows_the_rule_in_force():
    campaign = given_ready_campaign()
    assert is_met(campaign, "title_length")
    Rule.objects.create(
        key="campaign.title", amount=8, unit="count", source="更新", valid_from=date(2026, 1, 1)
    )
    item = check(campaign, "title_length")
    assert not item.is_met
    assert "8" in item.finding
    assert item.rule == "更新"


# --- Publicity: 18 September 2026 is a Friday, the 20th a working Sunday, 25-27 are days off. ---


def given_publicity(opens, closes, **fields):
    campaign = given_ready_campaign(type=Campaign.Type.AWARD, **fields)
    set_stage(
        campaign,
        "publicity",
        datetime(*opens, tzinfo=OFFICE_TIME),
        datetime(*closes, tzinfo=OFFICE_TIME),
    )
    return campaign


def test_five_working_days_are_counted_from_the_day_after_with_make_up_days():
    campaign = given_publicity((2026, 9, 18, 9), (2026, 9, 24, 18))
    item = check(campaign, "publicity")
    assert item.is_met, item.finding
    assert "共 5 个工作日" in item.finding
    assert "9月20日" in item.finding
    assert item.rule


def test_the_count_names_its_rule_its_source_and_every_date():
    item = check(given_publicity((2026, 9, 18, 9), (2026, 9, 25, 18)), "publicity")
    told = (
        "award.publicity",
        "2021年6月1日起施行",
        "不少于 5 个工作日",
        "自2026年9月18日至2026年9月25日",
        "民法典第二百零一条",
        "休息日不计（9月19日、9月25日）",
        "第 5 个工作日是2026年9月24日",
    )
    assert [words for words in told if words not in item.finding] == [], item.finding
    assert item.rule


def test_one_working_day_less_is_too_short():
    item = check(given_publicity((2026, 9, 18, 9), (2026, 9, 23, 18)), "publicity")
    assert (item.is_met, item.is_blocking) == (False, True)
    assert "共 4 个工作日" in item.finding


def test_a_publicity_that_closes_at_midnight_ends_with_the_day_before():
    assert not is_met(given_publicity((2026, 9, 18, 9), (2026, 9, 24, 0)), "publicity")
    assert is_met(given_publicity((2026, 9, 18, 9), (2026, 9, 25, 0)), "publicity")


def test_fewer_days_than_the_rule_need_a_reason():
    campaign = given_publicity((2026, 9, 18, 9), (2026, 9, 23, 18), publicity_days=3)
    assert not is_met(campaign, "publicity")
    campaign.publicity_reason = "经批准机关同意缩短"
    campaign.save()
    assert is_met(campaign, "publicity")


def test_a_count_that_crosses_an_unannounced_year_says_that_it_is_provisional():
    item = check(given_publicity((2029, 12, 27, 9), (2030, 1, 9, 18)), "publicity")
    assert "尚未公布" in item.finding


def test_an_award_without_publicity_is_blocked_and_an_evaluation_warned():
    award, evaluation = given_ready_campaign(type=Campaign.Type.AWARD), given_ready_campaign()
    for campaign in (award, evaluation):
        campaign.stages.filter(kind="publicity").delete()
    assert not is_met(award, "publicity")
    assert check(award, "publicity").is_blocking
    assert not is_met(evaluation, "publicity")
    assert not check(evaluation, "publicity").is_blocking


def test_without_a_rule_in_force_the_checklist_does_not_guess():
    campaign = given_ready_campaign()
    Rule.objects.all().delete()
    assert not is_met(campaign, "publicity")
    assert not is_met(campaign, "title_length")


def test_a_rule_of_the_region_wins_over_the_national_one():
    campaign = given_publicity((2026, 9, 18, 9), (2026, 9, 24, 18))
    Rule.objects.create(
        key="award.publicity",
        region_code=campaign.agency.region.code,
        amount=7,
        unit="workday",
        source="本地规定",
        valid_from=date(2026, 1, 1),
    )
    item = check(campaign, "publicity")
    assert (item.is_met, item.rule) == (False, "本地规定")


# --- Promises and texts ---------------------------------------------------------------------------


def test_no_fee_must_be_promised_and_kept():
    assert not is_met(given_ready_campaign(is_free=False), "free")
    assert not is_met(given_ready_campaign(scope="参评单位须缴纳评审费"), "free")


@pytest.mark.parametrize("field", ["title", "theme", "purpose", "scope"])
def test_luring_words_are_found_in_every_text_of_the_office(field):
    campaign = given_ready_campaign(**{field: "邀请好友一起投票"})
    assert not is_met(campaign, "voluntary")
    assert "邀请好友" in check(campaign, "voluntary").finding


def test_luring_words_are_found_in_stage_notes_translations_and_nominee_texts():
    for_note, for_words, for_nominee = (given_ready_campaign() for _ in range(3))
    for_note.stages.filter(kind="voting").update(note="关注公众号后即可投票")
    for_words.translations = {"zh-hant": {"theme": "集赞有礼，转发到朋友圈"}}
    for_words.save()
    given_nominee(for_nominee, story="请您分享到朋友圈。")
    for campaign in (for_note, for_words, for_nominee):
        assert not is_met(campaign, "voluntary")


def test_voluntariness_must_be_promised():
    assert not is_met(given_ready_campaign(is_voluntary=False), "voluntary")


def test_honours_of_pupils_are_blocked():
    item = check(given_ready_campaign(title="全市优秀少先队员评选"), "pupils")
    assert (item.is_met, item.is_blocking) == (False, True)


def test_a_government_as_nominee_of_an_award_is_pointed_out():
    campaign = given_ready_campaign(type=Campaign.Type.AWARD)
    assert is_met(campaign, "levels")
    given_nominee(campaign, name="青禾市人民政府")
    item = check(campaign, "levels")
    assert (item.is_met, item.is_blocking) == (False, False)


@pytest.mark.parametrize("field", ["purpose", "scope"])
def test_purpose_and_scope_must_be_written(field):
    assert not is_met(given_ready_campaign(**{field: " "}), "purpose")


# --- Stages, rules, people ------------------------------------------------------------------------


def test_there_is_no_campaign_without_a_vote():
    campaign = given_ready_campaign()
    campaign.stages.filter(kind="voting").delete()
    assert not is_met(campaign, "stages")


@pytest.mark.parametrize(
    ("earlier", "later"),
    [("nomination", "voting"), ("voting", "verification"), ("publicity", "result")],
)
def test_stages_that_build_on_each_other_must_not_overlap(earlier, later):
    campaign = given_ready_campaign()
    stages = {stage.kind: stage for stage in campaign.stages.all()}
    closes_at = stages[later].opens_at + timedelta(minutes=1)
    set_stage(campaign, earlier, stages[earlier].opens_at, closes_at)
    assert not is_met(campaign, "stages")
    set_stage(campaign, earlier, stages[earlier].opens_at, stages[later].opens_at)
    assert is_met(campaign, "stages")


def test_a_draft_whose_vote_should_have_begun_cannot_be_launched():
    campaign = given_ready_campaign()
    opens_at = campaign.stages.get(kind="voting").opens_at
    assert check(campaign, "stages", now=opens_at - timedelta(seconds=1)).is_met
    assert not check(campaign, "stages", now=opens_at).is_met


def test_the_weights_of_the_criteria_must_make_a_hundred():
    campaign = given_ready_campaign()
    campaign.criteria.filter(name="服务质量").update(weight=39)
    item = check(campaign, "criteria")
    assert not item.is_met
    assert "99%" in item.finding


def test_more_picks_than_candidates_are_blocked_where_no_nomination_brings_more():
    campaign = given_ready_campaign(min_picks=3, max_picks=5)
    given_nominee(campaign)
    assert is_met(campaign, "picks")  # the public will nominate
    campaign.stages.filter(kind="nomination").delete()
    item = check(campaign, "picks")
    assert (item.is_met, item.is_blocking) == (False, True)


def test_a_vote_in_which_everybody_may_be_picked_is_warned():
    campaign = given_ready_campaign(min_picks=1, max_picks=2)
    given_nominee(campaign)
    given_nominee(campaign)
    item = check(campaign, "picks")
    assert (item.is_met, item.is_blocking) == (False, False)
    given_nominee(campaign)
    assert is_met(campaign, "picks")


def test_scheduled_counts_need_their_hours():
    campaign = given_ready_campaign(count_mode=Campaign.CountMode.SCHEDULED)
    assert not is_met(campaign, "count_hours")
    campaign.count_hours = [18]
    campaign.save()
    assert is_met(campaign, "count_hours")


def test_every_picture_needs_words_for_those_who_cannot_see_it():
    campaign = given_ready_campaign()
    given_nominee(campaign, name="一号窗口", pictures=[given_picture(alternative="")])
    assert "一号窗口" in check(campaign, "pictures").finding
    assert not is_met(campaign, "pictures")
    assert not is_met(given_ready_campaign(cover=given_picture(alternative=" ")), "pictures")
    assert is_met(given_ready_campaign(cover=given_picture()), "pictures")


def test_a_withdrawn_nominee_is_not_asked_for_anything():
    campaign = given_ready_campaign()
    given_nominee(
        campaign, pictures=[given_picture(alternative="")], status=Nominee.Status.WITHDRAWN
    )
    assert is_met(campaign, "pictures")


def test_every_video_needs_words_for_those_who_cannot_hear_it():
    campaign = given_ready_campaign()
    nominee = given_nominee(campaign, video_url="https://example.com/video.mp4")
    assert not is_met(campaign, "videos")
    nominee.video_caption = "窗口人员介绍办理流程。"
    nominee.save()
    assert is_met(campaign, "videos")


def test_a_video_card_needs_a_video():
    campaign = given_ready_campaign()
    given_nominee(campaign, card=Nominee.Card.VIDEO)
    assert not is_met(campaign, "videos")


def test_a_vote_needs_an_account_that_is_a_verified_service_account_and_set_up():
    assert not is_met(given_ready_campaign(account=None), "account")
    campaign = given_ready_campaign()
    unknown = given_account(campaign.agency)  # no secrets in the environment under its slug
    Campaign.objects.filter(pk=campaign.pk).update(account=unknown)
    assert not is_met(campaign, "account")


@pytest.mark.parametrize(
    "fault", [{"kind": OfficialAccount.Kind.SUBSCRIPTION}, {"is_verified": False}]
)
def test_a_subscription_or_unverified_account_is_blocked(fault):
    campaign = given_ready_campaign()
    OfficialAccount.objects.filter(pk=campaign.account_id).update(**fault)
    assert not is_met(campaign, "account")


def test_somebody_must_be_there_to_stop_the_vote_and_sign_the_result():
    campaign = given_ready_campaign()
    supervisors = Post.objects.filter(agency=campaign.agency, role=Role.SUPERVISOR)
    supervisors.update(until=NOW.date())
    assert is_met(campaign, "supervisor")
    supervisors.update(until=NOW.date() - timedelta(days=1))
    assert not is_met(campaign, "supervisor")


def test_a_weight_for_the_jury_needs_a_jury():
    campaign = given_ready_campaign(public_weight=70, jury_weight=30)
    assert not is_met(campaign, "jury")
    Juror.objects.create(campaign=campaign, user=given_staff(campaign.agency, Role.REVIEWER))
    assert is_met(campaign, "jury")


@pytest.mark.parametrize("field", ["help_phone", "supervision_phone"])
def test_the_public_must_be_able_to_call(field):
    campaign = given_ready_campaign()
    setattr(campaign.agency, field, "")
    campaign.agency.save()
    assert not is_met(campaign, "phones")


def test_the_privacy_notice_needs_somebody_to_turn_to():
    campaign = given_ready_campaign()
    agency = campaign.agency
    agency.help_phone, agency.supervision_email = "", ""
    agency.save()
    assert not is_met(campaign, "privacy")
    agency.supervision_email = "jiandu@example.com"
    agency.save()
    assert is_met(campaign, "privacy")


def test_a_rule_comes_into_force_at_midnight_of_the_office_not_of_greenwich():
    campaign = given_ready_campaign()
    Rule.objects.create(
        key="campaign.title", amount=8, unit="count", source="更新", valid_from=date(2026, 9, 3)
    )
    midnight = datetime(2026, 9, 3, tzinfo=OFFICE_TIME).astimezone(UTC)
    assert check(campaign, "title_length", now=midnight - timedelta(seconds=1)).is_met
    assert not check(campaign, "title_length", now=midnight).is_met


def test_a_tie_is_not_left_to_a_jury_that_does_not_count():
    campaign = given_ready_campaign(tie_rule="jury", jury_weight=0, public_weight=100)

    found = check(campaign, "tie_rule")

    assert (found.is_met, found.is_blocking) == (False, True)
    assert "专家评审权重为 0" in found.finding
    Campaign.objects.filter(pk=campaign.pk).update(tie_rule="public")
    assert is_met(campaign, "tie_rule")
