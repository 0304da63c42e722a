# SPDX-License-Identifier: Apache-2.0
"""Voting by chat: one way into the ballot box, its rules in words, and no pick beside a name."""

import asyncio
import json
import sqlite3
import threading
import time
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from ballotbox.app import BallotApp, open_store
from ballotbox.box import BallotBox
from ballotbox.sequencer import NoSeal, ThreadSequencer
from ballotbox.settings import Settings
from ballotbox.sqlite import SqliteStore
from minyi.campaigns.models import Ballot, Campaign, Round
from minyi.campaigns.tests.given import given_campaign, given_open_round
from minyi.core.outbox_worker import Worker
from minyi.wechat.callback.answering import Answered
from minyi.wechat.callback.endpoints import read_endpoints
from minyi.wechat.callback.errands import Errands
from minyi.wechat.callback.messages import MAX_TEXT_BYTES
from minyi.wechat.callback.recorder import record_batch
from minyi.wechat.conversation.ballot_words import ask_to_confirm
from minyi.wechat.models import (
    ChatMessage,
    Contact,
    Conversation,
    Outgoing,
    Scene,
    UnconfirmedBallot,
)
from minyi.wechat.tests.given import (
    OPENID,
    SECRETS,
    event,
    given_account,
    given_endpoint,
    given_official_account,
    given_round,
    plain_query,
    sealed_post,
    text_message,
)
from minyi.wechat.tests.posting import Line
from minyi.wechat.tests.reading import opened

pytestmark = pytest.mark.django_db(transaction=True)


_chats: list["Chat"] = []


@pytest.fixture
def account(settings):
    settings.PUBLIC_URL = "https://minyi.example"
    yield given_official_account()
    while _chats:
        chat = _chats.pop()
        chat.run(chat.box.stop())
        chat.close()


def given_vote(account, slug="windows", **fields):
    now = timezone.now()
    campaign = given_campaign(now=now, agency=account.agency, account=account, slug=slug, **fields)
    return given_open_round(campaign, now=now, nominees=4)


class MemoryStore(SqliteStore):
    """The ballot box's own store, on the tests' database in memory."""

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(
            self._path, uri=True, isolation_level=None, check_same_thread=False, timeout=5
        )


def ballot_box() -> BallotApp:
    name = str(connection.settings_dict["NAME"])
    options = Settings(database_url="", ticket_key=settings.TICKET_KEY.encode())

    def make_box() -> BallotBox:
        if connection.vendor == "postgresql":
            url = urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
            store = open_store(url)
        else:
            store = MemoryStore(name)
        sequencer = ThreadSequencer(store, NoSeal())
        return BallotBox(store=store, sequencer=sequencer, queue_limit=100)

    return BallotApp(options, make_box)


class Chat(Line):
    """A citizen who writes to the account; the whole product behind it."""

    def __init__(self, *endpoints, answerer=None, **options):
        now = timezone.now()
        known = endpoints or tuple(
            read_endpoints(
                secrets=SECRETS, public_url="https://minyi.example", language="zh-hans", now=now
            ).items()
        )
        self.box = ballot_box()
        errands = Errands(find_answerer=lambda: answerer, ballots=httpx.ASGITransport(app=self.box))
        super().__init__(*known, record=record_batch, errands=errands, **options)
        _chats.append(self)

    def say(self, words: str) -> str:
        return self.send_in(text_message(words))

    def vote(self, words: str, confirm: str = "确认") -> str:
        """Write numbers and confirm them; return the answer to that."""
        self.say(words)
        return self.say(confirm)

    def send_in(self, xml: bytes) -> str:
        answer = self.post(*sealed_post(xml))
        assert answer.status_code == 200, answer.text
        self.close()
        return "" if answer.content == b"success" else opened(answer.content)["Content"]


def picks() -> list[list[int]]:
    return [json.loads(ballot.picks) for ballot in Ballot.objects.order_by("id")]


