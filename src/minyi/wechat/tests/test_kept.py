# SPDX-License-Identifier: Apache-2.0
"""Values that WeChat lends: found, fetched once, renewed in time, refused for good."""

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connections
from django.test import override_settings

from minyi.wechat.client.api_errors import AccountFault, CallsPaused, Unanswered, error_of
from minyi.wechat.connection.kept import KeptValues
from minyi.wechat.connection.shelves import DatabaseShelf, MemoryShelf, mark_of
from minyi.wechat.connection.stops import Scope, Stop
from minyi.wechat.models import AccountStop, Loan

KEY = "wx1:token:abc"
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("a_database_file")]


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


class Source:
    """What is fetched from; counts how often, and refuses when told to."""

    def __init__(self, *, life_s: int = 7200) -> None:
        self.calls = 0
        self.life_s = life_s
        self.refusal: int | None = None

    async def __call__(self) -> tuple[str, int]:
        self.calls += 1
        await asyncio.sleep(0.01)
        if self.refusal is not None:
            raise refused(self.refusal)
        return f"value-{self.calls}", self.life_s


def refused(code: int):
    kind = AccountFault if code in (40001, 40125) else type(error_of("/t", code=code, message=""))
    return kind("/t", code=code, message="no rid: 66-77-88")


@pytest.fixture
def a_database_file(tmp_path, monkeypatch):
    """Give the shelf's thread a file where the tests run on SQLite in memory.

    There two threads lock each other's tables at once, whatever the time-out says.
    """
    here = connections["default"]
    if here.vendor != "sqlite":
        return
    path = str(tmp_path / "shelf.sqlite3")
    with here.cursor() as cursor, closing(sqlite3.connect(path)) as file:
        tables = [Loan._meta.db_table, AccountStop._meta.db_table]
        question = "SELECT sql FROM sqlite_master WHERE tbl_name IN (%s, %s) AND sql IS NOT NULL"
        cursor.execute(question, tables)
        for (statement,) in cursor.fetchall():
            file.execute(statement)
    # Threads that connect from now on; this one keeps what it has.
    monkeypatch.setitem(connections.settings["default"], "NAME", path)


