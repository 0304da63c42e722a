# SPDX-License-Identifier: Apache-2.0
"""The console pages for nominations and nominees, as reviewers, editors and strangers meet them."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.campaigns.models import JuryScore, Nomination, NominationFile, Nominee, Result
from minyi.campaigns.staff import jury, nominations, nominees, results
from minyi.core.models import AuditEntry

from .given import (
    given_agency,
    given_campaign,
    given_finished_vote,
    given_juror,
    given_nomination,
    given_nominee,
    given_scores,
    given_staff,
)
from .test_uploads import film_bytes, picture_bytes

pytestmark = pytest.mark.django_db
MODULES = (nominations, nominees, jury, results)


@pytest.fixture(autouse=True)
def _files_in_a_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def sign_in(client, agency, *roles):
    """Log in as somebody who holds these posts in the agency."""
    user = given_staff(agency, roles[0])
    for role in roles[1:]:
        user.posts.create(agency=agency, role=role, since="2020-01-01")
    client.force_login(user, backend="minyi.agencies.backends.PostBackend")
    return user


def given_review(**fields):
    return given_campaign(during="review", now=timezone.now(), **fields)


def given_file(nomination, kind="picture") -> NominationFile:
    content = picture_bytes() if kind == "picture" else film_bytes()
    ending = "jpg" if kind == "picture" else "mp4"
    return NominationFile.objects.create(
        nomination=nomination, kind=kind, file=ContentFile(content, name=f"a.{ending}")
    )


def accept_fields(**changed) -> dict[str, object]:
    defaults = {"name": "城东窗口", "merits": "一次办好。", "story": "事迹。", "card": "text"}
    return {**defaults, **changed}


# --- The fence


def addresses(**ids) -> list[str]:
    """Every address of these four modules, filled in with the ids of somebody's rows."""
    filled = []
    for module in MODULES:
        for route in module.urls:
            names = route.pattern.converters
            filled.append(reverse(route.name, kwargs={name: ids[name] for name in names}))
    for viewset in ("nominations", "nominees"):
        pk = ids["nomination_id" if viewset == "nominations" else "nominee_id"]
        for action in ("edit", "delete", "history", "usage"):
            filled.append(reverse(f"{viewset}:{action}", args=[pk]))
    return filled


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_stranger_from_another_agency_gets_nothing_at_any_address(client, method):
    campaign = given_finished_vote(
        {1: 2, 2: 1}, now=timezone.now(), public_weight=70, jury_weight=30
    )
    nomination = given_nomination(campaign, name="机密窗口甲")
    file = given_file(nomination)
    juror = given_juror(campaign)
    given_scores(juror, {1: 80, 2: 81})
    sign_in(client, given_agency(), *Role.values)
    before = AuditEntry.objects.count()
    ids = {
        "campaign_id": campaign.pk,
        "nomination_id": nomination.pk,
        "nominee_id": campaign.nominees.first().pk,
        "file_id": file.pk,
        "juror_id": juror.pk,
        "picture_id": 1,
        "kind": "csv",
    }

    for address in addresses(**ids):
        response = getattr(client, method)(address, {"reason": "理由", "into": 1})
        if address == reverse("nomination_next"):
            continue  # leads a reviewer to their own queue; nothing of others is in it
        assert response.status_code in {403, 404, 405}, address
        assert "机密窗口甲" not in response.content.decode(errors="ignore"), address

    assert AuditEntry.objects.count() == before
    assert JuryScore.objects.count() == 6
    assert not Result.objects.exists()
    nomination.refresh_from_db()
    assert nomination.status == Nomination.Status.SUBMITTED


@pytest.mark.parametrize("module", ["nominations", "nominees", "jury", "results"])
def test_lists_show_nothing_of_other_agencies(client, module):
    campaign = given_review(title="别家的活动", jury_weight=30, public_weight=70)
    given_nomination(campaign, name="别家的推荐")
    given_nominee(campaign, name="别家的候选")
    sign_in(client, given_agency(), *Role.values)

    for query in ({}, {"campaign": campaign.pk}, {"q": "别家"}):
        response = client.get(reverse(f"{module}:index"), query, follow=True)
        assert response.status_code == 200
        page = response.content.decode().replace('value="别家"', "").replace("“别家”", "")
        assert "别家的" not in page


def test_nobody_gets_in_without_signing_in(client):
    campaign = given_review()
    nomination = given_nomination(campaign)

    response = client.get(reverse("nomination_review", args=[nomination.pk]))

    assert response.status_code == 302
    assert reverse("wagtailadmin_login") in response.url


# --- Review