def test_numbers_are_read_aloud_and_cast_only_when_confirmed(account):
    given_vote(account)
    chat = Chat()
    asked = chat.say("3、１")
    assert "3 号 示例窗口3\n1 号 示例窗口1" in asked
    assert "回复“确认”投票" in asked
    assert "每人只能投一次" in asked
    assert not Ballot.objects.exists()
    answer = chat.say("确认")
    ballot = Ballot.objects.get()
    assert json.loads(ballot.picks) == [1, 3]
    assert f"回执：{ballot.receipt}" in answer
    assert "https://minyi.example/c/windows/ballot/" in answer


def test_a_verb_does_not_skip_the_names_for_a_ballot_is_final(account):
    given_vote(account)
    chat = Chat()
    assert "2 号 示例窗口2" in chat.say("投 2")
    assert not Ballot.objects.exists()
    assert "选票已经收到" in chat.say("确认投票")


def test_who_mistyped_writes_other_numbers_and_the_last_ones_count(account):
    given_vote(account)
    chat = Chat()
    chat.say("1")
    chat.vote("4")
    assert picks() == [[4]]


@pytest.mark.parametrize("second", ["投 1 77", "1 1", "1 2 3", "投 没有这项活动 1"])
def test_another_choice_voids_the_first_even_when_it_is_refused(account, second):
    given_vote(account)
    chat = Chat()
    chat.say("投 1 2")
    chat.say(second)
    assert "没有等待您确认的选票" in chat.say("确认")
    assert not Ballot.objects.exists()


def test_too_few_numbers_void_the_ballot_that_waits(account):
    paper = given_vote(account)
    Round.objects.filter(pk=paper.pk).update(min_picks=2)
    chat = Chat()
    chat.say("投 1 2")
    assert "须选 2 项" in chat.say("投 3")
    assert "99 号不在" in chat.say("99")
    assert "没有等待您确认的选票" in chat.say("确认")
    assert not Ballot.objects.exists()


@pytest.mark.parametrize("word", ["取消", "退出", "不投了", "算了", "放棄", "cancel"])
def test_who_cancels_is_told_that_nothing_counts_and_a_later_yes_casts_nothing(account, word):
    given_vote(account)
    chat = Chat()
    assert "回复“取消”则不投" in chat.say("投 1 2")
    assert "选票作废，没有计票" in chat.say(word)
    assert "没有等待您确认的选票" in chat.say("确认")
    assert "没有等待您确认的选票" in chat.say(word)
    assert not Ballot.objects.exists()


def test_beside_a_person_a_ballot_is_cancelled_and_any_other_cancelling_is_theirs(account):
    given_vote(account)
    Chat().say("人工")
    Conversation.objects.update(state="person", unread=0)
    chat = Chat()
    chat.say("投 3")
    assert "选票作废" in chat.say("取消")
    assert Conversation.objects.get().unread == 0
    assert chat.say("取消") == ""
    assert Conversation.objects.get().unread == 1


def test_a_ballot_that_is_cast_is_not_cancelled_and_not_said_to_be(account):
    given_vote(account)
    chat = Chat()
    chat.vote("2")
    answer = chat.say("取消")
    assert "没有改变它" in answer
    assert "https://minyi.example/c/windows/ballot/" in answer
    assert picks() == [[2]]


def test_the_receipt_names_who_was_voted_for_to_the_voter_alone(account):
    given_vote(account)
    answer = Chat().vote("投 3 1")
    assert "3 号 示例窗口3\n1 号 示例窗口1\n回执：" in answer
    assert not ChatMessage.objects.filter(text__contains="示例窗口").exists()


def test_a_question_while_somebody_waits_for_a_person_is_kept_without_an_answer(account):
    Chat().say("人工")
    slug, endpoint = asking_desk()
    book = replace(endpoint.book, called=frozenset({OPENID}))
    machine = SlowAnswerer()
    for chat in (Chat(), Chat((slug, replace(endpoint, book=book)), answerer=machine)):
        later = int(time.time()) + 5  # what comes in the second of the call counts as the call
        question = text_message("我的身份证丢了怎么办？", CreateTime=later)
        assert chat.send_in(question) == ""
    assert machine.asked == []
    assert Conversation.objects.get().unread == 3