def on_the_shelf():
    """Return the one row, read where the shelf reads."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_read_row).result()


def _read_row():
    try:
        return Loan.objects.values().get()
    finally:
        connections["default"].close()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture(params=[MemoryShelf, DatabaseShelf])
def shelf(request):
    shelf = request.param()
    yield shelf
    shelf.close()


@pytest.fixture
def kept(shelf, clock):
    return KeptValues(shelf, clock=clock, mark_of=mark_of)


def run(*steps):
    async def one_after_another():
        return [await step for step in steps]

    return asyncio.run(one_after_another())


def test_a_value_is_fetched_once_and_then_known(kept):
    source = Source()
    assert run(kept.get(KEY, source), kept.get(KEY, source)) == ["value-1", "value-1"]
    assert source.calls == 1


def test_another_process_finds_it_on_the_shelf(shelf, clock):
    source = Source()
    processes = [KeptValues(shelf, clock=clock, mark_of=mark_of) for _ in range(2)]
    assert run(*(one.get(KEY, source) for one in processes)) == ["value-1", "value-1"]
    assert source.calls == 1


def test_a_value_is_renewed_five_to_ten_minutes_before_its_end(kept, clock):
    source = Source()
    run(kept.get(KEY, source))
    clock.advance(seconds=7200 - 601)
    assert run(kept.get(KEY, source)) == ["value-1"]
    clock.advance(seconds=301)
    assert run(kept.get(KEY, source)) == ["value-2"]


def test_a_short_rest_of_life_is_used_for_a_minute(kept, clock):
    source = Source(life_s=301)
    run(kept.get(KEY, source))
    clock.advance(seconds=59)
    assert run(kept.get(KEY, source)) == ["value-1"]
    clock.advance(seconds=2)
    assert run(kept.get(KEY, source)) == ["value-2"]


def test_a_refused_value_is_dropped_everywhere(shelf, kept, clock):
    source = Source()
    run(kept.get(KEY, source))
    clock.advance(seconds=1)
    other = KeptValues(shelf, clock=clock, mark_of=mark_of)
    run(kept.drop(KEY, "value-1", before=clock.now))
    assert run(other.get(KEY, source)) == ["value-2"]


def test_a_newer_value_survives_the_refusal_of_the_old_one(shelf, kept, clock):
    source = Source()
    run(kept.get(KEY, source))
    clock.advance(seconds=1)
    sent_at = clock.now
    clock.advance(seconds=1)
    run(kept.drop(KEY, "value-1", before=sent_at), kept.get(KEY, source))
    run(kept.drop(KEY, "value-1", before=clock.now), kept.drop(KEY, "value-2", before=sent_at))
    other = KeptValues(shelf, clock=clock, mark_of=mark_of)
    assert run(kept.get(KEY, source), other.get(KEY, source)) == ["value-2", "value-2"]


def test_a_bad_secret_is_asked_about_twice_in_all_its_life(shelf, clock):
    source = Source()
    source.refusal = 40125
    for _ in range(5):
        process = KeptValues(shelf, clock=clock, mark_of=mark_of)
        for _ in range(3):
            with pytest.raises(AccountFault) as caught:
                run(process.get(KEY, source))
        assert (caught.value.code, caught.value.rid) == (40125, "66-77-88")
        clock.advance(hours=7)
    assert source.calls == 2


def test_whoever_mended_the_settings_may_try_at_once(shelf, kept, clock):
    source = Source()
    source.refusal = 40125
    for _ in range(2):
        with pytest.raises(AccountFault):
            run(kept.get(KEY, source))
        clock.advance(hours=1)
    source.refusal = None
    run(kept.forget_refusal(KEY))
    assert run(kept.get(KEY, source)) == ["value-3"]


def test_another_secret_is_another_beginning():
    assert mark_of("one") != mark_of("two")
    assert "one" not in mark_of("one")


@pytest.mark.parametrize(("code", "rest"), [(89507, 3600), (40164, 60)])
def test_what_may_pass_is_tried_again_after_its_rest(kept, clock, code, rest):
    source = Source()
    source.refusal = code
    kind = CallsPaused if code == 89507 else AccountFault
    with pytest.raises(kind):
        run(kept.get(KEY, source))
    clock.advance(seconds=rest - 1)
    with pytest.raises(kind):
        run(kept.get(KEY, source))
    assert source.calls == 1
    clock.advance(seconds=2)
    source.refusal = None
    assert run(kept.get(KEY, source)) == ["value-2"]


def test_the_lease_of_a_process_that_died_runs_out(shelf, kept, clock):
    source = Source()
    until = clock.now + timedelta(seconds=12)
    assert run(shelf.take_lease(KEY, "dead", now=clock.now, until=until)) == [True]

    async def wait_for_it():
        search = asyncio.create_task(kept.get(KEY, source))
        await asyncio.sleep(0.2)
        assert not search.done()
        clock.advance(seconds=13)
        return await asyncio.wait_for(search, 5)

    assert asyncio.run(wait_for_it()) == "value-1"


def test_a_process_that_lost_its_lease_writes_nothing(shelf, clock):
    now, later = clock.now, clock.now + timedelta(seconds=12)
    run(
        shelf.take_lease(KEY, "slow", now=now, until=later),
        shelf.take_lease(KEY, "quick", now=later, until=later + timedelta(seconds=12)),
        shelf.put(KEY, "slow", "old", now=later, good_until=later + timedelta(hours=2)),
    )
    assert run(shelf.read(KEY))[0].value == ""


def test_one_of_many_gets_the_lease(shelf, clock):
    async def all_at_once():
        until = clock.now + timedelta(seconds=12)
        tries = (shelf.take_lease(KEY, str(n), now=clock.now, until=until) for n in range(20))
        return await asyncio.gather(*tries)

    assert sum(asyncio.run(all_at_once())) == 1


def test_an_endless_fetch_is_given_up_before_its_lease_ends(kept, monkeypatch):
    monkeypatch.setattr("minyi.wechat.connection.kept.FETCH_S", 0.05)

    async def endless():
        await asyncio.sleep(60)
        return "", 0

    with pytest.raises(Unanswered, match="too slow"):
        run(kept.get(KEY, endless))


def a_stop(clock, **changes) -> Stop:
    usual = {"path": "/cgi-bin/menu/create", "code": 45009, "message": "m", "rid": "66-77"}
    return Stop(**{**usual, "scope": Scope.PATH, "since": clock.now, **changes})


def test_a_stop_is_known_to_other_processes_until_it_is_lifted(shelf, kept, clock):
    first, second = a_stop(clock), a_stop(clock, path="/cgi-bin/draft/add", is_alert=True)
    run(kept.put_stop("office", first), kept.put_stop("office", second))
    other = KeptValues(shelf, clock=clock, mark_of=mark_of)
    assert run(other.stops("office"), other.stops("another")) == [[first, second], []]
    run(kept.forget_stops("office", path=first.path))
    fresh = KeptValues(shelf, clock=clock, mark_of=mark_of)
    assert run(fresh.stops("office")) == [[second]]
    run(kept.forget_stops("office"))
    assert run(kept.stops("office")) == [[]]


def test_a_stop_heard_twice_is_one_and_lasts_as_the_second_says(shelf, kept, clock):
    run(kept.put_stop("office", a_stop(clock, until=clock.now + timedelta(minutes=1))))
    clock.advance(minutes=1)
    until = clock.now + timedelta(minutes=1)
    run(kept.put_stop("office", a_stop(clock, until=until)))
    ((stop,),) = run(kept.stops("office"))
    assert stop.until == until


def test_without_a_database_the_stops_hold_nobody_up(clock, monkeypatch):
    async def broken(self, work):
        raise Unanswered("database", reason="OperationalError")

    monkeypatch.setattr(DatabaseShelf, "_run", broken)
    shelf = DatabaseShelf()
    kept = KeptValues(shelf, clock=clock, mark_of=mark_of)
    assert run(kept.put_stop("office", a_stop(clock)), kept.stops("office"))[1] == ()
    shelf.close()


def test_the_database_holds_no_readable_value(clock):
    shelf = DatabaseShelf()
    run(KeptValues(shelf, clock=clock, mark_of=mark_of).get(KEY, Source()))
    row = on_the_shelf()
    assert row["sealed_value"]
    assert "value-1" not in str(row)
    shelf.close()


def test_under_another_key_of_the_platform_a_value_is_fetched_anew(clock):
    shelf = DatabaseShelf()
    source = Source()
    run(KeptValues(shelf, clock=clock, mark_of=mark_of).get(KEY, source))
    shelf.close()
    with override_settings(SECRET_KEY="another" * 10):
        shelf = DatabaseShelf()
        kept = KeptValues(shelf, clock=clock, mark_of=mark_of)
        assert run(kept.get(KEY, source)) == ["value-2"]
        shelf.close()
