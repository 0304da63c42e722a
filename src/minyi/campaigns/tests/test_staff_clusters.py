# SPDX-License-Identifier: Apache-2.0
"""The review desk: who sees clusters, what pictures tell, one decision for many, blind samples."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.campaigns.models import BlindSample, BlindVerdict, ClusterOpinion, Round, Ruling
from minyi.campaigns.queries.cluster_pictures import draw_pictures
from minyi.campaigns.queries.clusters import State, list_clusters
from minyi.campaigns.queries.reviewers import agreement, workloads
from minyi.integrity.models import Visit
from minyi.ledger.queries.logs import tally
from minyi.ledger.services import logs
from minyi.ledger.tests.given import keep_logs_in

from .given import given_campaign, given_staff
from .given_log import PICTURE, given_cluster, given_logged_vote, staff_of
from .visitors import body

pytestmark = pytest.mark.django_db
OTHERS_NOTE = "集中在凌晨，机型只有一种"


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


def given_vote(**fields: object) -> Round:
    return given_logged_vote(*[[1]] * 8, [2], now=timezone.now(), **fields)


def desk_of(paper: Round, role: Role) -> Client:
    client = Client()
    user = staff_of(paper.campaign, role)
    client.force_login(user, backend="minyi.agencies.backends.PostBackend")
    return client


def list_of(paper: Round) -> str:
    return reverse("cluster_list", args=[paper.campaign_id])


def page_of(cluster) -> str:
    return reverse("cluster", args=[cluster.pk])


# --- The list -------------------------------------------------------------------------------------


def test_the_list_shows_state_candidate_expectation_opinions_and_the_last_day():
    paper = given_vote()
    held = given_cluster(paper, [(1, 4)], now=timezone.now())
    given_cluster(paper, [(4, 6)], held=False)
    reviewer = staff_of(paper.campaign, Role.SUPERVISOR)
    ClusterOpinion.objects.create(
        cluster=held, reviewer=reviewer, opinion="brushed", given_at=timezone.now()
    )
    page = body(desk_of(paper, Role.CASE_WORKER).get(list_of(paper)))
    for words in (
        "已列入核查",
        "仅供查看",
        "超出误扣上限",
        "示例窗口1",
        "2.4",
        "满 7 天无认定即解除",
    ):
        assert words in page
    assert str(reviewer) in page
    assert "属刷票" not in page.split("已提意见")[1].split("</tbody>")[0]


def test_the_first_screen_says_what_waits_and_until_when_to_who_may_decide():
    paper = given_vote()
    given_cluster(paper, now=timezone.now())
    for role in (Role.CASE_WORKER, Role.LEADER):
        page = body(desk_of(paper, role).get(reverse("wagtailadmin_home")))
        assert "有 1 群选票等待核查" in page
        assert "（7 天后）自动解除" in page
    organiser = desk_of(paper, Role.ORGANISER).get(reverse("wagtailadmin_home"))
    assert "群选票等待核查" not in body(organiser)


def test_the_list_is_narrowed_and_sorted_by_its_address():
    paper = given_vote()
    given_cluster(paper, [(1, 3)])
    given_cluster(paper, [(3, 8)], held=False, rules="machine_hall")
    worker = desk_of(paper, Role.CASE_WORKER)
    shown = body(worker.get(list_of(paper), {"state": "shown"}))
    assert "第 2 号</a>" in shown
    assert "第 1 号</a>" not in shown
    assert "第 1 号</a>" not in body(worker.get(list_of(paper), {"rule": "machine_hall"}))
    largest_first = body(worker.get(list_of(paper), {"order": "ballots"}))
    assert largest_first.index("第 2 号</a>") < largest_first.index("第 1 号</a>")
    assert "没有符合筛选条件" in body(worker.get(list_of(paper), {"whose": "confirm"}))


def test_a_vote_without_clusters_says_so():
    paper = given_vote()
    assert "还没有发现选票群" in body(desk_of(paper, Role.CASE_WORKER).get(list_of(paper)))


def test_the_list_asks_the_database_as_often_for_forty_clusters_as_for_one(
    django_assert_max_num_queries,
):
    paper = given_vote()
    worker = desk_of(paper, Role.CASE_WORKER)
    for number in range(40):
        given_cluster(paper, [(1, 3)], held=number == 0)
    worker.get(list_of(paper))
    with django_assert_max_num_queries(50):
        worker.get(list_of(paper))


def test_the_state_of_a_cluster_follows_from_the_log():
    paper = given_vote()
    cluster = given_cluster(paper, [(1, 3)])
    worker, leader = (desk_of(paper, role) for role in (Role.CASE_WORKER, Role.LEADER))

    def state() -> State:
        return list_clusters(paper=paper, shows_counts=True)[0].state

    def decide(kind: str) -> None:
        address = reverse("cluster_decide", args=[paper.campaign_id])
        worker.post(address, {"cluster": [cluster.pk], "kind": kind, "reason": "核查情况（示例）"})
        logs.write_waiting(folder=paper.log)

    def confirm() -> None:
        lot = Ruling.objects.filter(state="proposed").get().of_cluster.lot
        leader.post(reverse("lot_confirm", args=[lot]))
        logs.write_waiting(folder=paper.log)

    assert state() == State.HELD
    decide("void")
    assert state() == State.WAITING
    confirm()
    assert state() == State.VOIDED
    decide("restore")
    confirm()
    assert state() == State.RELEASED


def test_a_burst_is_watched_even_where_ballots_of_it_are_held_in_another_cluster():
    paper = given_vote()
    given_cluster(paper, [(1, 3)])
    given_cluster(paper, [(1, 9)], held=False, source="stream", not_held="watched")
    states = [line.state for line in list_clusters(paper=paper, shows_counts=True)]
    assert states == [State.HELD, State.WATCHING]


def test_a_burst_says_what_it_is_and_which_honest_voting_looks_the_same():
    paper = given_vote()
    burst = given_cluster(paper, [(1, 9)], held=False, source="stream", rules="burst")
    page = body(desk_of(paper, Role.CASE_WORKER).get(page_of(burst)))
    assert "短时间内远多于平时" in page
    assert "现场扫码、群聊传播、公众号推送带来的人" in page


def test_beside_the_expectation_stands_what_the_candidate_received_at_that_time():
    paper = given_vote()
    first = PICTURE["timeline"][2][0] + 30_000  # within the third minute of six
    cluster = given_cluster(paper, [(1, 4)], first_ms=first, last_ms=first + 60_000)
    page = body(desk_of(paper, Role.CASE_WORKER).get(page_of(cluster)))
    assert "同期实收 13 张" in page  # 2 and 11


def test_no_decision_is_chosen_before_somebody_chooses():
    paper = given_vote()
    cluster = given_cluster(paper, [(1, 4)], held=True)
    desk = desk_of(paper, Role.CASE_WORKER)
    for page in (body(desk.get(list_of(paper))), body(desk.get(page_of(cluster)))):
        choice = page.split('<select id="kind"')[1].split("</select>")[0]
        assert 'required><option value="">请选择' in choice
        assert " selected" not in choice


# --- One decision for many ------------------------------------------------------------------------


def test_three_clusters_are_struck_out_over_two_desks_and_one_is_taken_back():
    paper = given_vote()
    found = [given_cluster(paper, [(low, low + 2)]) for low in (1, 3, 5)]
    worker, leader = (desk_of(paper, role) for role in (Role.CASE_WORKER, Role.LEADER))
    said = {"cluster": [one.pk for one in found], "kind": "void", "reason": "同一软件批量发出"}
    page = body(worker.post(reverse("cluster_decide", args=[paper.campaign_id]), said, follow=True))
    assert "3 群、6 张选票，须另一人确认" in page
    assert "全部撤回" in page
    assert "全部确认生效" not in page
    ruling = found[1].rulings.get().ruling_id
    worker.post(reverse("cluster_withdraw", args=[ruling]))
    page = body(leader.get(list_of(paper)))
    assert "2 群，4 张" in page
    lot = found[0].rulings.get().lot
    assert "已确认 2 群、4 张" in body(leader.post(reverse("lot_confirm", args=[lot]), follow=True))
    logs.write_waiting(folder=paper.log)
    assert (tally(paper.log).void, tally(paper.log).quarantined) == (4, 2)


def test_all_that_a_filter_finds_is_decided_at_once():
    paper = given_vote()
    for low in (1, 3):
        given_cluster(paper, [(low, low + 2)])
    given_cluster(paper, [(5, 7)], rules="machine_hall")
    said = {"all": "1", "query": "rule=same_tempo", "kind": "release", "reason": "会场扫码"}
    worker = desk_of(paper, Role.CASE_WORKER)
    address = reverse("cluster_decide", args=[paper.campaign_id])
    assert "已办理：2 群、4 张选票" in body(worker.post(address, said, follow=True))
    logs.write_waiting(folder=paper.log)
    assert tally(paper.log).quarantined == 2


@pytest.mark.parametrize(
    ("wrong", "words"),
    [({"reason": ""}, "理由"), ({"cluster": []}, "没有选中"), ({"kind": "delete"}, "没有选中")],
)
def test_what_is_wrong_with_a_decision_is_told_and_nothing_happens(wrong, words):
    paper = given_vote()
    cluster = given_cluster(paper)
    said = {"cluster": [cluster.pk], "kind": "void", "reason": "核查（示例）", **wrong}
    address = reverse("cluster_decide", args=[paper.campaign_id])
    page = body(desk_of(paper, Role.CASE_WORKER).post(address, said, follow=True))
    assert words in page
    assert not Ruling.objects.filter(kind="void").exists()


# --- One cluster ----------------------------------------------------------------------------------


def test_every_picture_has_its_table_and_nobody_is_named():
    paper = given_vote()
    cluster = given_cluster(paper, [(1, 4)], rules="same_phones|account_lot")
    ballot = paper.ballots.order_by("id").first()
    Visit.objects.create(
        round_id=paper.pk, voter_ref=ballot.voter_ref, at_ms=1, door="fd00:3f2a:1:1::", model="M61"
    )
    page = body(desk_of(paper, Role.CASE_WORKER).get(page_of(cluster)))
    for words in (
        "时间走势",
        "与其他选票比较",
        "关系图",
        "分享关系",
        "地区分布",
        "对得票的影响",
        "成员",
    ):
        assert words in page
    assert 'data-chart="line"' in page
    assert "90.0%" in page  # of this cluster came from one model, one in a hundred elsewhere
    assert page.count("<circle") == 4
    assert "网络 3f2a" in page
    assert "看起来一样的正常投票" in page
    assert ballot.voter_ref not in page
    assert "不收集投票人所在的省市" in page


def test_what_is_not_known_is_said_and_breaks_nothing():
    paper = given_vote()
    cluster = given_cluster(paper, picture={}, evidence=None, rules="a_rule_of_tomorrow")
    page = body(desk_of(paper, Role.CASE_WORKER).get(page_of(cluster)))
    for words in ("没有时间走势数据", "没有特征数据", "没有可画的关系", "没有分享关系"):
        assert words in page


def test_with_and_without_these_ballots_the_candidate_stands_otherwise():
    paper = given_logged_vote([1], [1], [1], [2], [2], now=timezone.now())
    cluster = given_cluster(paper, [(1, 3)])
    page = body(desk_of(paper, Role.CASE_WORKER).get(page_of(cluster)))
    table = page.split('id="race"')[1].split("</table>")[0]
    found = re.findall(r'is-number">(\d+)</td>', table)
    assert found == ["1", "2", "1", "2", "3", "1"]  # votes and rank: now, without, with


def test_while_counts_are_hidden_neither_candidate_nor_places_nor_times_are_shown():
    paper = given_vote(count_mode="after_close")
    cluster = given_cluster(paper, [(1, 4)])
    worker = desk_of(paper, Role.CASE_WORKER)
    for address in (list_of(paper), page_of(cluster)):
        page = body(worker.get(address))
        assert "票数尚未公开" in page
        assert "示例窗口1" not in page
        assert "账本序号</th>" not in page
        assert "预期</th>" not in page
        assert 'data-chart="line"' not in page


@pytest.mark.parametrize("mode", ["after_close", "scheduled"])
def test_while_counts_are_hidden_evidence_is_neither_named_nor_handed_out(mode):
    paper = given_vote(count_mode=mode, **({"count_hours": [0]} if mode == "scheduled" else {}))
    cluster = given_cluster(paper, [(1, 4)])
    worker = desk_of(paper, Role.CASE_WORKER)
    file = reverse("ballot_evidence", args=[cluster.evidence_id])
    for address in (page_of(cluster), reverse("ballot_desk", args=[paper.campaign_id])):
        page = body(worker.get(address))
        assert cluster.evidence.sha256[:16] in page
        assert cluster.evidence.name not in page  # screening's files are named by the candidate
        assert file not in page
    refused = worker.get(file)
    assert refused.status_code == 409
    assert "票数公布之前" in body(refused)


def test_the_drawing_is_the_same_each_time_and_needs_no_part():
    assert draw_pictures(PICTURE, shows_counts=True) == draw_pictures(PICTURE, shows_counts=True)
    assert draw_pictures({}, shows_counts=True).network is None
    drawn = draw_pictures(PICTURE, shows_counts=True)
    assert [branch.doors for branch in drawn.tree] == [(("网络 3f2a", 12),)]
    assert not draw_pictures(PICTURE, shows_counts=False).timeline


# --- Opinions -------------------------------------------------------------------------------------


def test_nobody_sees_others_opinions_before_giving_their_own():
    paper = given_vote()
    cluster = given_cluster(paper)
    worker, supervisor = (desk_of(paper, role) for role in (Role.CASE_WORKER, Role.SUPERVISOR))
    speak = reverse("cluster_speak", args=[cluster.pk])
    supervisor.post(speak, {"opinion": "brushed", "note": OTHERS_NOTE})
    assert OTHERS_NOTE not in body(worker.get(page_of(cluster)))
    assert OTHERS_NOTE in body(desk_of(paper, Role.LEADER).get(page_of(cluster)))
    page = body(worker.post(speak, {"opinion": "genuine"}, follow=True))
    assert OTHERS_NOTE in page
    assert "撤回我的意见" in page
    worker.post(reverse("cluster_unsay", args=[cluster.pk]))
    assert ClusterOpinion.objects.filter(withdrawn_at=None).count() == 1


def test_agreement_counts_the_first_opinion_of_each_and_work_is_counted_per_person():
    paper = given_vote()
    first, second = given_cluster(paper, [(1, 3)]), given_cluster(paper, [(3, 5)])
    people = [given_staff(paper.campaign.agency, Role.CASE_WORKER) for _ in range(2)]
    now = timezone.now()
    for cluster, opinion in ((first, "brushed"), (second, "genuine")):
        for person in people:
            ClusterOpinion.objects.create(
                cluster=cluster, reviewer=person, opinion=opinion, given_at=now
            )
    assert agreement(paper.campaign_id).kappa == 1
    mine = ClusterOpinion.objects.get(cluster=second, reviewer=people[0])
    mine.withdrawn_at = now
    mine.save()
    ClusterOpinion.objects.create(
        cluster=second, reviewer=people[0], opinion="brushed", given_at=now
    )
    found = agreement(paper.campaign_id)
    assert (found.kappa, str(found.words), found.items) == (1, "几乎完全一致", 2)
    assert [one.opinions for one in workloads(paper.campaign_id)] == [3, 2]


# --- Blind samples --------------------------------------------------------------------------------


def given_blind(paper: Round, *places: int) -> list[BlindSample]:
    return [
        BlindSample.objects.create(
            round=paper, place=place, is_held=place < 4, drawn_at=timezone.now()
        )
        for place in places
    ]


def test_a_sample_is_shown_without_what_the_engine_thinks():
    paper = given_vote()
    given_cluster(paper, [(1, 4)])
    given_blind(paper, 1)
    address = reverse("blind_samples", args=[paper.campaign_id])
    page = body(desk_of(paper, Role.CASE_WORKER).get(address)).split("<main")[1]
    assert "请判断这张选票" in page
    judged = page.split('id="sample"')[1].split('id="estimate"')[0]
    for telling in ("操作节奏", "已列入核查", "账本序号", "第 1 号"):
        assert telling not in judged


def test_one_verdict_leads_to_the_next_sample_until_none_is_left():
    paper = given_vote()
    samples = given_blind(paper, 1, 7)
    worker = desk_of(paper, Role.CASE_WORKER)
    address = reverse("blind_samples", args=[paper.campaign_id])
    for left in (2, 1):
        page = body(worker.get(address))
        assert f"还有 {left} 张" in page
        judge = re.findall(r'action="(/staff/ballots/samples/\d+/judge/)"', page)[0]
        worker.post(judge, {"opinion": "genuine"})
    assert "现在没有待您判断的选票" in body(worker.get(address))
    assert BlindVerdict.objects.count() == len(samples)
    assert "95 % 置信区间：20.7% 至 100.0%" in body(worker.get(address))


# --- Who may what ---------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.JUROR, Role.EDITOR, Role.REVIEWER, Role.ADMINISTRATOR])
def test_who_has_nothing_to_do_with_ballots_sees_none_of_it(role):
    paper = given_vote()
    cluster = given_cluster(paper)
    client = desk_of(paper, role)
    samples = reverse("blind_samples", args=[paper.campaign_id])
    for address in (list_of(paper), page_of(cluster), samples):
        assert client.get(address).status_code in (302, 403), address


def test_who_may_look_but_not_rule_finds_no_button_and_no_way_round():
    paper = given_vote()
    cluster = given_cluster(paper)
    (sample,) = given_blind(paper, 7)
    for role in (Role.ORGANISER, Role.LEADER):
        client = desk_of(paper, role)
        assert "提交</button>" not in body(client.get(page_of(cluster)))
        said = {"cluster": [cluster.pk], "kind": "release", "reason": "x", "opinion": "genuine"}
        for name, number in (
            ("cluster_decide", paper.campaign_id),
            ("cluster_speak", cluster.pk),
            ("blind_judge", sample.pk),
        ):
            assert client.post(reverse(name, args=[number]), said).status_code == 403, name
    assert tally(paper.log).quarantined == 2


def test_another_office_sees_and_changes_nothing():
    paper = given_vote()
    cluster = given_cluster(paper)
    elsewhere = Client()
    user = given_staff(given_campaign().agency, Role.SUPERVISOR)
    elsewhere.force_login(user, backend="minyi.agencies.backends.PostBackend")
    for address in (list_of(paper), page_of(cluster)):
        assert elsewhere.get(address).status_code == 404
    assert elsewhere.post(reverse("cluster_speak", args=[cluster.pk])).status_code == 404
