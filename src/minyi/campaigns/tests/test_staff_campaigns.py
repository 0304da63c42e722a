# SPDX-License-Identifier: Apache-2.0
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet

from minyi.agencies.policies import Role
from minyi.agencies.services.libraries import keep_library
from minyi.campaigns.models import Campaign, Round
from minyi.campaigns.staff import campaign_words
from minyi.campaigns.staff import campaigns as console
from minyi.core.models import AuditEntry

from .given import (
    given_agency,
    given_ballot,
    given_campaign,
    given_document,
    given_nominee,
    given_open_round,
    given_picture,
    given_ready_campaign,
    given_staff,
)

pytestmark = pytest.mark.django_db
ONE = ("overview", "edit", "launch", "pause", "resume", "cancel", "qr")
ACTS = ("launch", "pause", "resume", "cancel")


def page(name, campaign=None):
    return reverse(f"staff_campaigns:{name}", args=[campaign.pk] if campaign else [])


def logged_in(client, agency, role=Role.ORGANISER):
    client.force_login(given_staff(agency, role))
    return client


def form_of(client, campaign):
    """Read the edit form as a browser would send it back."""
    form = client.get(page("edit", campaign)).context["form"]
    said = {}
    for bound in [*form, *(f for fs in form.formsets.values() for sub in fs for f in sub)]:
        value = bound.value()
        if isinstance(value, bool):
            said.update({bound.html_name: "on"} if value else {})
        elif value is not None:
            is_moment = hasattr(value, "hour")
            said[bound.html_name] = f"{value:%Y-%m-%d %H:%M}" if is_moment else value
    for formset in form.formsets.values():
        for bound in formset.management_form:
            said[bound.html_name] = bound.value()
    return said


# --- The list -----------------------------------------------------------------------------------


def test_the_list_shows_the_campaigns_of_ones_own_agency_only(client):
    own, foreign = given_campaign(title="本单位评议"), given_campaign(title="外单位评议")
    said = logged_in(client, own.agency).get(page("index")).content.decode()
    assert own.title in said
    assert foreign.title not in said


def test_the_list_is_searched_by_title_and_filtered_by_state(client):
    now = timezone.now()
    agency = given_agency()
    given_campaign(agency=agency, now=now, title="夏季评议", launched=False)
    given_campaign(agency=agency, now=now, title="冬季评议")
    logged_in(client, agency)
    found = client.get(page("index"), {"q": "夏季"}).content.decode()
    assert "夏季评议" in found
    assert "冬季评议" not in found
    found = client.get(page("index"), {"state": "running"}).content.decode()
    assert "冬季评议" in found
    assert "夏季评议" not in found


def test_the_list_takes_no_more_queries_for_more_campaigns(client, django_assert_max_num_queries):
    agency = given_agency()
    for _number in range(12):
        given_campaign(agency=agency)
    logged_in(client, agency)
    client.get(page("index"))
    with django_assert_max_num_queries(20):
        assert client.get(page("index")).status_code == 200


# --- Drafting -----------------------------------------------------------------------------------


def test_an_organiser_drafts_from_a_template_and_lands_in_the_form(client):
    agency = given_agency()
    logged_in(client, agency)
    assert "十佳政务服务窗口评选" in client.get(page("add")).content.decode()
    answer = client.post(page("add"), {"blueprint": "window", "title": "窗口评选"})
    campaign = Campaign.objects.get()
    assert answer.url == page("edit", campaign)
    assert campaign.agency == agency
    assert campaign.criteria.count() == 4


def test_the_agency_of_a_draft_is_never_taken_from_the_form(client):
    agency, foreign = given_agency(), given_agency()
    logged_in(client, agency)
    client.post(page("add"), {"blueprint": "blank", "title": "试试", "agency": foreign.pk})
    assert Campaign.objects.get().agency == agency


def test_with_several_posts_one_chooses_among_the_agencies_where_one_may_edit(client):
    first, second, foreign = given_agency(), given_agency(), given_agency()
    user = given_staff(first, Role.ORGANISER)
    user.posts.create(agency=second, role=Role.EDITOR, since="2020-01-01")
    user.posts.create(agency=foreign, role=Role.SUPERVISOR, since="2020-01-01")
    client.force_login(user)
    refused = client.post(
        page("add"), {"blueprint": "blank", "title": "试试", "agency": foreign.pk}
    )
    assert refused.status_code == 200
    assert not Campaign.objects.exists()
    client.post(page("add"), {"blueprint": "blank", "title": "试试", "agency": second.pk})
    assert Campaign.objects.get().agency == second


