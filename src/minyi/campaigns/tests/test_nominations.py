# SPDX-License-Identifier: Apache-2.0
import time
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import connection

from minyi.agencies.policies import Role
from minyi.campaigns.errors import (
    AlreadyNominated,
    AlternativeMissing,
    BallotPaperFixed,
    BarredFromAward,
    CampaignCancelled,
    CampaignNotFound,
    CannotMerge,
    CannotUnmerge,
    FieldMissing,
    FieldTooLong,
    FieldTooShort,
    InducesSharing,
    NominationDecided,
    NominationNotFound,
    PupilsHonour,
    ReasonNeeded,
    TooManyFiles,
    TooManyNominations,
    UnknownCategory,
    UnknownCriterion,
    UploadNotAPicture,
    VideoHostNotAllowed,
    WrongStage,
)
from minyi.campaigns.models import Campaign, Nomination, NominationFile, Nominee
from minyi.campaigns.queries.nominations import find_duplicates, next_in_queue, queue_counts
from minyi.campaigns.services import nominations
from minyi.campaigns.services.nominations import (
    NOMINATIONS_PER_CITIZEN,
    AcceptedFile,
    NewFile,
    NominationContent,
)
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry

from .given import (
    NOW,
    given_campaign,
    given_citizen,
    given_nomination,
    given_nominee,
    given_staff,
)
from .test_uploads import film_bytes, picture_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files_in_a_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def content(**fields) -> NominationContent:
    defaults = {
        "name": "城东社保窗口",
        "unit": "青禾市人社局（示例）",
        "reason": "服务耐心细致，老人办事不用跑第二趟。",
    }
    return NominationContent(**{**defaults, **fields})


def submit(campaign, citizen=None, *, files=(), now=NOW, **fields) -> Nomination:
    citizen = citizen or given_citizen()
    return nominations.submit_nomination(
        campaign_id=campaign.pk,
        citizen_id=str(citizen.pk),
        content=content(**fields),
        files=files,
        now=now,
    )


def picture(alternative="窗口照片") -> NewFile:
    return NewFile("picture", ContentFile(picture_bytes(), name="a.jpg"), alternative)


def film() -> NewFile:
    return NewFile("video", ContentFile(film_bytes(), name="a.mp4"), "窗口一天")


def reviewer_of(campaign):
    return given_staff(campaign.agency, Role.REVIEWER).actor


def given_open_nominations(**fields) -> Campaign:
    return given_campaign(during="nomination", **fields)


# --- Sending in


def test_what_a_citizen_sends_waits_for_review_with_its_files_in_private():
    campaign = given_open_nominations()

    nomination = submit(campaign, files=[picture(), film()])

    assert nomination.status == Nomination.Status.SUBMITTED
    kinds = set(nomination.files.values_list("kind", flat=True))
    assert kinds == {NominationFile.Kind.PICTURE, NominationFile.Kind.VIDEO}
    for file in nomination.files.all():
        assert "media" not in file.file.path


@pytest.mark.parametrize("during", ["before", "notice", "review", "voting", "result"])
def test_outside_the_nomination_stage_nothing_is_taken(during):
    campaign = given_campaign(during=during)

    with pytest.raises(WrongStage):
        submit(campaign)

    assert not campaign.nominations.exists()


def test_a_draft_does_not_exist_for_citizens():
    with pytest.raises(CampaignNotFound):
        submit(given_campaign(during="nomination", launched=False))


def test_the_same_name_twice_by_one_person_is_refused_however_it_is_spelled():
    campaign, citizen = given_open_nominations(), given_citizen()
    submit(campaign, citizen, name="城东社保窗口（A区）")

    with pytest.raises(AlreadyNominated):
        submit(campaign, citizen, name=" 城東社保窗口 (Ａ區)")

    assert campaign.nominations.count() == 1
    submit(campaign, given_citizen(), name="城东社保窗口（A区）")


