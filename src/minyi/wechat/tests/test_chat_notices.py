# SPDX-License-Identifier: Apache-2.0
"""Switching notices off and on by writing to the account."""

import pytest

from minyi.wechat.callback.recorder import record_batch
from minyi.wechat.models import Contact
from minyi.wechat.tests.given import OPENID, given_official_account, sealed_post, text_message
from minyi.wechat.tests.posting import Line
from minyi.wechat.tests.reading import opened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def line():
    given_official_account()
    line = Line(record=record_batch)
    yield line
    line.close()


def say(line: Line, words: str) -> str:
    answer = opened(line.post(*sealed_post(text_message(words))).content)["Content"]
    line.close()
    return answer


def wants_notices() -> bool:
    return Contact.objects.get(openid=OPENID).opted_out_at is None


@pytest.mark.parametrize("words", ["退订", "TD", "我要退訂", "关闭通知"])
def test_one_word_switches_notices_off_and_says_how_to_have_them_again(line, words):
    assert "恢复通知" in say(line, words)
    assert not wants_notices()


def test_notices_come_back_on_request(line):
    say(line, "退订")
    assert "已为您恢复通知" in say(line, "恢复通知")
    assert wants_notices()


@pytest.mark.parametrize("words", ["怎么退订", "退订和恢复通知", "std"])
def test_a_sentence_about_it_switches_nothing(line, words):
    say(line, words)
    assert wants_notices()