@pytest.mark.parametrize(
    "said",
    [{}, {"blueprint": "window"}, {"title": "没有模板"}, {"blueprint": "nothing", "title": "x"}],
)
def test_an_incomplete_draft_is_answered_in_chinese_and_makes_nothing(client, said):
    logged_in(client, given_agency())
    answer = client.post(page("add"), said)
    assert answer.status_code == 200
    assert "请" in "".join(str(e) for e in answer.context["form"].errors.values())
    assert not Campaign.objects.exists()


# --- The form -----------------------------------------------------------------------------------


def test_saving_the_form_untouched_changes_nothing(client):
    campaign = given_ready_campaign(now=timezone.now())
    logged_in(client, campaign.agency)
    answer = client.post(page("edit", campaign), form_of(client, campaign))
    assert answer.status_code == 302, answer.context["form"].errors
    assert not AuditEntry.objects.exists()


def test_the_form_saves_fields_lists_and_translations_through_the_service(client):
    campaign = given_ready_campaign(now=timezone.now())
    logged_in(client, campaign.agency)
    said = form_of(client, campaign)
    said |= {
        "theme": "新主题",
        "count_mode": "scheduled",
        "count_hours": "9、18",
        "languages": ["zh-hans", "en"],
        "en_title": "Public review of service windows",
        "criteria-0-weight": "50",
        "criteria-1-weight": "20",
        "categories-1-DELETE": "on",
    }
    answer = client.post(page("edit", campaign), said)
    assert answer.status_code == 302, answer.context["form"].errors
    campaign.refresh_from_db()
    assert (campaign.theme, campaign.count_hours) == ("新主题", [9, 18])
    assert campaign.translations == {"en": {"title": "Public review of service windows"}}
    assert [c.weight for c in campaign.criteria.all()] == [50, 20, 30]
    assert [c.name for c in campaign.categories.all()] == ["综合窗口"]
    changes = AuditEntry.objects.get().facts["changes"]
    assert set(changes) == {
        *("theme", "count_mode", "count_hours", "languages", "translations"),
        *("criteria", "categories"),
    }


def test_a_line_that_was_added_and_left_empty_is_no_line(client):
    campaign = given_ready_campaign(now=timezone.now())
    logged_in(client, campaign.agency)
    said = form_of(client, campaign)
    for name in ("criteria", "categories", "stages"):
        said[f"{name}-TOTAL_FORMS"] += 1
    assert client.post(page("edit", campaign), said).status_code == 302
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"title": ""}, "必需"),
        ({"min_picks": "3", "max_picks": "2"}, "最多选择不能小于最少选择"),
        ({"public_weight": "60"}, "合计须为 100%"),
        ({"count_hours": "25"}, "0 至 23"),
        ({"count_hours": "傍晚"}, "0 至 23"),
        ({"stages-0-closes_at": "2020-01-01 09:00"}, "结束时间须晚于开始时间"),
        ({"stages-1-kind": "notice"}, "重复"),
        ({"languages": []}, "请至少选择一种语言"),
    ],
)
def test_a_mistake_is_answered_in_chinese_and_changes_nothing(client, said, words):
    campaign = given_ready_campaign(now=timezone.now())
    logged_in(client, campaign.agency)
    answer = client.post(page("edit", campaign), form_of(client, campaign) | {"theme": "x"} | said)
    assert answer.status_code == 200
    form = answer.context["form"]
    found = [form.errors, *(e for fs in form.formsets.values() for e in fs.errors)]
    assert words in " ".join(str(line) for e in found for v in e.values() for line in v)
    assert Campaign.objects.get(pk=campaign.pk).theme != "x"


def test_the_form_offers_no_field_for_ownership(client):
    campaign, foreign = given_ready_campaign(now=timezone.now()), given_agency()
    logged_in(client, campaign.agency)
    said = form_of(client, campaign) | {"agency": foreign.pk, "launched_at": "2020-01-01 09:00"}
    client.post(page("edit", campaign), said)
    campaign.refresh_from_db()
    assert campaign.agency != foreign
    assert campaign.launched_at is None


