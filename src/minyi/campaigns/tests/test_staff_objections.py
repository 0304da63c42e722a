# SPDX-License-Identifier: Apache-2.0
"""The desk for objections and the one for ballots: who sees what, and what each may do."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.campaigns.models import Objection, Ruling
from minyi.campaigns.services.objections import Proof
from minyi.campaigns.staff.ballots import read_places
from minyi.ledger.queries.logs import tally
from minyi.ledger.services import logs
from minyi.ledger.tests.given import keep_logs_in

from .given_log import given_logged_vote, staff_of
from .test_objections import PDF, object_to, picture
from .test_page_objections import given_publicity_now
from .visitors import body

pytestmark = pytest.mark.django_db


def desk_of(campaign, role: Role) -> Client:
    client = Client()
    client.force_login(staff_of(campaign, role), backend="minyi.agencies.backends.PostBackend")
    return client


def address(objection: Objection, name: str = "desk") -> str:
    return reverse(f"objection_{name}", args=[objection.pk])


def given_objection(**said: object) -> Objection:
    return object_to(given_publicity_now(), now=timezone.now(), **said)


def test_an_objection_goes_over_two_desks_and_is_answered():
    objection = given_objection(files=[picture(), Proof("document", ContentFile(PDF))])
    worker, leader = (desk_of(objection.campaign, role) for role in (Role.CASE_WORKER, Role.LEADER))
    assert "异议第 1 号" in body(worker.get(reverse("objections:index")))
    worker.post(address(objection, "accept"))
    worker.post(address(objection, "note"), {"text": "已调取记录", "is_internal": "1"})
    said = {"outcome": "dismissed", "answer": "经核查不属实。"}
    worker.post(address(objection, "propose"), said)
    assert "等待另一位" in body(worker.get(address(objection)))
    page = body(leader.get(address(objection)))
    assert "经核查不属实" in page
    assert "同意，办结并答复" in page
    leader.post(address(objection, "decide"))
    objection.refresh_from_db()
    assert (objection.state, objection.handler) == (
        "dismissed",
        staff_of(objection.campaign, Role.CASE_WORKER),
    )


def test_the_name_is_shown_once_to_who_investigates_and_to_nobody_else():
    objection = given_objection()
    for role in (Role.ORGANISER, Role.LEADER, Role.CASE_WORKER, Role.SUPERVISOR):
        page = body(desk_of(objection.campaign, role).get(address(objection)))
        assert "张三" not in page, role
        assert "13800000000" not in page, role
    worker = desk_of(objection.campaign, Role.CASE_WORKER)
    worker.post(address(objection, "accept"))
    shown = worker.post(address(objection, "contact"), {"purpose": "核实办事时间"})
    assert "张三" in body(shown)
    assert "no-store" in shown["Cache-Control"]
    assert "张三" not in body(worker.get(address(objection)))
    organiser = desk_of(objection.campaign, Role.ORGANISER)
    assert organiser.post(address(objection, "contact"), {"purpose": "x"}).status_code == 403


@pytest.mark.parametrize("role", [Role.JUROR, Role.EDITOR, Role.REVIEWER, Role.ADMINISTRATOR])
def test_who_has_nothing_to_do_with_objections_sees_none(role):
    objection = given_objection(files=[picture()])
    client = desk_of(objection.campaign, role)
    file = reverse("objection_file", args=[objection.files.get().pk])
    for path in (address(objection), file):
        assert client.get(path).status_code in (302, 403), path
    assert "异议第 1 号" not in body(client.get(reverse("objections:index"), follow=True))


def test_proofs_come_as_pictures_or_downloads_and_never_run():
    objection = given_objection(files=[picture(), Proof("document", ContentFile(PDF))])
    client = desk_of(objection.campaign, Role.CASE_WORKER)
    for file, kind in zip(objection.files.order_by("id"), ("inline", "attachment"), strict=True):
        answer = client.get(reverse("objection_file", args=[file.pk]))
        assert kind in answer.get("Content-Disposition", "inline")
        assert "sandbox" in answer["Content-Security-Policy"]
        b"".join(answer.streaming_content)


# --- Ballots --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("3", [(3, 4)]),
        ("12-30, 45", [(12, 31), (45, 46)]),
        ("45，12–30", [(12, 31), (45, 46)]),
    ],
)
def test_places_are_read_as_people_write_them(text, ranges):
    assert read_places(text) == ranges


def test_ballots_are_struck_out_over_two_desks(settings, tmp_path):
    keep_logs_in(settings, tmp_path)
    paper = given_logged_vote([1], [1], [2], now=timezone.now())
    worker, leader = (desk_of(paper.campaign, role) for role in (Role.CASE_WORKER, Role.LEADER))
    said = {"kind": "void", "places": "1-2", "rule": "manual", "reason": "同一软件批量发出"}
    evidence = SimpleUploadedFile("a.pdf", PDF, "application/pdf")
    page = worker.post(
        reverse("ballot_rule", args=[paper.campaign_id]),
        {**said, "evidence": evidence},
        follow=True,
    )
    assert "须由另一人确认" in body(page)
    ruling = Ruling.objects.get()
    assert worker.post(reverse("ruling_confirm", args=[ruling.pk])).status_code == 403
    assert "确认生效" in body(leader.get(reverse("ballot_desk", args=[paper.campaign_id])))
    leader.post(reverse("ruling_confirm", args=[ruling.pk]))
    logs.write_waiting(folder=paper.log)
    assert tally(paper.log).void_by_rule == {"manual": 2}


@pytest.mark.parametrize(
    "wrong",
    [{"places": "all"}, {"places": "9"}, {"evidence": None}, {"rule": "王五（示例）自己投的"}],
)
def test_what_is_wrong_with_a_ruling_is_told_and_nothing_happens(settings, tmp_path, wrong):
    keep_logs_in(settings, tmp_path)
    paper = given_logged_vote([1], now=timezone.now())
    said = {
        "kind": "quarantine",
        "places": "1",
        "rule": "manual",
        "reason": "经人工核对",
        "evidence": SimpleUploadedFile("a.pdf", PDF, "application/pdf"),
    }
    posted = {key: value for key, value in {**said, **wrong}.items() if value is not None}
    worker = desk_of(paper.campaign, Role.CASE_WORKER)
    page = body(worker.post(reverse("ballot_rule", args=[paper.campaign_id]), posted))
    assert f'value="{posted["places"]}"' in page
    assert ">经人工核对</textarea>" in page
    assert "请重新选择依据文件" in page
    assert not Ruling.objects.exists()


def test_places_and_figures_stay_hidden_while_counts_are(settings, tmp_path):
    keep_logs_in(settings, tmp_path)
    paper = given_logged_vote([1], [1], now=timezone.now(), count_mode="after_close")
    page = body(
        desk_of(paper.campaign, Role.SUPERVISOR).get(
            reverse("ballot_desk", args=[paper.campaign_id])
        )
    )
    assert "票数尚未公开" in page
    assert "收到选票" not in page
