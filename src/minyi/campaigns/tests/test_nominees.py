# SPDX-License-Identifier: Apache-2.0
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.db import connection

from minyi.agencies.policies import Role
from minyi.campaigns.errors import (
    AlternativeMissing,
    BallotPaperFixed,
    BarredFromAward,
    CampaignNotFound,
    FiguresFileWrong,
    FiguresFrozen,
    InducesSharing,
    NomineeNotFound,
    NomineeWithdrawn,
    ReasonNeeded,
    WithdrawalNeedsSupervisor,
)
from minyi.campaigns.models import Campaign, Nominee
from minyi.campaigns.services import figures, galleries, nominees
from minyi.campaigns.services.nominees import NomineeContent
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry

from .given import NOW, given_campaign, given_nominee, given_open_round, given_staff
from .test_uploads import film_bytes, picture_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files_in_a_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def editor_of(campaign):
    return given_staff(campaign.agency, Role.EDITOR).actor


def add(campaign, *, actor=None, **fields) -> Nominee:
    content = NomineeContent(**{"name": "城东窗口", "merits": "一次办好。", **fields})
    return nominees.add_nominee(
        campaign_id=campaign.pk, content=content, actor=actor or editor_of(campaign), now=NOW
    )


def edit(nominee, **changed) -> Nominee:
    return nominees.edit_nominee(
        nominee_id=nominee.pk, changed=changed, actor=editor_of(nominee.campaign), now=NOW
    )


def supervisor_of(campaign):
    return given_staff(campaign.agency, Role.SUPERVISOR).actor


def withdraw(nominee, reason="本人申请", *, actor=None) -> Nominee:
    return nominees.withdraw_nominee(
        nominee_id=nominee.pk,
        reason=reason,
        actor=actor or editor_of(nominee.campaign),
        now=NOW,
    )


# --- Adding


def test_numbers_go_on_and_are_never_used_again():
    campaign = given_campaign(during="display")
    first, second = add(campaign), add(campaign)
    withdraw(second)

    assert (first.number, second.number, add(campaign).number) == (1, 2, 3)


def test_a_new_candidate_is_on_the_ballot_paper():
    campaign = given_campaign(during="display")

    add(campaign)
    add(campaign)

    assert json.loads(campaign.round.candidates) == [1, 2]


def test_in_a_draft_candidates_are_prepared_without_a_ballot_paper():
    campaign = given_campaign(during="before", launched=False)

    add(campaign)

    assert not hasattr(Campaign.objects.get(pk=campaign.pk), "round")


def test_once_voting_has_opened_nobody_joins():
    campaign = given_campaign(during="voting")

    with pytest.raises(BallotPaperFixed):
        add(campaign)


def test_wrong_content_is_refused():
    campaign = given_campaign(during="display", type=Campaign.Type.AWARD)

    with pytest.raises(BarredFromAward):
        add(campaign, name="青禾市人民政府")
    with pytest.raises(InducesSharing):
        add(campaign, story="请转发朋友圈支持我们。")


def test_only_posts_with_the_permission_in_that_agency_add():
    campaign = given_campaign(during="display")

    with pytest.raises(NotAllowed):
        add(campaign, actor=given_staff(campaign.agency, Role.SUPERVISOR).actor)
    with pytest.raises(CampaignNotFound):
        add(campaign, actor=editor_of(given_campaign()))


# --- Editing


def test_an_edit_leaves_what_was_and_what_is_in_the_audit_trail():
    nominee = given_nominee(given_campaign(during="display"), merits="旧")

    edit(nominee, merits="新")

    entry = AuditEntry.objects.get(act="campaigns.nominee.edited")
    assert entry.facts["changed"] == {"merits": ["旧", "新"]}


def test_an_edit_that_changes_nothing_leaves_no_trace():
    nominee = given_nominee(given_campaign(during="display"))

    edit(nominee, merits=nominee.merits)

    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "changed", [{"name": "别的窗口"}, {"unit": "别的局"}, {"category_id": None}]
)
def test_after_voting_opened_what_a_voter_chose_by_stays(changed):
    nominee = given_nominee(given_campaign(during="voting"))

    with pytest.raises(BallotPaperFixed):
        edit(nominee, **changed)