def test_a_reviewer_goes_from_one_nomination_to_the_next(client):
    campaign = given_review()
    first, second = given_nomination(campaign), given_nomination(campaign)
    sign_in(client, campaign.agency, Role.REVIEWER)

    opened = client.get(reverse("nomination_next"))
    assert opened.url == reverse("nomination_review", args=[first.pk])
    done = client.post(reverse("nomination_reject", args=[first.pk]), {"reason": "不在范围内"})

    assert done.url == reverse("nomination_review", args=[second.pk])
    first.refresh_from_db()
    assert first.status_reason == "不在范围内"


def test_the_review_page_shows_text_facts_files_and_duplicates_side_by_side(client):
    campaign = given_review()
    criterion = campaign.criteria.first()
    nomination = given_nomination(
        campaign, name="城东社保窗口", evidence={str(criterion.pk): "满意率 99%"}
    )
    file = given_file(nomination)
    twin = given_nomination(campaign, name="城東社保窗口")
    sign_in(client, campaign.agency, Role.REVIEWER)

    page = client.get(reverse("nomination_review", args=[nomination.pk])).content.decode()

    for expected in (
        nomination.reason,
        criterion.name,
        "满意率 99%",
        reverse("nomination_file", args=[file.pk]),
        reverse("nomination_review", args=[twin.pk]),
        "合并到这一份",
    ):
        assert expected in page


def test_accepting_with_a_picture_publishes_it_with_its_words(client):
    campaign = given_review()
    nomination = given_nomination(campaign)
    file = given_file(nomination)
    sign_in(client, campaign.agency, Role.REVIEWER)

    address = reverse("nomination_accept", args=[nomination.pk])
    refused = client.post(
        address, accept_fields(**{f"use_{file.pk}": "on"}, story="我写了很久的事迹")
    )
    assert refused.status_code == 422
    assert "替代文本" in refused.content.decode()
    assert "我写了很久的事迹" in refused.content.decode()
    used = {f"use_{file.pk}": "on", f"words_{file.pk}": "窗口照片"}
    accepted = client.post(address, accept_fields(**used))

    assert accepted.status_code == 302
    nominee = Nominee.objects.get()
    shown = nominee.gallery.get().picture
    assert (nominee.name, shown.alternative) == ("城东窗口", "窗口照片")


def test_a_merge_and_its_undoing_from_the_page(client):
    campaign = given_review()
    first, second = given_nomination(campaign), given_nomination(campaign)
    sign_in(client, campaign.agency, Role.REVIEWER)

    client.post(reverse("nomination_merge", args=[second.pk]), {"into": first.pk})
    second.refresh_from_db()
    assert second.merged_into == first
    client.post(reverse("nomination_unmerge", args=[second.pk]))

    second.refresh_from_db()
    assert second.status == Nomination.Status.SUBMITTED


@pytest.mark.parametrize("posted", [{}, {"into": "x"}, {"into": "9" * 30}, {"nominee": "-1"}])
def test_a_merge_into_nothing_is_explained(client, posted):
    campaign = given_review()
    nomination = given_nomination(campaign)
    sign_in(client, campaign.agency, Role.REVIEWER)

    response = client.post(reverse("nomination_merge", args=[nomination.pk]), posted, follow=True)

    assert "不能合并" in response.content.decode()


def test_who_may_look_but_not_decide_gets_no_buttons_and_no_way_around(client):
    campaign = given_review()
    nomination = given_nomination(campaign)
    sign_in(client, campaign.agency, Role.ORGANISER)

    page = client.get(reverse("nomination_review", args=[nomination.pk])).content.decode()
    assert reverse("nomination_accept", args=[nomination.pk]) not in page
    response = client.post(reverse("nomination_accept", args=[nomination.pk]), accept_fields())

    assert response.status_code == 403
    assert not Nominee.objects.exists()


# --- Private files


@pytest.mark.parametrize(("kind", "type_"), [("picture", "image/jpeg"), ("video", "video/mp4")])
def test_a_private_file_is_sent_so_that_it_can_never_run(client, kind, type_):
    campaign = given_review()
    file = given_file(given_nomination(campaign), kind)
    sign_in(client, campaign.agency, Role.REVIEWER)

    response = client.get(reverse("nomination_file", args=[file.pk]))

    assert response["Content-Type"] == type_
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Content-Disposition"].startswith("inline; filename=")
    assert "no-store" in response["Cache-Control"]
    response.close()


def test_private_files_are_not_in_the_media_folder(client):
    campaign = given_review()
    file = given_file(given_nomination(campaign))

    assert client.get(f"/media/{file.file.name}").status_code == 404


