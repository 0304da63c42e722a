# SPDX-License-Identifier: Apache-2.0
"""The console pages for jury and result: who sees what, and when."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.campaigns.models import JuryScore, Result
from minyi.campaigns.services import results

from .given import (
    given_agency,
    given_campaign,
    given_finished_vote,
    given_juror,
    given_nominee,
    given_scores,
    given_staff,
    given_votes,
)
from .test_staff_review import sign_in

pytestmark = pytest.mark.django_db
EVERY_ROLE = Role.values


def page(client, name, *args) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def as_user(client, user):
    client.force_login(user, backend="minyi.agencies.backends.PostBackend")


# --- Counts before their time


@pytest.mark.parametrize("count_mode", ["live", "scheduled", "after_close"])
def test_no_page_of_review_jury_or_result_shows_a_count_while_people_vote(client, count_mode):
    now = timezone.now()
    campaign = given_campaign(
        now=now, count_mode=count_mode, count_hours=[18], public_weight=70, jury_weight=30
    )
    for _number in range(2):
        given_nominee(campaign)
    given_votes(campaign, {1: 37, 2: 23}, now=now)
    juror = given_juror(campaign)
    juror.user.posts.create(agency=campaign.agency, role=Role.SUPERVISOR, since="2020-01-01")
    user = sign_in(client, campaign.agency, *EVERY_ROLE)
    addresses = [
        reverse("nominees:index"),
        reverse("nominations:index"),
        reverse("nominee_edit", args=[campaign.nominees.first().pk]),
        reverse("nominee_figures", args=[campaign.pk]),
        reverse("jury:index"),
        reverse("jury_campaign", args=[campaign.pk]),
        reverse("results:index"),
        reverse("result_page", args=[campaign.pk]),
        reverse("jury_scores", args=[campaign.pk]),
    ]

    for viewer in (user, juror.user):
        as_user(client, viewer)
        for address in addresses:
            text = client.get(address).content.decode()
            for count in (">37<", ">23<", ">60<", "37 票", "23 票", "60 张"):
                assert count not in text, (address, count)
        for kind in ("csv", "xlsx", "json"):
            address = reverse("result_export", args=[campaign.pk, kind])
            assert client.get(address).status_code == 404


# --- Jury


def test_a_juror_from_another_agency_scores_from_the_grid(client):
    campaign = given_campaign(now=timezone.now(), public_weight=70, jury_weight=30)
    nominee = given_nominee(campaign)
    juror = given_juror(campaign)
    juror.user.posts.update(agency=given_agency())
    as_user(client, juror.user)

    assert reverse("jury_scores", args=[campaign.pk]) in page(client, "jury:index")
    fields = {f"criterion_{criterion.pk}": "88" for criterion in campaign.criteria.all()}
    client.post(reverse("jury_give", args=[campaign.pk, nominee.pk]), fields)

    assert set(juror.scores.values_list("points", flat=True)) == {88}
    assert 'value="88"' in page(client, "jury_scores", campaign.pk)


@pytest.mark.parametrize("points", ["", "-5", "101", "8.5", "高分", "９９９"])
def test_points_that_make_no_sense_are_explained_and_not_kept(client, points):
    campaign = given_campaign(now=timezone.now(), public_weight=70, jury_weight=30)
    nominee = given_nominee(campaign)
    as_user(client, given_juror(campaign).user)
    fields = {f"criterion_{criterion.pk}": points for criterion in campaign.criteria.all()}

    response = client.post(
        reverse("jury_give", args=[campaign.pk, nominee.pk]), fields, follow=True
    )

    assert "评分不完整" in response.content.decode()
    assert not JuryScore.objects.exists()


def test_nobody_sees_the_points_of_another_juror(client):
    campaign = given_campaign(now=timezone.now(), public_weight=70, jury_weight=30)
    given_nominee(campaign)
    given_scores(given_juror(campaign), {1: 73})

    as_user(client, given_juror(campaign).user)
    own_grid = page(client, "jury_scores", campaign.pk).split("<tbody>")[1]
    assert not re.search(r"(?<!\d)73(?!\d)", own_grid)  # but campaign-873 may be there
    sign_in(client, campaign.agency, Role.ORGANISER, Role.SUPERVISOR)
    overview = page(client, "jury_campaign", campaign.pk).split("<tbody>")[1].split("</tbody>")[0]
    assert "1 / 1" in overview
    assert not re.search(r"(?<!\w)73(?!\w)", overview)  # but a form's token may have it
    assert client.get(reverse("jury_scores", args=[campaign.pk])).status_code == 404


def test_organisers_seat_and_remove_jurors_on_the_page(client):
    campaign = given_campaign(
        now=timezone.now(), during="display", public_weight=70, jury_weight=30
    )
    somebody = given_staff(campaign.agency, Role.REVIEWER)
    stranger = given_staff(given_agency(), Role.REVIEWER)
    sign_in(client, campaign.agency, Role.ORGANISER)

    address = reverse("jury_seat", args=[campaign.pk])
    assert client.post(address, {"user_id": stranger.pk}).status_code == 422
    client.post(address, {"user_id": somebody.pk, "seat": "媒体代表"})
    juror = campaign.jurors.get()
    assert "媒体代表" in page(client, "jury_campaign", campaign.pk)
    client.post(reverse("jury_unseat", args=[juror.pk]), {"reason": "回避"})

    assert not campaign.jurors.exists()


def test_once_people_vote_the_supervisor_changes_the_jury_on_the_page_and_says_why(client):
    campaign = given_campaign(now=timezone.now(), public_weight=70, jury_weight=30)
    somebody = given_staff(campaign.agency, Role.REVIEWER)
    address = reverse("jury_seat", args=[campaign.pk])
    sign_in(client, campaign.agency, Role.ORGANISER)
    assert "评审组不再调整" in page(client, "jury_campaign", campaign.pk)
    assert address not in page(client, "jury_campaign", campaign.pk)
    assert client.post(address, {"user_id": somebody.pk}).status_code == 403

    sign_in(client, campaign.agency, Role.SUPERVISOR)
    assert 'name="reason"' in page(client, "jury_campaign", campaign.pk)
    client.post(address, {"user_id": somebody.pk, "reason": "原专家因病退出"})

    assert campaign.jurors.get().user == somebody


# --- Result


def test_from_ballots_to_the_published_result_by_three_people(client):
    now = timezone.now()
    campaign = given_finished_vote({1: 5, 2: 9, 3: 9}, now=now, seats=1)
    sign_in(client, campaign.agency, Role.ORGANISER)
    assert "汇总结果" in page(client, "result_page", campaign.pk)

    client.post(reverse("result_compute", args=[campaign.pk]))
    computed = page(client, "result_page", campaign.pk)
    assert "公众分 × 100%" in computed
    assert "并列" in computed
    assert "等待监督人员签字" in computed
    refused = client.post(reverse("result_publish", args=[campaign.pk]), follow=True)
    assert "尚未签字" in refused.content.decode()

    supervisor = sign_in(client, campaign.agency, Role.SUPERVISOR)
    client.post(reverse("result_sign", args=[campaign.pk]), {"note": "核对无误"})
    assert "核对无误" in page(client, "result_page", campaign.pk)

    campaign.stages.filter(kind="publicity").update(
        opens_at=now - timedelta(days=9), closes_at=now - timedelta(seconds=1)
    )
    Result.objects.update(signed_at=now - timedelta(days=10))
    sign_in(client, campaign.agency, Role.ORGANISER)
    client.post(reverse("result_publish", args=[campaign.pk]))

    result = Result.objects.get()
    assert result.published_at
    assert result.signed_by == supervisor
    assert "已公布" in page(client, "result_page", campaign.pk)


def test_what_is_missing_is_said_before_anybody_tries(client):
    campaign = given_finished_vote(
        {1: 1}, now=timezone.now(), public_weight=60, jury_weight=30, figures_weight=10
    )
    juror = given_juror(campaign)
    sign_in(client, campaign.agency, Role.ORGANISER)

    text = page(client, "result_page", campaign.pk)

    assert f"{juror.user}（0/1）" in text
    assert "1 号示例窗口1" in text
    assert "请监督人员写明理由后办理" in text  # the organiser's own form is locked by now
    assert reverse("result_compute", args=[campaign.pk]) not in text


def test_the_office_is_warned_of_missing_figures_while_it_can_still_enter_them(client):
    now = timezone.now()
    campaign = given_campaign(now=now, launched_at=now, public_weight=90, figures_weight=10)
    for _number in range(2):
        given_nominee(campaign)
    campaign.nominees.filter(number=1).update(figures=80)
    sign_in(client, campaign.agency, Role.ORGANISER)

    due = page(client, "staff_campaigns:overview", campaign.pk)
    campaign.nominees.update(figures=80)
    entered = page(client, "staff_campaigns:overview", campaign.pk)

    assert "1 个候选对象还没有业务数据，请在投票结束前录入" in due
    assert "还没有业务数据" not in entered


def test_after_the_vote_missing_figures_are_a_matter_for_the_supervisor(client):
    now = timezone.now()
    campaign = given_finished_vote(
        {1: 1}, now=now, launched_at=now, public_weight=90, figures_weight=10
    )
    sign_in(client, campaign.agency, Role.ORGANISER)

    assert "须由监督人员写明理由后补录" in page(client, "staff_campaigns:overview", campaign.pk)


def test_the_signer_who_computed_is_told_to_find_another(client):
    campaign = given_finished_vote({1: 1}, now=timezone.now())
    sign_in(client, campaign.agency, Role.ORGANISER, Role.SUPERVISOR)
    client.post(reverse("result_compute", args=[campaign.pk]))

    assert "须由另一位监督人员签字" in page(client, "result_page", campaign.pk)
    response = client.post(reverse("result_sign", args=[campaign.pk]), follow=True)

    assert "不能由同一人签字" in response.content.decode()
    assert Result.objects.get().signed_at is None


def test_a_signature_can_be_taken_back_from_the_page_with_a_reason(client):
    campaign = given_finished_vote({1: 1}, now=timezone.now())
    organiser = given_staff(campaign.agency, Role.ORGANISER).actor
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=timezone.now())
    sign_in(client, campaign.agency, Role.SUPERVISOR)
    client.post(reverse("result_sign", args=[campaign.pk]))

    client.post(reverse("result_unsign", args=[campaign.pk]), {"reason": "异议成立"})

    assert Result.objects.get().signed_at is None


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_exports_need_their_permission_and_a_result(client, kind):
    campaign = given_finished_vote({1: 1}, now=timezone.now())
    address = reverse("result_export", args=[campaign.pk, kind])
    sign_in(client, campaign.agency, Role.ORGANISER)
    assert client.get(address).status_code == 404
    client.post(reverse("result_compute", args=[campaign.pk]))

    response = client.get(address)
    assert response.status_code == 200
    assert "attachment" in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]
    sign_in(client, campaign.agency, Role.EDITOR)
    assert client.get(address).status_code == 403
