# SPDX-License-Identifier: Apache-2.0
"""What one process hears from WeChat, all of them keep to (wechat-api.md §3)."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from minyi.wechat.client.api_errors import (
    AccountFault,
    CallsPaused,
    NotOffered,
    QuotaSpent,
    SlowDown,
)
from minyi.wechat.connection.line import Line
from minyi.wechat.connection.shelves import MemoryShelf
from minyi.wechat.tests.fake_wechat import URL, FakeWeChat, an_account

WHITELIST = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 66-77-88"


class World:
    """One WeChat, two processes, one shelf, and a clock."""

    def __init__(self, monkeypatch) -> None:
        self.now = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
        monkeypatch.setattr("django.utils.timezone.now", lambda: self.now)
        monkeypatch.setattr("minyi.wechat.connection.kept._STOPS_REMEMBERED_S", 0)
        self.wechat = FakeWeChat()
        shelf = MemoryShelf()
        self.lines = [self._line(shelf), self._line(shelf)]

    def _line(self, shelf):
        return Line(base_url=URL, transport=httpx.MockTransport(self.wechat), shelf=shelf)

    def refuses(self, code: int, message: str = "no rid: 66-77-88") -> None:
        self.wechat.will({"errcode": code, "errmsg": message})

    def ask(self, question, *, process: int = 0):
        return self.lines[process].call(an_account(), question)


@pytest.fixture
def world(monkeypatch):
    world = World(monkeypatch)
    yield world
    for line in world.lines:
        line.hang_up()


def count(client):
    return client.drafts.count()


def tags(client):
    return client.tags.list()


def addresses(client):
    return client.quota.api_addresses()


def test_a_spent_quota_rests_its_path_until_midnight_in_every_process(world):
    world.refuses(45009)
    with pytest.raises(QuotaSpent):
        world.ask(count)
    for process in (0, 1):
        with pytest.raises(QuotaSpent) as caught:
            world.ask(count, process=process)
        assert caught.value.rid == "66-77-88"
    assert len(world.wechat.requests) == 1
    assert world.ask(addresses) == []  # other paths go on
    world.now = datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC)
    with pytest.raises(QuotaSpent):
        world.ask(count, process=1)
    world.now += timedelta(seconds=1)  # midnight in China
    world.wechat.will({"total_count": 2})
    assert world.ask(count, process=1) == 2


def test_a_spent_minute_rests_its_path_for_a_minute(world):
    world.refuses(45011)
    with pytest.raises(SlowDown):
        world.ask(count)
    world.now += timedelta(seconds=59)
    with pytest.raises(SlowDown):
        world.ask(count, process=1)
    assert len(world.wechat.requests) == 1
    world.now += timedelta(seconds=1)
    world.wechat.will({"total_count": 2})
    assert world.ask(count) == 2


def test_a_message_sent_twice_too_fast_stops_no_other(world):
    world.refuses(45066)
    with pytest.raises(SlowDown):
        world.ask(count)
    world.wechat.will({"total_count": 2})
    assert world.ask(count) == 2


def test_an_account_whose_address_is_refused_is_left_alone(world):
    world.refuses(89507)
    with pytest.raises(CallsPaused):
        world.ask(count)
    with pytest.raises(CallsPaused):
        world.ask(addresses, process=1)
    assert len(world.wechat.requests) == 1
    world.now += timedelta(hours=1)
    assert world.ask(addresses, process=1) == []


def test_an_operator_reads_in_the_log_which_address_is_missing(world, caplog):
    world.refuses(40164, WHITELIST)
    with pytest.raises(AccountFault):
        world.ask(count)
    (record,) = [record for record in caplog.records if record.name == "minyi.wechat"]
    assert record.levelname == "ERROR"
    line = record.msg
    assert line["event"] == "wechat_account_alert"
    assert (line["account"], line["code"], line["address"], line["rid"]) == (
        "office",
        40164,
        "203.0.113.7",
        "66-77-88",
    )


def test_an_ability_wechat_refuses_is_not_asked_for_again(world):
    world.refuses(48001)
    with pytest.raises(Exception, match="48001"):
        world.ask(count)
    with pytest.raises(NotOffered) as caught:
        world.ask(lambda client: client.drafts.delete(media_id="m"), process=1)
    assert "重新检查" in caught.value.reason
    assert len(world.wechat.requests) == 1
    world.ask(lambda client: client.forget_refusal())
    world.wechat.will({"total_count": 2})
    assert world.ask(count, process=1) == 2


def test_what_succeeds_again_is_no_longer_held_against_the_account(world):
    world.refuses(48004)
    with pytest.raises(AccountFault):
        world.ask(count)
    shelf = world.lines[0]._shelf
    assert shelf._stops
    world.wechat.will({"total_count": 2})
    assert world.ask(count) == 2
    assert not shelf._stops