# --- Nominees


def test_an_editor_adds_edits_and_withdraws_a_candidate(client):
    campaign = given_campaign(during="display", now=timezone.now())
    sign_in(client, campaign.agency, Role.EDITOR)

    client.post(reverse("nominee_add", args=[campaign.pk]), accept_fields())
    nominee = Nominee.objects.get()
    address = reverse("nominee_edit", args=[nominee.pk])
    client.post(address, accept_fields(merits="新的一句话"))
    client.post(reverse("nominee_withdraw", args=[nominee.pk]), {"reason": "本人申请"})

    nominee.refresh_from_db()
    assert (nominee.merits, nominee.status_reason) == ("新的一句话", "本人申请")
    assert "本人申请" in client.get(address).content.decode()


def test_after_voting_the_supervisor_withdraws_and_corrects_figures_on_the_page(client):
    campaign = given_campaign(
        during="verification", public_weight=90, figures_weight=10, now=timezone.now()
    )
    nominee = given_nominee(campaign)
    page = reverse("nominee_edit", args=[nominee.pk])
    figures = reverse("nominee_set_figures", args=[nominee.pk])
    withdrawal = reverse("nominee_withdraw", args=[nominee.pk])
    sign_in(client, campaign.agency, Role.EDITOR)
    shown = client.get(page).content.decode()
    assert figures not in shown
    assert withdrawal not in shown
    assert client.post(figures, {"points": "90", "source": "统计"}).status_code == 403
    assert client.post(withdrawal, {"reason": "想改"}).status_code == 403

    sign_in(client, campaign.agency, Role.SUPERVISOR)
    assert figures in client.get(page).content.decode()
    client.post(figures, {"points": "90", "source": "统计", "reason": "统计部门更正"})
    client.post(withdrawal, {"reason": "异议成立"})

    nominee.refresh_from_db()
    assert (nominee.figures, nominee.status) == (90, Nominee.Status.WITHDRAWN)


def test_an_edit_of_the_name_after_voting_opened_is_explained_on_the_page(client):
    campaign = given_campaign(during="voting", now=timezone.now())
    nominee = given_nominee(campaign)
    sign_in(client, campaign.agency, Role.EDITOR)

    response = client.post(
        reverse("nominee_edit", args=[nominee.pk]), accept_fields(name="别的名称")
    )

    assert response.status_code == 422
    assert "候选名单" in response.content.decode() or "投票已经开始" in response.content.decode()


def test_a_bad_upload_is_explained_and_changes_nothing(client):
    nominee = given_nominee(given_campaign(during="display", now=timezone.now()))
    sign_in(client, nominee.campaign.agency, Role.EDITOR)
    bad = SimpleUploadedFile("a.jpg", b"<script>alert(1)</script>", content_type="image/jpeg")

    response = client.post(
        reverse("nominee_pictures", args=[nominee.pk]),
        {"picture": bad, "alternative": "照片"},
        follow=True,
    )

    assert "无法识别图片" in response.content.decode()
    assert not nominee.gallery.exists()


def test_a_table_of_figures_is_taken_and_its_template_offered(client):
    campaign = given_campaign(public_weight=90, figures_weight=10, now=timezone.now())
    given_nominee(campaign)
    sign_in(client, campaign.agency, Role.EDITOR)

    template = client.get(reverse("nominee_figures_template", args=[campaign.pk]))
    assert "1,示例窗口1" in template.content.decode("utf-8-sig")
    wrong = SimpleUploadedFile("a.csv", "编号,名称,得分,来源\n7,,90,统计\n".encode())
    address = reverse("nominee_figures", args=[campaign.pk])
    refused = client.post(address, {"table": wrong})
    assert refused.status_code == 422
    assert "第 2 行" in refused.content.decode()
    right = SimpleUploadedFile("a.csv", "编号,名称,得分,来源\n1,,90,统计\n".encode())
    client.post(address, {"table": right})

    assert Nominee.objects.get().figures == 90


# --- Budgets


@pytest.mark.parametrize(
    ("name", "most"), [("nominations:index", 20), ("nominees:index", 22), ("results:index", 14)]
)
def test_lists_ask_the_database_no_more_for_a_full_page(
    client, name, most, django_assert_max_num_queries
):
    campaign = given_review()
    for _number in range(25):
        given_nomination(campaign)
        given_nominee(campaign)
    sign_in(client, campaign.agency, Role.REVIEWER, Role.ORGANISER)
    client.get(reverse(name))

    with django_assert_max_num_queries(most):
        assert client.get(reverse(name)).status_code == 200