def test_confirmed_twice_it_counts_once_and_the_receipt_is_the_same(account):
    given_vote(account)
    chat = Chat()
    first = chat.vote("2")
    assert chat.say("确认") == first
    assert Chat().say("确认") == first  # another process
    assert picks() == [[2]]


def test_what_waits_for_a_yes_survives_a_restart_but_not_ten_minutes(account, monkeypatch):
    given_vote(account)
    Chat().say("2")
    later = timezone.now() + timedelta(minutes=11)
    with monkeypatch.context() as patch:
        patch.setattr("minyi.wechat.callback.errands.timezone.now", lambda: later)
        assert "没有等待您确认的选票" in Chat().say("确认")
    assert not Ballot.objects.exists()
    assert "选票已经收到" in Chat().say("确认")


def test_what_nobody_confirmed_is_swept_away_when_its_time_is_over(account):
    given_vote(account)
    Chat().say("2")
    for minutes, left in ((10, 1), (12, 0)):
        now = timezone.now() + timedelta(minutes=minutes)
        Worker(clock=lambda now=now: now).run_due()
        assert UnconfirmedBallot.objects.count() == left


def test_a_yes_of_somebody_else_casts_nothing(account):
    given_vote(account)
    chat = Chat()
    chat.say("2")
    answer = chat.send_in(text_message("确认", FromUserName="oSomebodyElse"))
    assert "没有等待您确认的选票" in answer
    assert not Ballot.objects.exists()


def test_a_yes_after_the_vote_has_ended_casts_nothing_and_says_so(account):
    paper = given_vote(account)
    chat = Chat()
    chat.say("2")
    Round.objects.filter(pk=paper.pk).update(closes_ms=paper.opens_ms + 1)
    assert "没有计票" in chat.say("确认")
    assert not Ballot.objects.exists()


def test_a_yes_beside_which_nothing_waits_goes_to_a_person_like_any_word(account):
    assert Chat().say("确认").startswith("您的留言已收到")
    assert Conversation.objects.get().unread == 1


def test_neither_picks_nor_receipt_are_kept_beside_the_voter(account):
    given_vote(account)
    chat = Chat()
    chat.send_in(text_message("投 3"))
    waiting = UnconfirmedBallot.objects.get()
    assert OPENID not in f"{waiting.who} {waiting.sealed}"
    chat.say("确认")
    ballot = Ballot.objects.get()
    kept = str(list(ChatMessage.objects.values())) + str(list(Contact.objects.values()))
    assert "投 3" not in kept
    assert "示例窗口3" not in kept
    assert ballot.receipt not in kept
    assert ballot.nonce not in kept
    told = ChatMessage.objects.filter(direction="in").order_by("id").values_list("text", flat=True)
    assert list(told) == ["（在对话中写了选票，内容不留存）", "确认"]


def test_beside_a_person_a_ballot_is_cast_and_hidden_from_them(account):
    given_vote(account)
    Chat().say("人工")
    Conversation.objects.update(state="person", unread=0)
    chat = Chat()
    assert "回复“确认投票”投票" in chat.say("投 3")
    assert chat.say("确认") == ""  # it may answer what the person asked
    assert "选票已经收到" in chat.say("确认投票")
    assert chat.say("2") == ""
    assert picks() == [[3]]
    told = ChatMessage.objects.filter(direction="in").order_by("id").values_list("text", flat=True)
    assert list(told) == ["人工", "（在对话中写了选票，内容不留存）", "确认", "确认投票", "2"]
    assert Conversation.objects.get().unread == 2


def test_a_ballot_delivered_twice_even_to_two_processes_counts_once(account):
    given_vote(account)
    numbers, yes = text_message("投 2"), text_message("确认")
    assert Chat().send_in(numbers) == Chat().send_in(numbers)
    first, second = Chat().send_in(yes), Chat().send_in(yes)
    assert picks() == [[2]]
    assert first == second  # the same receipt: WeChat's second attempt is no second vote