def test_once_people_vote_the_form_says_what_is_frozen_and_ignores_it(client):
    campaign = given_campaign(now=timezone.now())
    logged_in(client, campaign.agency)
    shown = client.get(page("edit", campaign)).content.decode()
    assert "投票已经开始" in shown
    assert shown.count('name="reason"') == 1
    said = form_of(client, campaign) | {"max_picks": "9", "title": "改名", "theme": "改正错字"}
    client.post(page("edit", campaign), said)
    campaign.refresh_from_db()
    assert (campaign.max_picks, campaign.title) == (2, "政务服务窗口群众评议（示例）")


def test_frozen_criteria_are_refused_with_a_sentence(client):
    campaign = given_campaign(now=timezone.now())
    logged_in(client, campaign.agency)
    said = form_of(client, campaign) | {"criteria-0-weight": "10"}
    answer = client.post(page("edit", campaign), said)
    assert "已经锁定" in answer.content.decode()
    assert campaign.criteria.first().weight == 40


def test_moving_a_launched_timetable_asks_for_a_reason_and_keeps_it(client):
    campaign = given_ready_campaign(now=timezone.now())
    Campaign.objects.filter(pk=campaign.pk).update(launched_at=timezone.now())
    logged_in(client, campaign.agency)
    said = form_of(client, campaign)
    ends = campaign.stages.get(kind="result").closes_at + timedelta(days=3)
    said["stages-7-closes_at"] = f"{timezone.localtime(ends):%Y-%m-%d %H:%M}"
    assert "说明理由" in client.post(page("edit", campaign), said).content.decode()
    answer = client.post(page("edit", campaign), said | {"reason": "延长公布时间"})
    assert answer.status_code == 302, answer.context["form"].errors
    assert AuditEntry.objects.get().facts["reason"] == "延长公布时间"


# --- Overview and acts --------------------------------------------------------------------------


def test_the_overview_of_a_draft_says_what_is_missing_and_where_to_mend_it(client):
    campaign = given_ready_campaign(now=timezone.now(), is_free=False, type="award")
    said = logged_in(client, campaign.agency).get(page("overview", campaign)).content.decode()
    assert "还有 2 项检查未通过" in said
    assert campaign_words.mend_url("compliance", campaign) in said


def test_the_anchors_of_the_checklist_are_tabs_of_the_form(client):
    campaign = given_ready_campaign(now=timezone.now())
    said = logged_in(client, campaign.agency).get(page("edit", campaign)).content.decode()
    tabs = set(re.findall(r'href="#tab-([^"]+)"', said))
    assert {campaign_words.tab_anchor(name) for name in campaign_words.TABS} <= tabs


def test_the_overview_takes_few_queries(client, django_assert_max_num_queries):
    now = timezone.now()
    paper = given_open_round(given_campaign(now=now, count_mode="live"), now=now, nominees=30)
    for _number in range(5):
        given_ballot(paper, [1], now=now)
    logged_in(client, paper.campaign.agency)
    client.get(page("overview", paper.campaign))
    with django_assert_max_num_queries(32):
        assert client.get(page("overview", paper.campaign)).status_code == 200


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.SUPERVISOR, Role.LEADER])
def test_nobody_in_the_office_sees_a_count_that_the_public_does_not_see(client, role):
    now = timezone.now()
    paper = given_open_round(given_campaign(now=now, count_mode="after_close"), now=now)
    for _number in range(21):
        given_ballot(paper, [1], now=now - timedelta(hours=1))
    answer = logged_in(client, paper.campaign.agency, role).get(page("overview", paper.campaign))
    assert "未公布" in answer.content.decode()
    assert ">21<" not in answer.content.decode()


def test_a_published_count_is_shown(client):
    now = timezone.now()
    paper = given_open_round(given_campaign(now=now, count_mode="live"), now=now)
    for _number in range(21):
        given_ballot(paper, [1], now=now - timedelta(hours=1))
    answer = logged_in(client, paper.campaign.agency).get(page("overview", paper.campaign))
    assert ">21<" in answer.content.decode()


