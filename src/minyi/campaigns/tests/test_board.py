# SPDX-License-Identifier: Apache-2.0
"""The board as page, as JSON and as a stream of events."""

import asyncio
import json
from datetime import timedelta

import pytest
from django.test import AsyncClient
from django.utils import timezone

from minyi.campaigns.views import board as board_views
from minyi.campaigns.views.feeds import HEARTBEAT, Feeds, State

from .given import given_ballot, given_open_round
from .visitors import given_votable, stranger

pytestmark = pytest.mark.django_db


def given_vote(**fields: object):
    campaign = given_votable(now=timezone.now(), **fields)
    given_open_round(campaign, now=timezone.now())
    return campaign


def rows_of(campaign, **headers: str):
    return stranger(**headers).get(f"/c/{campaign.slug}/board.json")


# --- Page and JSON ------------------------------------------------------------------------------


def test_the_live_board_counts_ballots_and_ranks_nominees():
    campaign = given_vote(count_mode="live")
    for picks in ([2], [2, 3], [2, 3]):
        given_ballot(campaign.round, picks, now=timezone.now())
    page = stranger().get(f"/c/{campaign.slug}/board/").content.decode()
    places = [page.index(name) for name in ("示例窗口2", "示例窗口3", "示例窗口1")]
    assert places == sorted(places)
    assert '<span class="mi-stat__value" data-board-total>3</span>' in page
    assert f'data-events="/c/{campaign.slug}/board/events"' in page
    told = rows_of(campaign).json()
    assert told["total"] == 3
    assert [(row["key"], row["value"]) for row in told["rows"]] == [("1", 0), ("2", 3), ("3", 2)]


def test_a_hidden_board_explains_itself_and_says_when():
    campaign = given_vote(count_mode="after_close")
    given_ballot(campaign.round, [1], now=timezone.now())
    page = stranger().get(f"/c/{campaign.slug}/board/").content.decode()
    assert "票数尚未公布" in page
    assert "包括主办单位" in page
    assert "data-board" not in page
    told = rows_of(campaign).json()
    assert told.keys() == {"hidden", "mode", "next_at"}
    assert told["hidden"]


def test_at_fixed_hours_the_board_shows_the_count_of_the_hour_and_the_next_one():
    campaign = given_vote(count_mode="scheduled", count_hours=list(range(24)))
    before_the_hour = timezone.now().replace(minute=0, second=0) - timedelta(seconds=1)
    given_ballot(campaign.round, [1], now=before_the_hour)
    given_ballot(campaign.round, [1], now=timezone.now())
    told = rows_of(campaign).json()
    assert told["total"] == 1
    assert told["next_at"]
    page = stranger().get(f"/c/{campaign.slug}/board/").content.decode()
    assert "下次公布" in page
    assert "data-events" not in page


def test_after_close_everybody_sees_the_count():
    campaign = given_vote(count_mode="after_close", during="verification")
    given_ballot(campaign.round, [1], now=timezone.now() - timedelta(days=3))
    assert rows_of(campaign).json()["total"] == 1


def test_polling_an_unchanged_board_is_answered_with_304():
    campaign = given_vote(count_mode="live")
    first = rows_of(campaign)
    assert first["Cache-Control"] == "public, max-age=1"
    again = rows_of(campaign, if_none_match=first["ETag"])
    assert again.status_code == 304
    assert again.content == b""


def test_a_crowd_that_polls_costs_one_count_a_second(django_assert_num_queries):
    campaign = given_vote(count_mode="live")
    rows_of(campaign)
    with django_assert_num_queries(0):
        for _poll in range(10):
            rows_of(campaign)


def test_a_withdrawn_nominee_keeps_its_votes_on_the_board_and_is_marked():
    campaign = given_vote(count_mode="live")
    given_ballot(campaign.round, [1], now=timezone.now())
    campaign.nominees.filter(number=1).update(status="withdrawn")
    assert "示例窗口1（已退出）" in stranger().get(f"/c/{campaign.slug}/board/").content.decode()


