# SPDX-License-Identifier: Apache-2.0
"""A late answer is owed from the moment WeChat is told «success», whatever becomes of us."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from minyi.core.models import OutboxMessage
from minyi.core.outbox_worker import Worker
from minyi.wechat.callback import slow
from minyi.wechat.callback.answering import Answered
from minyi.wechat.callback.errands import Errands
from minyi.wechat.models import Outgoing
from minyi.wechat.services import promises
from minyi.wechat.tests.given import given_official_account, sealed_post, text_message
from minyi.wechat.tests.posting import Line
from minyi.wechat.tests.test_chat_votes import asking_desk

pytestmark = pytest.mark.django_db(transaction=True)
SORRY = "抱歉，刚才的请求没有办成，请再发一次。"
KNOWN = "办理护照请到二楼"


class Mortal(Line):
    """A server with somebody who answers when they are let, and whose process may die."""

    finishes = False

    def __init__(self) -> None:
        self.let = threading.Event()
        errands = Errands(find_answerer=lambda: self)
        super().__init__(asking_desk(), errands=errands, deadline_s=0.05)

    def answer(self, *, account: str, openid: str, question: str) -> Answered:
        self.let.wait(20)
        return Answered(KNOWN, is_ai=True)

    def hear(self, words: str = "护照怎样办理") -> None:
        answer = self.post(*sealed_post(text_message(words)))
        assert (answer.status_code, answer.content) == (200, b"success")

    def finish(self) -> None:
        self.let.set()
        self.run(self.slow.finish())

    def die(self) -> None:
        """End every task where it stands."""

        async def end() -> None:
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

        self.run(end())


@pytest.fixture
def server() -> Iterator[Mortal]:
    given_official_account()
    mortal = Mortal()
    yield mortal
    mortal.finish()
    mortal.close()


def after(seconds: float) -> None:
    """Let the worker look, so much later."""
    Worker(
        consumers={promises.TOPIC: promises.keep_promise},
        clock=lambda: timezone.now() + timedelta(seconds=seconds),
    ).run_due()


def told() -> list[str]:
    return list(Outgoing.objects.values_list("text", flat=True))


def test_a_process_that_dies_with_an_answer_in_hand_leaves_an_excuse(server):
    server.hear()
    server.die()
    after(29)
    assert told() == []
    after(31)
    assert told() == [SORRY]
    after(600)
    assert told() == [SORRY]


def test_an_answer_that_went_out_is_followed_by_no_excuse(server):
    server.hear()
    server.finish()
    after(31)
    assert told() == [KNOWN]
    assert OutboxMessage.objects.get(topic=promises.TOPIC).state == "done"


def test_an_answer_that_comes_after_the_excuse_is_not_sent(server):
    server.hear()
    after(31)
    server.finish()
    assert told() == [SORRY]


def test_two_questions_are_owed_two_answers(server):
    server.hear()
    server.hear("身份证怎样办理")
    server.die()
    after(31)
    assert told() == [SORRY, SORRY]


def test_wechat_must_send_again_what_could_not_be_promised(server, monkeypatch):
    def refuse(*_asked: object) -> None:
        raise OperationalError("the disk is full")

    monkeypatch.setattr(slow, "promise_answer", refuse)
    answer = server.post(*sealed_post(text_message("护照怎样办理")))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    server.finish()
    assert told() == []


def test_four_slow_questions_do_not_keep_a_fifth_from_being_promised(server):
    for number in range(5):
        server.hear(f"第{number}个问题怎样办理")
    assert OutboxMessage.objects.filter(topic=promises.TOPIC).count() == 5


def test_an_answer_in_time_promises_nothing(server):
    server.let.set()
    quick = Line(asking_desk(), errands=Errands(find_answerer=lambda: server))
    answer = quick.post(*sealed_post(text_message("护照怎样办理")))
    assert answer.content != b"success"
    quick.close()
    assert not OutboxMessage.objects.exists()