def test_who_has_voted_is_told_so_before_they_confirm_again(account):
    given_vote(account)
    chat = Chat()
    chat.vote("2")
    answer = chat.say("3")
    assert "没有改变它" in answer
    assert 'href="https://minyi.example/c/windows/ballot/"' in answer
    assert picks() == [[2]]


def test_the_longest_ballot_of_long_names_still_says_how_to_confirm():
    names = dict.fromkeys(range(1, 41), "示例" * 60)
    asked = ask_to_confirm(given_round(max_picks=40), picks=range(1, 41), names=names, word="确认")
    whole = asked.tail.decode().split("<![CDATA[")[1].split("]]>")[0]
    assert len(whole.encode()) <= MAX_TEXT_BYTES
    assert "\n40 号 示例" in whole
    assert whole.endswith("即作废。")


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ("投 1 2 3", "最多选择 2 项"),
        ("投 1 1", "选择了多次"),
        ("投 9", "9 号不在"),
    ],
)
def test_the_box_s_refusal_is_told_with_the_rule_and_a_link(account, said, part):
    given_vote(account)
    answer = Chat().say(said)
    assert part in answer
    assert not UnconfirmedBallot.objects.exists()
    assert "可选 1 至 2 项" in answer
    assert 'href="https://minyi.example/c/windows/nominees/"' in answer
    assert not Ballot.objects.exists()


def test_with_two_votes_open_one_is_asked_which_and_may_name_it(account):
    given_vote(account, title="窗口评议（示例）")
    given_vote(account, slug="doctors", title="医生评议（示例）")
    chat = Chat()
    answer = chat.say("投 2")
    assert "窗口评议（示例）" in answer
    assert "https://minyi.example/c/doctors/nominees/" in answer
    assert not Ballot.objects.exists()
    assert "回复“投 医生评议（示例） 号码 号码”" in answer
    chat.vote("投 医生评议 2")
    assert Ballot.objects.get().round.campaign.slug == "doctors"


def test_a_paused_or_finished_vote_takes_no_ballot(account):
    paper = given_vote(account)
    chat = Chat()  # the endpoint still believes in an open vote
    paper.paused = True
    paper.save()
    assert "没有正在进行的投票" in chat.say("投 2")
    assert not Ballot.objects.exists()


def test_a_vote_of_another_account_is_none_here(account):
    other = given_official_account(slug="other", appid="wx2")
    given_vote(other)
    assert "没有正在进行" in Chat().say("投 2")
    assert not Ballot.objects.exists()


def test_once_a_day_says_when_to_come_again(account):
    given_vote(account, frequency=Campaign.Frequency.DAY)
    chat = Chat()
    assert "明天可以再投" in chat.vote("2")
    assert "您今天的选票已" in chat.say("3")
    assert picks() == [[2]]


def test_in_plain_mode_nothing_vouches_for_the_words_so_no_ballot_is_cast(account):
    given_vote(account)
    endpoint = given_endpoint(given_account(mode="plain", aes_key=""), rounds=[given_round()])
    answer = Chat(endpoint).post(plain_query(), text_message("投 2"))
    assert "没有计票" in answer.text
    assert not Ballot.objects.exists()


def test_one_s_matters_are_told_without_the_picks(account):
    given_vote(account)
    chat = Chat()
    assert "没有查到" in chat.say("进度")
    chat.vote("投 2")
    answer = chat.say("进度")
    assert "已收到，回执" in answer
    assert 'href="https://minyi.example/c/windows/ballot/"' in answer
    receipt = Ballot.objects.get().receipt
    assert not ChatMessage.objects.filter(text__contains=receipt).exists()


def test_a_nominee_is_found_by_name(account):
    given_vote(account)
    answer = Chat().post(*sealed_post(text_message("示例窗口2")))
    assert opened(answer.content)["ArticleCount"] == "1"


# --- Slow answers -----------------------------------------------------------------------------


class SlowAnswerer:
    """Somebody who knows an answer, after a while."""

    def __init__(self, takes_s: float = 0.0, text: str | None = "办理护照请到二楼") -> None:
        self.takes_s, self.text, self.asked = takes_s, text, []

    def answer(self, *, account, openid, question):
        time.sleep(self.takes_s)
        self.asked.append(question)
        return Answered(self.text, is_ai=True) if self.text else None