def test_after_voting_opened_texts_and_pictures_may_still_be_corrected():
    nominee = given_nominee(given_campaign(during="voting"))

    edit(nominee, story="更正后的事迹")
    galleries.add_picture(
        nominee_id=nominee.pk,
        upload=ContentFile(picture_bytes(), name="b.jpg"),
        alternative="窗口照片",
        actor=editor_of(nominee.campaign),
        now=NOW,
    )

    nominee.refresh_from_db()
    assert nominee.story == "更正后的事迹"
    assert nominee.gallery.get().picture.alternative == "窗口照片"
    assert AuditEntry.objects.filter(act="campaigns.nominee.picture_added").exists()


def test_pictures_and_films_need_words():
    nominee = given_nominee(given_campaign(during="display"))
    act = {"nominee_id": nominee.pk, "actor": editor_of(nominee.campaign), "now": NOW}

    with pytest.raises(AlternativeMissing):
        galleries.add_picture(
            upload=ContentFile(picture_bytes(), name="a.jpg"), alternative=" ", **act
        )
    with pytest.raises(AlternativeMissing):
        nominees.replace_video(upload=ContentFile(film_bytes(), name="a.mp4"), caption="", **act)


class Watched(ContentFile):
    """A file that remembers whether a transaction was open when it was read."""

    def read(self, *args):
        self.waits = getattr(self, "waits", False) or connection.in_atomic_block
        return super().read(*args)


@pytest.mark.django_db(transaction=True)
def test_no_upload_is_decoded_while_the_database_waits():
    nominee = given_nominee(given_campaign(during="display"))
    act = {"nominee_id": nominee.pk, "actor": editor_of(nominee.campaign), "now": NOW}
    picture, film = Watched(picture_bytes(), name="a.jpg"), Watched(film_bytes(), name="a.mp4")

    galleries.add_picture(upload=picture, alternative="窗口", **act)
    nominees.replace_video(upload=film, caption="窗口", **act)

    assert (picture.waits, film.waits) == (False, False)


def test_an_editor_of_another_agency_finds_no_nominee():
    nominee = given_nominee(given_campaign())

    with pytest.raises(NomineeNotFound):
        nominees.edit_nominee(
            nominee_id=nominee.pk,
            changed={"merits": "x"},
            actor=editor_of(given_campaign()),
            now=NOW,
        )


# --- Withdrawing


def test_who_withdraws_leaves_the_ballot_paper_even_while_people_vote():
    campaign = given_campaign(during="voting")
    paper = given_open_round(campaign, nominees=3)
    nominee = campaign.nominees.get(number=2)

    supervisor = supervisor_of(campaign)

    withdraw(nominee, "本人申请退出", actor=supervisor)

    paper.refresh_from_db()
    nominee.refresh_from_db()
    assert json.loads(paper.candidates) == [1, 3]
    assert nominee.status_reason == "本人申请退出"
    with pytest.raises(NomineeWithdrawn):
        withdraw(nominee, actor=supervisor)


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.EDITOR, Role.REVIEWER])
def test_once_people_vote_those_who_run_the_campaign_take_nobody_off_the_paper(role):
    campaign = given_campaign(during="voting")
    paper = given_open_round(campaign, nominees=3)

    with pytest.raises(WithdrawalNeedsSupervisor):
        withdraw(campaign.nominees.first(), actor=given_staff(campaign.agency, role).actor)

    paper.refresh_from_db()
    assert json.loads(paper.candidates) == [1, 2, 3]


def test_before_the_vote_the_supervisor_withdraws_nobody():
    nominee = given_nominee(given_campaign(during="display"))

    with pytest.raises(NotAllowed):
        withdraw(nominee, actor=supervisor_of(nominee.campaign))