def test_one_person_may_nominate_so_many_and_no_more():
    campaign, citizen = given_open_nominations(), given_citizen()
    for number in range(NOMINATIONS_PER_CITIZEN):
        submit(campaign, citizen, name=f"窗口之{number}")

    with pytest.raises(TooManyNominations):
        submit(campaign, citizen, name="再一个窗口")


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"name": "  "}, FieldMissing),
        ({"name": "窗"}, FieldTooShort),
        ({"name": "窗" * 61}, FieldTooLong),
        ({"reason": "好"}, FieldTooShort),
        ({"reason": "好" * 2001}, FieldTooLong),
        ({"unit": "局" * 81}, FieldTooLong),
        ({"category_id": 999_999}, UnknownCategory),
        ({"evidence": {"999999": "事实"}}, UnknownCriterion),
        ({"video_url": "https://example.com/film"}, VideoHostNotAllowed),
        ({"video_url": "http://v.qq.com/x/page/a.html"}, VideoHostNotAllowed),
        ({"video_url": "javascript:alert(1)//v.qq.com"}, VideoHostNotAllowed),
        ({"video_url": "https://v.qq.com@example.com/"}, VideoHostNotAllowed),
        ({"video_url": "https://example.com\\@v.qq.com/"}, VideoHostNotAllowed),
        ({"reason": "大家转发到朋友圈后才能投票，请支持我们窗口。"}, InducesSharing),
    ],
)
def test_wrong_content_is_refused_with_its_reason_and_nothing_is_kept(fields, refusal):
    campaign = given_open_nominations()

    with pytest.raises(refusal) as refused:
        submit(campaign, **fields)

    assert refused.value.detail
    assert "%(" not in refused.value.detail
    assert not campaign.nominations.exists()


def test_a_film_on_a_known_site_or_the_offices_own_is_taken(settings):
    settings.VIDEO_HOSTS = ["video.qinghe.example"]
    campaign = given_open_nominations()

    submit(campaign, video_url="https://v.qq.com/x/page/a1b2.html")
    submit(campaign, video_url="https://video.qinghe.example/1")


def test_facts_are_kept_by_criterion_and_control_characters_are_dropped():
    campaign = given_open_nominations()
    criterion = campaign.criteria.first()

    nomination = submit(
        campaign,
        name="城东\0窗口\x1b",
        evidence={
            str(criterion.pk): " 提速 30% ",
        },
    )

    assert nomination.name == "城东窗口"
    assert nomination.evidence == {str(criterion.pk): "提速 30%"}


def test_one_bad_file_and_nothing_is_kept():
    campaign = given_open_nominations()
    bad = NewFile("picture", ContentFile(b"<script>", name="a.jpg"))
    before = _private_files()

    with pytest.raises(UploadNotAPicture):
        submit(campaign, files=[picture(), bad])

    assert not campaign.nominations.exists()
    assert _private_files() == before


def _private_files() -> set[Path]:
    folder = Path(NominationFile._meta.get_field("file").storage.location)
    return set(folder.rglob("*.*"))


def test_too_many_files_are_refused():
    with pytest.raises(TooManyFiles):
        submit(given_open_nominations(), files=[film(), film()])


# --- Review


def test_an_accepted_nomination_becomes_the_nominee_with_the_next_number():
    campaign = given_campaign(during="review")
    given_nominee(campaign, number=4, status=Nominee.Status.WITHDRAWN)
    nomination = given_nomination(campaign, name="城东社保窗口")
    reviewer = reviewer_of(campaign)

    nominee = nominations.accept_nomination(
        nomination_id=nomination.pk, actor=reviewer, now=NOW, reason="材料属实"
    )

    nomination.refresh_from_db()
    assert (nominee.number, nominee.name) == (5, "城东社保窗口")
    assert nomination.status == Nomination.Status.ACCEPTED
    assert nomination.nominee == nominee
    assert str(nomination.decided_by_id) == reviewer.id
    entry = AuditEntry.objects.get(act="campaigns.nomination.accepted")
    assert entry.facts["number"] == 5