def test_an_answer_in_time_is_the_reply_and_carries_the_mark(account):
    chat = Chat(asking_desk(), answerer=SlowAnswerer())
    answer = chat.say("护照怎样办理")
    assert answer == "办理护照请到二楼\n（以上内容由人工智能生成，仅供参考）"
    assert ChatMessage.objects.get(direction="out").is_ai


def test_a_late_answer_is_acknowledged_in_time_and_sent_once_later(account):
    slow = SlowAnswerer(takes_s=0.4)
    chat = Chat(asking_desk(), answerer=slow, deadline_s=0.05)
    sent = text_message("护照怎样办理")
    assert chat.send_in(sent) == ""
    assert chat.send_in(sent) == ""  # WeChat's second attempt
    outgoing = Outgoing.objects.get()
    assert (outgoing.text, outgoing.is_ai) == ("办理护照请到二楼", True)
    assert slow.asked == ["护照怎样办理"]


def test_what_the_answerer_does_not_know_goes_to_a_person(account):
    chat = Chat(asking_desk(), answerer=SlowAnswerer(text=None))
    assert chat.say("护照怎样办理").startswith("您的留言已收到")
    assert Contact.objects.get().conversation.unread == 1


class PatientAnswerer:
    """Somebody who answers nobody before they are let."""

    def __init__(self):
        self.may_answer = threading.Event()

    def answer(self, *, account, openid, question):
        self.may_answer.wait(10)
        return Answered("办理护照请到二楼", is_ai=True)


def test_a_ballot_does_not_wait_behind_slow_questions(account):
    given_vote(account)
    slug, endpoint = asking_desk()
    answerer = PatientAnswerer()
    endpoint = replace(endpoint, book=replace(endpoint.book, has_rounds=True))
    chat = Chat((slug, endpoint), answerer=answerer, deadline_s=3.0)
    chat.finishes = False

    async def crowd():
        questions = [text_message(f"护照怎样办理{n}", FromUserName=f"oAsks{n}") for n in range(5)]
        waiting = [asyncio.ensure_future(chat.hand_in(one)) for one in questions]
        await asyncio.sleep(0.1)
        await chat.hand_in(text_message("投 3"))
        ballot = await chat.hand_in(text_message("确认"))
        were_done = any(one.done() for one in waiting)
        answerer.may_answer.set()
        await asyncio.gather(*waiting)
        return ballot, were_done

    ballot, were_done = chat.run(crowd())
    assert not were_done
    assert "选票已经收到" in opened(ballot.content)["Content"]


def test_with_too_many_questions_in_hand_a_person_is_asked(account, monkeypatch):
    monkeypatch.setattr("minyi.wechat.callback.errands.MOST_QUESTIONS", 1)
    answerer = PatientAnswerer()
    chat = Chat(asking_desk(), answerer=answerer)

    async def two():
        first = asyncio.ensure_future(chat.hand_in(text_message("护照怎样办理", FromUserName="oA")))
        await asyncio.sleep(0.1)
        second = await chat.hand_in(text_message("签证怎样办理"))
        answerer.may_answer.set()
        return await first, second

    first, second = chat.run(two())
    assert opened(first.content)["Content"].startswith("办理护照请到二楼")
    assert opened(second.content)["Content"].startswith("您的留言已收到")


def asking_desk():
    slug, endpoint = given_endpoint()
    return slug, replace(endpoint, book=replace(endpoint.book, has_answerer=True))


def test_following_counts_for_the_code_it_came_through(account):
    Scene.objects.create(account=account, key="hall", name="大厅", welcome="欢迎")
    chat = Chat()
    sent = event("subscribe", EventKey="qrscene_hall")
    assert chat.send_in(sent).startswith("欢迎")
    Chat().send_in(sent)
    chat.send_in(event("SCAN", EventKey="hall"))
    scene = Scene.objects.get()
    assert (scene.follows, scene.scans) == (1, 2)
