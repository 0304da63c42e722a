# SPDX-License-Identifier: Apache-2.0
"""What an account decides to do with a message, from memory alone."""

import re

import pytest

from minyi.wechat.buttons import Button, write_draft
from minyi.wechat.callback.endpoints import open_endpoint
from minyi.wechat.callback.messages import MAX_TEXT_BYTES, read_message, text_reply
from minyi.wechat.conversation.phrases import write_phrases
from minyi.wechat.conversation.picks import Picks, read_picks
from minyi.wechat.conversation.planning import Lane, plan_for
from minyi.wechat.conversation.wording import asks_for_matters, asks_for_person
from minyi.wechat.queries.scripts import Answer, SceneGreeting, Script
from minyi.wechat.tests.given import (
    OPENID,
    SELECTION,
    event,
    given_account,
    given_round,
    text_message,
)


def answer(*words: str, is_exact: bool = False, kind: str = "text", text: str = "好") -> Answer:
    return Answer(words, is_exact, kind, text, "卡片", "摘要", "", "https://minyi.example/card")


def planned(sent: bytes | str, *, answers=(), campaigns=(SELECTION,), **script_and_options):
    menus = script_and_options.pop("menus", ())
    scenes = script_and_options.pop("scenes", ())
    people = frozenset(script_and_options.pop("with_person", ()))
    called = frozenset(script_and_options.pop("called", ()))
    script = Script(answers, scenes, menus, people, called)
    desk = open_endpoint(
        given_account(), campaigns, home_url="/", script=script, **script_and_options
    )
    xml = sent if isinstance(sent, bytes) else text_message(sent)
    return plan_for(desk.book, read_message(xml))


@pytest.mark.parametrize(
    ("said", "numbers"),
    [
        ("12", (12,)),
        ("１２", (12,)),
        ("12号", (12,)),
        ("投 3 7 12", (3, 7, 12)),
        ("投3、7，12", (3, 7, 12)),
        ("我要投 3号和7号", (3, 7)),
        ("投票给 ③", (3,)),
        ("投票：3", (3,)),
        ("支持12号。", (12,)),
        ("vote for 12", (12,)),
        ("投 " + " ".join(map(str, range(1, 21))), tuple(range(1, 21))),
    ],
)
def test_numbers_are_read_however_they_are_written(said, numbers):
    assert read_picks(said).numbers == numbers


@pytest.mark.parametrize(
    "said",
    [
        *("", "投票", "你好", "13800138000", "3楼在哪", "办了 3", "电话12345号", "我投的票呢"),
        *("1.2.3.4.5元", "12号窗口"),
    ],
)
def test_what_is_no_ballot_is_not_taken_for_one(said):
    assert read_picks(said) is None


def test_a_campaign_may_be_named_between_verb_and_numbers():
    assert read_picks("投 十佳窗口 3 7") == Picks((3, 7), "十佳窗口", True)
    assert read_picks("投“十佳窗口” 3") == Picks((3,), "十佳窗口", True)


def test_a_number_is_a_ballot_only_while_there_is_a_vote():
    assert planned("12", rounds=[given_round()]).errand == "vote"
    assert planned("12").lane is Lane.PERSON
    without = planned("投 12", campaigns=())
    assert (without.lane, "没有正在进行" in without.reply.said) == (Lane.ANSWERED, True)


def test_an_exact_reply_of_the_office_goes_before_a_ballot_and_a_loose_one_behind():
    exact = planned("12", answers=[answer("12", is_exact=True)], rounds=[given_round()])
    assert exact.reply.said == "好"
    assert planned("12", answers=[answer("1")], rounds=[given_round()]).errand == "vote"


def test_the_first_fitting_reply_is_the_one_sent():
    answers = [answer("停水", text="一"), answer("水", text="二"), answer("水费", is_exact=True)]
    assert planned("昨天停水了", answers=answers).reply.said == "一"
    assert planned("水质", answers=answers).reply.said == "二"
    assert planned("水费", answers=answers).reply.said == "好"


def test_a_reply_may_be_a_card_or_a_person():
    card = planned("预约", answers=[answer("预约", kind="card")])
    assert card.reply.articles[0].url == "https://minyi.example/card"
    person = planned("投诉", answers=[answer("投诉", kind="transfer")])
    assert (person.lane, person.calls) == (Lane.PERSON, True)