def test_only_accepted_files_leave_the_private_store_and_only_with_words():
    campaign = given_open_nominations()
    nomination = submit(campaign, files=[picture(), picture(), film()])
    _first, second, video = nomination.files.order_by("id")
    reviewer = reviewer_of(campaign)

    with pytest.raises(AlternativeMissing):
        nominations.accept_nomination(
            nomination_id=nomination.pk,
            pictures=[AcceptedFile(second.pk, "  ")],
            actor=reviewer,
            now=NOW,
        )
    assert not campaign.nominees.exists()

    nominee = nominations.accept_nomination(
        nomination_id=nomination.pk,
        pictures=[AcceptedFile(second.pk, "工作人员为老人讲解")],
        video=AcceptedFile(video.pk, "窗口的一天"),
        actor=reviewer,
        now=NOW,
    )
    shown = nominee.gallery.get().picture
    assert shown.alternative == "工作人员为老人讲解"
    assert "media" in shown.file.path
    assert nominee.video_file.read() == film_bytes()
    nominee.video_file.close()
    assert nominee.video_caption == "窗口的一天"


def test_a_file_of_another_nomination_is_not_accepted():
    campaign = given_open_nominations()
    foreign = submit(campaign, name="别的窗口", files=[picture()]).files.get()
    nomination = submit(campaign)

    with pytest.raises(NominationNotFound):
        nominations.accept_nomination(
            nomination_id=nomination.pk,
            pictures=[AcceptedFile(foreign.pk, "照片")],
            actor=reviewer_of(campaign),
            now=NOW,
        )


def test_a_rejection_needs_a_reason_which_is_kept():
    campaign = given_campaign(during="review")
    nomination = given_nomination(campaign)
    reviewer = reviewer_of(campaign)

    with pytest.raises(ReasonNeeded):
        nominations.reject_nomination(
            nomination_id=nomination.pk, reason=" ", actor=reviewer, now=NOW
        )
    nominations.reject_nomination(
        nomination_id=nomination.pk, reason="不在评选范围内", actor=reviewer, now=NOW
    )

    nomination.refresh_from_db()
    assert nomination.status_reason == "不在评选范围内"
    with pytest.raises(NominationDecided):
        nominations.accept_nomination(nomination_id=nomination.pk, actor=reviewer, now=NOW)


@pytest.mark.parametrize("during", ["display", "voting", "verification"])
def test_nothing_is_reviewed_outside_the_review_stages(during):
    campaign = given_campaign(during=during)
    nomination = given_nomination(campaign)

    with pytest.raises(WrongStage):
        nominations.accept_nomination(
            nomination_id=nomination.pk, actor=reviewer_of(campaign), now=NOW
        )


def test_no_candidate_joins_once_voting_has_opened_even_while_review_is_open():
    campaign = given_campaign(during="review")
    campaign.stages.filter(kind="voting").update(opens_at=NOW)
    nomination = given_nomination(campaign)

    with pytest.raises(BallotPaperFixed):
        nominations.accept_nomination(
            nomination_id=nomination.pk, actor=reviewer_of(campaign), now=NOW
        )


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.EDITOR, Role.SUPERVISOR, Role.LEADER])
def test_only_reviewers_decide(role):
    campaign = given_campaign(during="review")
    nomination = given_nomination(campaign)

    with pytest.raises(NotAllowed):
        nominations.reject_nomination(
            nomination_id=nomination.pk,
            reason="理由",
            actor=given_staff(campaign.agency, role).actor,
            now=NOW,
        )


def test_a_reviewer_of_another_agency_finds_nothing():
    nomination = given_nomination(given_campaign(during="review"))
    stranger = reviewer_of(given_campaign(during="review"))

    with pytest.raises(NominationNotFound):
        nominations.accept_nomination(nomination_id=nomination.pk, actor=stranger, now=NOW)


@pytest.mark.parametrize(
    ("name", "refusal"),
    [
        ("青禾市人民政府", BarredFromAward),
        ("中共青禾市委员会", BarredFromAward),
        ("十佳中学生王某", PupilsHonour),
    ],
)
def test_an_award_is_not_for_governments_nor_pupils(name, refusal):
    award = given_campaign(during="review", type=Campaign.Type.AWARD)
    nomination = given_nomination(award, name=name)

    with pytest.raises(refusal):
        nominations.accept_nomination(
            nomination_id=nomination.pk, actor=reviewer_of(award), now=NOW
        )