def test_launching_asks_once_more_and_then_publishes(client):
    campaign = given_ready_campaign(now=timezone.now())
    logged_in(client, campaign.agency)
    assert "确认发布" in client.get(page("launch", campaign)).content.decode()
    assert not Campaign.objects.public().exists()
    assert client.post(page("launch", campaign)).url == page("overview", campaign)
    assert Campaign.objects.public().exists()


def test_a_launch_that_the_checklist_blocks_says_why(client):
    campaign = given_ready_campaign(now=timezone.now(), is_free=False)
    answer = logged_in(client, campaign.agency).post(page("launch", campaign))
    assert answer.status_code == 409
    assert "不收取费用" in answer.content.decode()
    assert not Campaign.objects.public().exists()


def test_a_supervisor_pauses_with_a_reason_and_resumes(client):
    now = timezone.now()
    paper = given_open_round(given_campaign(now=now), now=now)
    campaign = paper.campaign
    logged_in(client, campaign.agency, Role.SUPERVISOR)
    assert page("pause", campaign) in client.get(page("overview", campaign)).content.decode()
    assert client.post(page("pause", campaign), {"reason": ""}).status_code == 422
    client.post(page("pause", campaign), {"reason": "核查异常"})
    assert Round.objects.get(pk=paper.pk).paused
    said = client.get(page("overview", campaign)).content.decode()
    assert "核查异常" in said
    client.post(page("resume", campaign))
    assert not Round.objects.get(pk=paper.pk).paused


def test_cancelling_needs_a_reason(client):
    campaign = given_campaign(now=timezone.now())
    logged_in(client, campaign.agency)
    assert client.post(page("cancel", campaign), {"reason": " "}).status_code == 422
    client.post(page("cancel", campaign), {"reason": "另行组织"})
    assert not Campaign.objects.public().exists()


def test_the_qr_code_is_a_picture_of_the_citizens_address(client):
    campaign = given_campaign()
    answer = logged_in(client, campaign.agency).get(page("qr", campaign))
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content.startswith(b"<svg")


# --- The fence ----------------------------------------------------------------------------------


def everything():
    return {
        "campaigns": list(Campaign.objects.values()),
        "papers": list(Round.objects.values()),
        "acts": AuditEntry.objects.count(),
    }