# --- Events -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"count_mode": "after_close"},
        {"count_mode": "scheduled", "count_hours": [9]},
        {"count_mode": "live", "during": "verification"},
        {"count_mode": "live", "during": "display"},
    ],
)
def test_where_there_is_nothing_to_follow_the_browser_is_told_to_stop(fields):
    campaign = given_vote(**fields)
    given_ballot(campaign.round, [1], now=timezone.now())
    answer = stranger().get(f"/c/{campaign.slug}/board/events")
    assert answer.status_code == 204
    assert answer.content == b""


def test_the_events_of_a_campaign_that_is_not_there_are_a_404():
    assert stranger().get("/c/nope/board/events").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_the_stream_begins_with_the_present_count_and_is_not_compressed():
    campaign = given_vote(count_mode="live")
    given_ballot(campaign.round, [2], now=timezone.now())

    async def follow() -> tuple[object, bytes]:
        path = f"/c/{campaign.slug}/board/events"
        answer = await AsyncClient(headers={"accept-encoding": "gzip"}).get(path)
        stream = aiter(answer.streaming_content)
        first = await anext(stream)
        await stream.aclose()
        return answer, first

    answer, first = asyncio.run(follow())
    assert answer["Content-Type"] == "text/event-stream"
    assert answer["Cache-Control"] == "no-store"
    assert first.startswith(b"data: {")
    assert first.endswith(b"\n\n")
    assert json.loads(first[6:])["total"] == 1


@pytest.mark.django_db(transaction=True)
def test_one_listener_too_many_is_sent_to_polling(monkeypatch):
    campaign = given_vote(count_mode="live")
    full = Feeds(board_views.feeds._read, poll_s=1, heartbeat_s=1, most=0)
    monkeypatch.setattr(board_views, "feeds", full)
    answer = stranger().get(f"/c/{campaign.slug}/board/events")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "5"


class Source:
    """A board whose count we set by hand, and which knows how often it was read."""

    def __init__(self) -> None:
        self.count: int | None = 0
        self.reads = 0

    async def read(self, _key: str) -> State | None:
        self.reads += 1
        return None if self.count is None else State(str(self.count), f'{{"total":{self.count}}}')


def feeds_of(source: Source, **changed: float) -> Feeds:
    return Feeds(source.read, **{"poll_s": 0.01, "heartbeat_s": 5, "most": 10, **changed})


def run(scenario) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(5):
            await scenario()

    asyncio.run(bounded())


def test_a_listener_sees_each_change_once():
    async def scenario() -> None:
        source = Source()
        stream = feeds_of(source).listen("a")
        assert await anext(stream) == b'data: {"total":0}\n\n'
        source.count = 7
        assert await anext(stream) == b'data: {"total":7}\n\n'
        await stream.aclose()

    run(scenario)


def test_many_listeners_share_one_poller():
    async def scenario() -> None:
        source = Source()
        feeds = feeds_of(source, poll_s=5)
        streams = [feeds.listen("a") for _ in range(10)]
        events = await asyncio.gather(*(anext(stream) for stream in streams))
        assert events == [b'data: {"total":0}\n\n'] * 10
        assert source.reads == 1
        assert feeds.is_full
        for stream in streams:
            await stream.aclose()
        assert not feeds.is_full

    run(scenario)


def test_nobody_polls_when_nobody_listens():
    async def scenario() -> None:
        source = Source()
        stream = feeds_of(source).listen("a")
        await anext(stream)
        await stream.aclose()
        await asyncio.sleep(0.02)
        reads = source.reads
        await asyncio.sleep(0.05)
        assert source.reads == reads

    run(scenario)


def test_a_quiet_board_sends_heartbeats():
    async def scenario() -> None:
        stream = feeds_of(Source(), heartbeat_s=0.02).listen("a")
        await anext(stream)
        assert await anext(stream) == HEARTBEAT
        await stream.aclose()

    run(scenario)


def test_the_stream_ends_when_the_vote_does_after_the_last_count():
    async def scenario() -> None:
        source = Source()
        stream = feeds_of(source).listen("a")
        await anext(stream)
        source.count = None
        assert [event async for event in stream] == []

    run(scenario)