def test_an_evaluation_may_hear_people_about_governments():
    campaign = given_campaign(during="review")
    nomination = given_nomination(campaign, name="青禾市人民政府")

    nominations.accept_nomination(nomination_id=nomination.pk, actor=reviewer_of(campaign), now=NOW)


# --- Merging


def test_a_merged_nomination_follows_the_other_and_keeps_its_own_text():
    campaign = given_campaign(during="review")
    reviewer = reviewer_of(campaign)
    first = given_nomination(campaign, reason="服务耐心细致，从不推诿。")
    second = given_nomination(campaign, reason="帮老人填表，还送到门口。")
    third = given_nomination(campaign)
    for source, target in ((third, second), (second, first)):
        nominations.merge_nominations(
            nomination_id=source.pk, into_id=target.pk, actor=reviewer, now=NOW
        )

    nominee = nominations.accept_nomination(nomination_id=first.pk, actor=reviewer, now=NOW)

    second.refresh_from_db()
    third.refresh_from_db()
    assert second.reason == "帮老人填表，还送到门口。"
    assert second.by_citizen_id is not None
    assert second.nominee == third.nominee == nominee
    assert third.merged_into == first
    assert second.status == Nomination.Status.MERGED
    assert first.name in second.status_reason


def test_who_was_merged_into_a_rejected_nomination_is_rejected_with_it():
    campaign = given_campaign(during="review")
    first, second = given_nomination(campaign), given_nomination(campaign)
    act = {"actor": given_staff(campaign.agency, Role.REVIEWER).actor, "now": NOW}
    nominations.merge_nominations(nomination_id=second.pk, into_id=first.pk, **act)

    nominations.reject_nomination(nomination_id=first.pk, reason="不在评选范围", **act)

    second.refresh_from_db()
    assert second.status == Nomination.Status.REJECTED
    assert second.status_reason == "不在评选范围"


def test_nothing_is_reviewed_in_a_cancelled_campaign():
    campaign = given_campaign(during="review", cancelled_at=NOW)
    one, other = given_nomination(campaign), given_nomination(campaign)
    nominee = given_nominee(campaign)
    act = {
        "nomination_id": one.pk,
        "actor": given_staff(campaign.agency, Role.REVIEWER).actor,
        "now": NOW,
    }

    for review in (
        lambda: nominations.accept_nomination(**act),
        lambda: nominations.reject_nomination(reason="不符", **act),
        lambda: nominations.merge_nominations(into_id=other.pk, **act),
        lambda: nominations.merge_into_nominee(nominee_id=nominee.pk, **act),
    ):
        with pytest.raises(CampaignCancelled):
            review()
    one.refresh_from_db()
    assert one.status == Nomination.Status.SUBMITTED


@pytest.mark.django_db(transaction=True)
def test_no_file_is_decoded_while_the_database_waits(monkeypatch):
    campaign = given_campaign(during="review")
    nomination = given_nomination(campaign)
    kept = NominationFile.objects.create(
        nomination=nomination,
        kind="picture",
        file=ContentFile(picture_bytes(), name="a.jpg"),
        alternative="窗口",
    )
    waits = []
    decode = nominations.clean_picture
    monkeypatch.setattr(
        nominations,
        "clean_picture",
        lambda upload: (waits.append(connection.in_atomic_block), decode(upload))[1],
    )

    nominations.accept_nomination(
        nomination_id=nomination.pk,
        pictures=[AcceptedFile(kept.pk, "窗口")],
        actor=given_staff(campaign.agency, Role.REVIEWER).actor,
        now=NOW,
    )

    assert waits == [False]


def test_a_merge_can_be_undone_until_the_other_is_decided():
    campaign = given_campaign(during="review")
    reviewer = reviewer_of(campaign)
    first, second = given_nomination(campaign), given_nomination(campaign)
    nominations.merge_nominations(
        nomination_id=second.pk, into_id=first.pk, actor=reviewer, now=NOW
    )

    nominations.unmerge_nomination(nomination_id=second.pk, actor=reviewer, now=NOW)
    second.refresh_from_db()
    assert second.status == Nomination.Status.SUBMITTED
    assert second.merged_into is None
    assert AuditEntry.objects.filter(act="campaigns.nomination.unmerged").exists()

    nominations.merge_nominations(
        nomination_id=second.pk, into_id=first.pk, actor=reviewer, now=NOW
    )
    nominations.accept_nomination(nomination_id=first.pk, actor=reviewer, now=NOW)
    with pytest.raises(CannotUnmerge):
        nominations.unmerge_nomination(nomination_id=second.pk, actor=reviewer, now=NOW)