@pytest.mark.parametrize("name", ONE)
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("role", [Role.ORGANISER, Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_a_stranger_of_another_agency_sees_and_changes_nothing(client, name, method, role):
    now = timezone.now()
    paper = given_open_round(given_campaign(now=now, title="秘密的评议"), now=now)
    logged_in(client, given_agency(), role)
    before = everything()
    answer = getattr(client, method)(page(name, paper.campaign), {"reason": "外人"})
    assert answer.status_code in {403, 404, 405}
    assert "秘密的评议" not in answer.content.decode()
    assert everything() == before


@pytest.mark.parametrize("name", ["launch", "pause", "resume", "cancel", "edit"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_case_worker_of_the_same_agency_looks_but_does_not_act(client, name, method):
    now = timezone.now()
    paper = given_open_round(given_campaign(now=now), now=now)
    logged_in(client, paper.campaign.agency, Role.CASE_WORKER)
    assert client.get(page("overview", paper.campaign)).status_code == 200
    before = everything()
    answer = getattr(client, method)(page(name, paper.campaign), {"reason": "经办"})
    assert answer.status_code == 403
    assert everything() == before


def test_who_may_not_enter_is_told_why_and_whom_to_ask(client):
    campaign = given_campaign()
    boss = given_staff(campaign.agency, Role.ADMINISTRATOR)
    boss.first_name = "钱管理"
    boss.save()
    logged_in(client, campaign.agency, Role.CASE_WORKER)
    addresses = (
        page("add"),  # refused by Wagtail's check of the model
        page("edit", campaign),  # by our check of the row
        page("launch", campaign),  # by the page itself
        reverse("results:index") + f"{campaign.pk}/",  # by a function of ours
        "/staff/pages/",  # by the room
    )
    for address in addresses:
        answer = client.get(address)
        said = answer.content.decode()
        assert answer.status_code == 403, address
        assert "您的岗位没有办理这项事务的权限" in said, address
        assert "钱管理" in said, address
        assert "w-dashboard" not in said
        assert "data-sidebar" in said or "sidebar" in said  # still in the console


@pytest.mark.parametrize("library", ["images", "documents"])
def test_libraries_offer_no_act_on_many_rows_that_would_be_refused(client, library):
    agency = given_agency()
    for made in (given_picture(), given_document()):
        made.collection = keep_library(agency)
        made.save()
    said = logged_in(client, agency).get(f"/staff/{library}/").content.decode()
    assert "示例" in said
    assert "data-bulk-action-checkbox" not in said
    assert "/staff/bulk/" not in said


def test_an_organiser_is_offered_no_pause_and_a_supervisor_no_launch(client):
    now = timezone.now()
    draft = given_campaign(now=now, launched=False)
    running = given_open_round(given_campaign(agency=draft.agency, now=now), now=now).campaign
    logged_in(client, draft.agency)
    assert page("pause", running) not in client.get(page("overview", running)).content.decode()
    logged_in(client, draft.agency, Role.SUPERVISOR)
    assert page("launch", draft) not in client.get(page("overview", draft)).content.decode()


@pytest.mark.parametrize("name", [*ONE, "index", "add"])
def test_nobody_comes_in_without_logging_in(client, name):
    campaign = given_campaign()
    answer = client.get(page(name, campaign if name in ONE else None))
    assert answer.status_code == 302
    assert "login" in answer.url


def test_a_get_never_acts(client):
    now = timezone.now()
    paper = given_open_round(given_campaign(now=now), now=now)
    before = everything()
    for role in (Role.ORGANISER, Role.SUPERVISOR):
        logged_in(client, paper.campaign.agency, role)
        for name in ACTS:
            client.get(page(name, paper.campaign), {"reason": "读"})
    assert everything() == before


def test_every_option_of_the_viewset_and_its_views_exists_in_wagtail():
    own = {"construct_view"}
    allowed = {
        console.CampaignViewSet: ModelViewSet,
        console.CampaignIndexView: generic.IndexView,
        console.DraftView: generic.CreateView,
        console.CampaignEditView: generic.EditView,
    }
    for ours, base in allowed.items():
        options = {name for name in vars(ours) if not name.startswith("_")} - own
        known_at_runtime = {"edit_handler", "model", "filterset_class", "add_to_admin_menu"}
        unknown = {name for name in options if not hasattr(base, name)} - known_at_runtime
        assert unknown <= {"menu_label"}, unknown


def test_documents_come_from_the_library_of_ones_own_agency_only(client):
    campaign = given_ready_campaign(now=timezone.now(), type="award")
    own, foreign = given_document(), given_document()
    logged_in(client, campaign.agency)
    for document, agency in ((own, campaign.agency), (foreign, given_agency())):
        document.collection = keep_library(agency)
        document.save()
    said = form_of(client, campaign) | {"approval_number": "青评组〔2026〕3号"}
    for document, status in ((foreign, 200), (own, 302)):
        answer = client.post(page("edit", campaign), said | {"approval_document": document.pk})
        assert answer.status_code == status
    campaign.refresh_from_db()
    assert campaign.approval_document == own


def test_a_nominee_without_words_for_its_picture_leads_to_the_nominees(client):
    campaign = given_ready_campaign(now=timezone.now())
    given_nominee(campaign, video_url="https://example.com/v.mp4")
    said = logged_in(client, campaign.agency).get(page("overview", campaign)).content.decode()
    assert f"?campaign={campaign.pk}" in said


def test_the_console_may_run_the_scripts_of_its_pickers_and_the_public_pages_may_not(client):
    campaign = given_campaign(now=timezone.now())
    logged_in(client, campaign.agency)
    console_policy = client.get(page("edit", campaign))["Content-Security-Policy"]
    public_policy = client.get("/healthz")["Content-Security-Policy"]
    directives = dict(one.strip().split(" ", 1) for one in console_policy.split(";"))
    assert "'unsafe-inline'" in directives["script-src"]
    # The editor's styles; a hash beside it would make browsers ignore the word.
    assert directives["style-src"] == "'self' 'unsafe-inline'"
    assert "'unsafe-inline'" not in public_policy