@pytest.mark.parametrize(
    "said", ["人工", "转人工", "人工服务", "我要人工客服", "找工作人员", "human"]
)
def test_asking_for_a_person(said):
    assert asks_for_person(said)
    plan = planned(said)
    assert (plan.lane, plan.calls) == (Lane.PERSON, True)


@pytest.mark.parametrize("said", ["进度", "我的", "查询", "查询进度", "我的选票"])
def test_asking_for_one_s_own_matters(said):
    assert asks_for_matters(said)
    assert planned(said).errand == "matters"


def test_a_campaign_is_found_by_part_of_its_name():
    assert planned("政务服务窗口").reply.articles[0].url == SELECTION.url
    assert planned("口").lane is Lane.PERSON  # one letter names nothing


@pytest.mark.parametrize(
    "said",
    ["帮助", "幫助", "?", "？", "？？", "怎么用", "怎么投票？", "菜单", "菜單", "Help", "help!"],
)
def test_a_word_for_help_is_answered_with_help(said):
    assert planned(said).reply.said.startswith("您可以回复")


@pytest.mark.parametrize(
    "said",
    [
        *("我的身份证丢了怎么办？", "请问几点上班?", "菜单里找不到社保", "can you help my mother"),
        *("为什么我的投票没有成功", "这个活动公平吗？", "", "。", "怎么"),
    ],
)
def test_a_question_is_read_by_a_person_and_answered_with_no_menu(said):
    plan = planned(said)
    assert (plan.lane, plan.reply.said.startswith("您的留言已收到")) == (Lane.PERSON, True)
    assert planned(said, called=[OPENID]).unless_taken is False  # the inbox says nothing then
    assert planned(said, with_person=[OPENID]).reply is None


@pytest.mark.parametrize(
    "said", ["投票", "我要投票", "评选活动", "評選", "候选人", "参加活动", "有什么活动？", "vote"]
)
def test_a_word_for_the_vote_shows_what_is_running(said):
    assert planned(said).reply.articles[0].url == SELECTION.url


@pytest.mark.parametrize(
    "said", ["取消", "退出", "不投", "不投了", "算了", "取消投票", "放棄", "Cancel", "quit!"]
)
def test_a_ballot_is_cancelled_by_any_usual_word(said):
    plan = planned(said, rounds=[given_round()])
    assert (plan.errand, plan.otherwise.lane) == ("cancel", Lane.ANSWERED)
    waiting = planned(said, rounds=[given_round()], called=[OPENID]).otherwise
    assert (waiting.lane, waiting.unless_taken) == (Lane.PERSON, True)
    assert planned(said).otherwise.lane is Lane.PERSON
    beside = planned(said, rounds=[given_round()], with_person=[OPENID])
    assert (beside.errand, beside.otherwise.reply) == ("cancel", None)


@pytest.mark.parametrize("said", ["取消通知", "我不想投诉", "取消预约", "退出登录怎么办"])
def test_what_cancels_something_else_is_no_word_about_a_ballot(said):
    assert planned(said, rounds=[given_round()]).errand != "cancel"


def test_while_a_person_is_there_the_robot_does_not_answer():
    plan = planned("投票", with_person=[OPENID], rounds=[given_round()])
    assert (plan.lane, plan.reply, plan.calls) == (Lane.PERSON, None, False)


def test_who_waits_for_a_person_gets_no_answer_from_memory_alone():
    plan = planned("投票", called=[OPENID])
    assert (plan.lane, plan.unless_taken, plan.reply.kind) == (Lane.PERSON, True, "news")
    assert planned("投票", called=["oSomebodyElse"]).lane is Lane.ANSWERED


def test_who_calls_again_hears_their_place_and_when_people_are_there():
    phrases = {"name": "示例", "welcome": "", "campaigns": [], "home_url": "/"}
    assert "前面还有 2 位" in write_phrases(**phrases).still_called.reply(2).said
    closed = write_phrases(**phrases, closed_until="11月23日 09:00").still_called.reply(0).said
    assert "第一位" in closed
    assert "11月23日 09:00起" in closed


def test_where_nobody_can_answer_no_person_is_promised_and_the_telephone_is_named():
    mute = open_endpoint(
        given_account(kind="SUB", is_verified=False, phone="0990-100%"),
        (),
        home_url="/",
        can_write=False,
    ).book.phrases
    for said in (
        *(mute.called.said, mute.help.said, mute.otherwise.said),
        *(mute.still_called.reply(0).said, mute.still_called.reply(2).said),
    ):
        assert "请拨打咨询电话：0990-100%。" in said
        assert "“人工”" not in said
        assert "会在这里答复" not in said
    phoneless = open_endpoint(given_account(), (), home_url="/", can_write=False).book.phrases
    assert "与主办单位联系" in phoneless.called.said