def test_merging_into_itself_or_another_campaign_is_refused():
    campaign = given_campaign(during="review")
    nomination = given_nomination(campaign)
    foreign = given_nomination(given_campaign(during="review", agency=campaign.agency))

    for target in (nomination.pk, foreign.pk, 999_999):
        with pytest.raises(CannotMerge):
            nominations.merge_nominations(
                nomination_id=nomination.pk, into_id=target, actor=reviewer_of(campaign), now=NOW
            )


def test_a_nomination_can_count_towards_a_nominee_the_office_entered():
    campaign = given_campaign(during="review")
    nominee = given_nominee(campaign, name="城东社保窗口")
    nomination = given_nomination(campaign, name="城东社保窗口")

    nominations.merge_into_nominee(
        nomination_id=nomination.pk,
        nominee_id=nominee.pk,
        actor=reviewer_of(campaign),
        now=NOW,
    )

    nomination.refresh_from_db()
    assert nomination.nominee == nominee
    assert campaign.nominees.count() == 1


# --- Duplicates, queue


def test_likely_duplicates_are_named_with_their_reason():
    campaign = given_campaign(during="review")
    reason = "把多个环节并成一次办理，为行动不便的群众上门服务，群众都说好。"
    nomination = given_nomination(campaign, name="城东社保窗口", reason=reason)
    same_name = given_nomination(campaign, name="城東社保服务窗口 ", reason="态度很好，办得很快。")
    same_text = given_nomination(campaign, name="第三办税厅", unit="税务局", reason=reason)
    nominee = given_nominee(campaign, name="青禾市城东社保窗口", story="周末不打烊。")
    given_nomination(campaign, name="城西医保大厅", reason="秩序井然，指引清楚明白。")

    found = {
        (suspect.nomination_id, suspect.nominee_id): suspect.why
        for suspect in find_duplicates(nomination)
    }

    assert found == {
        (same_name.pk, None): "name",
        (same_text.pk, None): "text",
        (None, nominee.pk): "name",
    }


def test_rejected_and_foreign_nominations_are_no_duplicates():
    campaign = given_campaign(during="review")
    nomination = given_nomination(campaign, name="城东社保窗口")
    given_nomination(campaign, name="城东社保窗口", status=Nomination.Status.REJECTED)
    given_nomination(given_campaign(), name="城东社保窗口")

    assert find_duplicates(nomination) == []


def test_duplicates_among_two_thousand_are_found_at_once():
    campaign = given_campaign(during="review")
    reason = "耐心细致地为每一位群众讲解办事流程，没有一次推诿。" * 8
    Nomination.objects.bulk_create(
        Nomination(
            campaign=campaign,
            name=f"第{number}服务大厅综合窗口",
            unit=f"第{number}局",
            reason=f"{number}号{reason}",
            sent_at=NOW,
        )
        for number in range(2_000)
    )
    nomination = given_nomination(campaign, name="城东社保窗口")
    best = min(_seconds(find_duplicates, nomination) for _ in range(3))

    assert best < 0.25  # 0.05 s on an idle machine; this one is shared


def _seconds(call, *args) -> float:
    started = time.perf_counter()
    call(*args)
    return time.perf_counter() - started


def test_the_queue_leads_from_one_to_the_next_and_around():
    campaign = given_campaign(during="review")
    first, second, third = (given_nomination(campaign) for _ in range(3))
    reviewer = reviewer_of(campaign)
    nominations.reject_nomination(nomination_id=second.pk, reason="范围外", actor=reviewer, now=NOW)

    assert next_in_queue(first) == third.pk
    assert next_in_queue(third) == first.pk
    assert queue_counts(actor=reviewer)["submitted"] == 2
    assert queue_counts(actor=reviewer)["rejected"] == 1