def test_a_withdrawal_needs_a_reason():
    nominee = given_nominee(given_campaign(during="display"))

    with pytest.raises(ReasonNeeded):
        withdraw(nominee, "")


# --- Figures


def import_table(campaign, text: str | bytes) -> int:
    content = text.encode() if isinstance(text, str) else text
    return figures.import_figures(
        campaign_id=campaign.pk, content=content, actor=editor_of(campaign), now=NOW
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_of_figures_is_read_as_spreadsheet_programs_write_it(encoding):
    campaign = given_campaign()
    given_nominee(campaign)
    given_nominee(campaign)
    table = "编号,名称,得分,来源\r\n1,示例窗口1,96.5,好差评统计\r\n\r\n2,,88,好差评统计\r\n"

    assert import_table(campaign, table.encode(encoding)) == 2

    rows = list(campaign.nominees.values_list("figures", "figures_source"))
    assert rows == [(Decimal("96.50"), "好差评统计"), (Decimal("88.00"), "好差评统计")]


def test_every_wrong_line_is_named_and_nothing_is_kept():
    campaign = given_campaign()
    given_nominee(campaign)
    given_nominee(campaign)
    table = (
        "编号,名称,得分,来源\n"
        "1,示例窗口1,90,统计\n"
        "2,别的名称,90,统计\n"
        "9,,90,统计\n"
        "1,,90,统计\n"
        "2,,一百,统计\n"
        "2,,100.5,统计\n"
        "2,,NaN,统计\n"
        "2,,90,\n"
        "2,90\n"
    )

    with pytest.raises(FiguresFileWrong) as refusal:
        import_table(campaign, table)

    said = refusal.value.detail
    assert "共 8 处" in said
    for line in range(3, 11):
        assert f"第 {line} 行" in said
    assert "第 2 行" not in said
    assert campaign.nominees.filter(figures__isnull=False).count() == 0


@pytest.mark.parametrize(
    "table",
    [
        b"",
        "名称,得分\n".encode(),
        b"\xff\xfe\x00",
        "编号,名称,得分,来源\n".encode(),
        b"x" * 600_000,
    ],
)
def test_what_is_no_such_table_is_refused(table):
    campaign = given_campaign()
    given_nominee(campaign)

    with pytest.raises(FiguresFileWrong):
        import_table(campaign, table)


def test_figures_freeze_when_voting_closes_but_for_a_supervisor_with_a_reason():
    campaign = given_campaign(during="voting")
    nominee = given_nominee(campaign)
    closed = campaign.stages.get(kind="voting").closes_at
    table = {"campaign_id": campaign.pk, "content": "编号,名称,得分,来源\n1,,90,统计\n".encode()}
    one = {"nominee_id": nominee.pk, "points": Decimal(80), "source": "统计"}
    editor, supervisor = editor_of(campaign), supervisor_of(campaign)

    figures.set_figures(**one, actor=editor, now=closed - timedelta(seconds=1))
    for act, facts in ((figures.import_figures, table), (figures.set_figures, one)):
        with pytest.raises(FiguresFrozen):
            act(**facts, reason="更正", actor=editor, now=closed)
        with pytest.raises(ReasonNeeded):
            act(**facts, actor=supervisor, now=closed)
        act(**facts, reason="统计部门更正", actor=supervisor, now=closed)

    reasons = AuditEntry.objects.filter(act__startswith="campaigns.figures").order_by("id")
    assert [entry.facts["reason"] for entry in reasons] == ["", "统计部门更正", "统计部门更正"]


def test_one_figure_can_be_entered_and_taken_away_by_hand():
    nominee = given_nominee(given_campaign())
    act = {"nominee_id": nominee.pk, "actor": editor_of(nominee.campaign), "now": NOW}

    assert figures.set_figures(points=Decimal("91.25"), source="统计", **act).figures == 91.25
    assert figures.set_figures(points=None, source="", **act).figures is None
    with pytest.raises(FiguresFileWrong):
        figures.set_figures(points=Decimal(101), source="", **act)