@pytest.mark.parametrize("said", ["投 12", "投票给 3、7", "vote for 12"])
def test_beside_a_person_an_explicit_ballot_is_still_a_ballot(said):
    assert planned(said, with_person=[OPENID], rounds=[given_round()]).errand == "vote"


@pytest.mark.parametrize("said", ["12", "3 7", "投 12 还是 13？", "我投的票呢"])
def test_beside_a_person_a_bare_number_or_a_question_is_said_to_them(said):
    plan = planned(said, with_person=[OPENID], rounds=[given_round()])
    assert (plan.lane, plan.errand) == (Lane.PERSON, "")


def test_a_ballot_is_confirmed_and_beside_a_person_only_by_the_whole_phrase():
    for said in ("确认", "确认投票", "確認！", "Confirm"):
        assert planned(said, rounds=[given_round()]).errand == "confirm"
    beside = {"with_person": [OPENID], "rounds": [given_round()]}
    assert planned("确认投票", **beside).errand == "confirm"
    assert planned("确认", **beside).lane is Lane.PERSON


def test_what_confirms_nothing_is_answered_as_any_other_word():
    during = planned("确认", rounds=[given_round()]).otherwise
    assert "没有等待您确认的选票" in during.reply.said
    assert planned("确认").otherwise.lane is Lane.PERSON
    set_by_office = [answer("确认", is_exact=True)]
    assert (
        planned("确认", answers=set_by_office, rounds=[given_round()]).otherwise.reply.said == "好"
    )


def help_text(*rounds):
    return planned("帮助", rounds=rounds).reply.said


def test_help_says_how_to_vote_by_the_rule_of_the_vote_that_is_open():
    exact = help_text(given_round(min_picks=3, max_picks=3))
    assert "“投 号码 号码 号码”" in exact
    assert "须选 3 项" in exact
    single = help_text(given_round(min_picks=1, max_picks=1))
    assert "“投 号码”" in single
    many = help_text(given_round(min_picks=5, max_picks=10))
    assert "“投 号码 号码 号码 ……”" in many
    assert "可选 5 至 10 项" in many
    assert "“投 活动名称 号码”" in help_text(given_round(), given_round(slug="other"))


def test_help_names_no_nominee_and_no_vote_where_none_is_open():
    assert re.search(r"“投 ?[0-9]", help_text(given_round())) is None
    assert "“投 " not in help_text()


def test_beside_a_person_nothing_is_a_ballot_while_there_is_no_vote():
    assert planned("投 12", with_person=[OPENID]).lane is Lane.PERSON


def test_a_code_has_its_own_welcome():
    scenes = [SceneGreeting("hall-3", "三号厅", "欢迎来到三号厅", "https://minyi.example/hall")]
    for name, key in (("subscribe", "qrscene_hall-3"), ("SCAN", "hall-3")):
        reply = planned(event(name, EventKey=key), scenes=scenes).reply
        assert reply.said.startswith("欢迎来到三号厅")
        assert 'href="https://minyi.example/hall"' in reply.said
    assert "感谢关注" in planned(event("subscribe", EventKey="qrscene_other")).reply.said
    assert planned(event("SCAN", EventKey="other"), scenes=scenes).reply is None


def test_a_menu_answers_with_its_text_or_as_if_its_words_were_written():
    reply = Button(name="地址", kind="reply", text="一号楼")
    menu = write_draft([Button(name="更多", sub=(reply,))])
    click = event("CLICK", EventKey=reply.key)
    assert planned(click, menus=[menu]).reply.said == "一号楼"
    assert planned(event("CLICK", EventKey="say:帮助")).reply.said.startswith("您可以回复")
    assert planned(event("CLICK", EventKey="say:人工")).calls


@pytest.mark.parametrize("length", [0, 100, MAX_TEXT_BYTES // 3, 5000])
def test_what_a_machine_wrote_says_so_however_long_it_is(length):
    reply = text_reply("答" * length, is_ai=True)
    text = reply.tail.decode()
    assert "（以上内容由人工智能生成，仅供参考）" in text
    cut = text.split("<![CDATA[")[1].split("]]>")[0]
    assert len(cut.encode()) <= MAX_TEXT_BYTES
    assert "人工智能" not in reply.late  # a customer-service message has a field for it
