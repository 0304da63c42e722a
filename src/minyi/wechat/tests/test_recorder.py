# SPDX-License-Identifier: Apache-2.0
"""Who writes while no process of its own does; with one at work see tests/race/test_letters.py."""

import asyncio

import pytest

from minyi.wechat.callback.messages import read_message
from minyi.wechat.callback.recorder import ProcessRecorder, ThreadRecorder
from minyi.wechat.models import ChatMessage
from minyi.wechat.services.inbox import Letter, Recorded, Says
from minyi.wechat.tests.given import given_official_account, text_message


def letter(words: str) -> Letter:
    return Letter("sandbox", read_message(text_message(words)))


@pytest.mark.django_db(transaction=True)
def test_where_no_process_can_be_started_a_thread_writes():
    given_official_account()

    async def record_twice():
        recorder = ProcessRecorder("minyi.no_such_module")
        at_first = await recorder.record([letter("一")])
        await asyncio.sleep(0.5)  # by now it is known that nothing will start
        later = await recorder.record([letter("二"), letter("三")])
        await recorder.stop()
        return [*at_first, *later]

    assert asyncio.run(record_twice()) == [Recorded(True, Says.ANSWER)] * 3
    assert list(ChatMessage.objects.values_list("text", flat=True)) == ["一", "二", "三"]


def test_a_letter_that_cannot_be_written_is_told_from_those_that_are():
    def record(letters):
        if any(one.message.content == "毒" for one in letters):
            raise KeyError("a fault of ours")
        return [Recorded(True, Says.ANSWER)] * len(letters)

    async def write(*words):
        return await ThreadRecorder(record).record([letter(one) for one in words])

    first, poisonous, last = asyncio.run(write("好", "毒", "好"))
    assert (first, poisonous, last) == (
        Recorded(True, Says.ANSWER),
        None,
        Recorded(True, Says.ANSWER),
    )
