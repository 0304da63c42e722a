# SPDX-License-Identifier: Apache-2.0
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError, InterfaceError, transaction
from django.utils import timezone

from minyi.core import outbox
from minyi.core.models import OutboxMessage
from minyi.core.outbox import Again, GiveUp, Later
from minyi.core.outbox_worker import KEEP_DONE, Worker

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
State = OutboxMessage.State


class Clock:
    """A clock one can push on."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class Notebook:
    """A consumer that keeps what it was given, and does as it is told."""

    def __init__(self, *answers: Exception | None) -> None:
        self.deliveries: list[outbox.Delivery] = []
        self._answers = list(answers)

    def __call__(self, delivery: outbox.Delivery) -> None:
        self.deliveries.append(delivery)
        answer = self._answers.pop(0) if self._answers else None
        if answer is not None:
            raise answer


def send(key="17", now=NOW, **fields):
    outbox.send(topic="test", key=key, payload={"number": 17}, now=now, **fields)


def worker_for(consumer, clock=None, **fields):
    return Worker(consumers={"test": consumer}, clock=clock or Clock(), **fields)


def the_row():
    return OutboxMessage.objects.get()


def test_a_message_is_run_once_and_what_it_carried_is_forgotten():
    notebook = Notebook()
    send()
    worker = worker_for(notebook)
    assert worker.run_due() == 1
    assert worker.run_due() == 0
    assert [dict(delivery.payload) for delivery in notebook.deliveries] == [{"number": 17}]
    assert the_row().state == State.DONE
    assert the_row().payload == {}


def test_the_same_key_twice_is_one_message_even_after_it_is_done():
    notebook = Notebook()
    worker = worker_for(notebook)
    send()
    send()
    worker.run_due()
    send()
    worker.run_due()
    assert len(notebook.deliveries) == 1


def test_a_message_goes_with_its_transaction():
    with transaction.atomic():
        send()
        transaction.set_rollback(True)
    assert not OutboxMessage.objects.exists()


def test_a_message_waits_until_it_is_due():
    clock, notebook = Clock(), Notebook()
    worker = worker_for(notebook, clock)
    send(due_at=NOW + timedelta(hours=1))
    assert worker.run_due() == 0
    clock.now += timedelta(hours=1)
    assert worker.run_due() == 1


def test_a_failure_is_tried_again_after_pauses_that_grow_to_an_hour():
    clock = Clock()
    notebook = Notebook(*[Again("busy")] * 20)
    worker = worker_for(notebook, clock)
    send()
    pauses = []
    while the_row().state == State.WAITING:
        assert worker.run_due() == 1
        pauses.append(the_row().due_at - clock.now)
        clock.now = the_row().due_at
    pauses.pop()  # the last failure has no pause after it
    assert pauses[0] < timedelta(seconds=7)
    assert all(later > earlier for earlier, later in pairwise(pauses))
    assert max(pauses) <= outbox.LONGEST_PAUSE * 1.25
    assert len(notebook.deliveries) == outbox.MOST_ATTEMPTS
    assert (the_row().state, the_row().reason) == (State.DEAD, "busy")


def test_an_unforeseen_error_is_a_failure_and_stops_nobody_else():
    notebook = Notebook(ZeroDivisionError("oh"), None)
    send("1")
    send("2")
    assert worker_for(notebook).run_due() == 2
    first, second = OutboxMessage.objects.order_by("id")
    assert (first.state, first.reason) == (State.WAITING, "ZeroDivisionError: oh")
    assert second.state == State.DONE


def test_what_the_database_quotes_is_not_kept():
    send()
    refused = IntegrityError("duplicate key\nDETAIL:  Key (openid)=(oSecret) already exists.")
    worker_for(Notebook(refused)).run_due()
    assert the_row().reason == "IntegrityError"


def test_to_be_put_off_is_no_failure():
    clock = Clock()
    notebook = Notebook(*[Later(NOW + timedelta(days=n), reason="night") for n in range(1, 20)])
    worker = worker_for(notebook, clock)
    send()
    for _day in range(19):
        assert worker.run_due() == 1
        clock.now = the_row().due_at
    assert worker.run_due() == 1
    assert the_row().state == State.DONE
    assert {delivery.attempt for delivery in notebook.deliveries} == {1}


def test_what_runs_for_weeks_is_not_buried_by_a_fault_now_and_then():
    clock = Clock()
    often = [RuntimeError("the database restarts"), Later(NOW, reason="the vote goes on")]
    notebook = Notebook(*often * (outbox.MOST_ATTEMPTS + 2))
    worker = worker_for(notebook, clock)
    send()
    for _fault in range(outbox.MOST_ATTEMPTS + 2):
        worker.run_due()
        clock.now = max(clock.now, the_row().due_at)
    assert the_row().state == State.WAITING


def test_what_was_given_up_is_a_dead_letter_that_a_person_can_revive(capsys):
    notebook = Notebook(GiveUp("no such person"), None)
    worker = worker_for(notebook)
    send()
    worker.run_due()
    call_command("worker", dead=True)
    assert "test:17  no such person" in capsys.readouterr().out
    assert outbox.send_again(topic="test", key="17", now=NOW)
    worker.run_due()
    assert the_row().state == State.DONE
    with pytest.raises(CommandError):
        call_command("worker", again="test:17")


def test_a_leased_row_is_not_for_others_until_the_lease_has_run_out():
    clock = Clock()
    send()
    first, second = (worker_for(Notebook(), clock) for _ in range(2))
    assert len(first.lease_due(5)) == 1
    assert second.lease_due(5) == []
    clock.now += timedelta(seconds=61)
    assert len(second.lease_due(5)) == 1


def test_whoever_lost_the_lease_does_not_write_the_result():
    clock = Clock()
    late = None

    def slow(delivery):
        clock.now += timedelta(seconds=61)
        assert len(late.lease_due(1)) == 1
        raise GiveUp("too late to say")

    late = worker_for(Notebook(), clock)
    send()
    worker_for(slow, clock).run_due()
    assert the_row().state == State.WAITING
    assert the_row().leased_by == late.name


@pytest.mark.django_db(transaction=True)
def test_a_worker_told_to_stop_keeps_the_lease_of_what_it_finishes():
    lease = timedelta(seconds=0.6)
    begun, may_end = threading.Event(), threading.Event()

    def slow(_delivery):
        begun.set()
        may_end.wait(10)

    send(now=timezone.now())
    worker = worker_for(slow, timezone.now, lease=lease)
    running = threading.Thread(target=worker.run)
    running.start()
    assert begun.wait(10)
    worker.stop()
    time.sleep(2 * lease.total_seconds())
    taken = worker_for(Notebook(), timezone.now).lease_due(1)
    may_end.set()
    running.join(10)
    assert taken == []
    assert the_row().state == State.DONE


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_is_gone_does_not_end_the_worker(monkeypatch):
    done = threading.Event()
    send(now=timezone.now())
    worker = worker_for(lambda _delivery: done.set(), timezone.now)
    lease_due, faults = worker.lease_due, [InterfaceError("connection already closed")]

    def lease_due_at_last(most):
        if faults:
            raise faults.pop()
        return lease_due(most)

    monkeypatch.setattr(worker, "lease_due", lease_due_at_last)
    running = threading.Thread(target=worker.run)
    running.start()
    assert done.wait(10)
    worker.stop()
    running.join(10)
    assert the_row().state == State.DONE


def test_a_row_that_kills_its_worker_each_time_is_given_up():
    clock, notebook = Clock(), Notebook()
    worker = worker_for(notebook, clock)
    send()
    for _death in range(outbox.MOST_ATTEMPTS):
        assert len(worker.lease_due(1)) == 1
        clock.now += timedelta(seconds=61)
    worker.run_due()
    assert notebook.deliveries == []
    assert the_row().state == State.DEAD


@pytest.fixture
def buried(monkeypatch):
    """What is told of dead letters of the tests' topic."""
    monkeypatch.setattr(outbox, "_mourners", {})
    told: list[tuple[str, str]] = []
    outbox.when_given_up("test")(lambda letter, reason: told.append((letter.key, reason)))
    return told


def test_whoever_sent_a_letter_is_told_that_it_died_and_why(buried):
    send()
    worker_for(Notebook(Again("not yet"), GiveUp("no such number"))).run_due()
    assert buried == []
    later = Clock()
    later.now += timedelta(minutes=1)
    worker_for(Notebook(GiveUp("no such number")), later).run_due()
    assert buried == [("17", "no such number")]


def test_a_letter_is_buried_even_if_nobody_can_be_told(monkeypatch):
    monkeypatch.setattr(outbox, "_mourners", {})

    @outbox.when_given_up("test")
    def stumble(_letter: outbox.Delivery, _reason: str) -> None:
        raise RuntimeError

    send()
    worker_for(Notebook(GiveUp("no such number"))).run_due()
    assert the_row().state == State.DEAD


def keys_of(rows):
    return [row.key for row in rows]


def test_messages_of_one_order_are_in_hand_one_at_a_time():
    worker = worker_for(Notebook())
    for key in "abc":
        send(key, order_key="person 1")
    send("d", order_key="person 2")
    send("e")
    assert keys_of(worker.lease_due(5)) == ["a", "d", "e"]
    assert keys_of(worker_for(Notebook()).lease_due(5)) == []


def test_messages_of_one_order_run_as_they_were_sent():
    notebook = Notebook()
    worker = worker_for(notebook)
    send("late", due_at=NOW - timedelta(minutes=1), order_key="person 1")
    send("early", due_at=NOW - timedelta(hours=1), order_key="person 1")
    worker.run_due()
    assert keys_of(notebook.deliveries) == ["late", "early"]


def test_one_that_is_put_off_lets_the_next_pass_and_waits_its_turn_when_due_again():
    clock = Clock()
    notebook = Notebook(Later(NOW + timedelta(hours=1), reason="night"))
    worker = worker_for(notebook, clock)
    send("1", order_key="person 1")
    send("2", order_key="person 1")
    worker.run_due()
    clock.now += timedelta(hours=1)
    worker.run_due()
    assert keys_of(notebook.deliveries) == ["1", "2", "1"]


def test_what_nobody_here_can_run_does_not_hold_up_another_topic():
    outbox.send(topic="of tomorrow", key="1", payload={}, now=NOW, order_key="person 1")
    send("2", order_key="person 1")
    assert worker_for(Notebook()).run_due() == 1


def test_topics_without_a_consumer_here_are_left_to_other_versions():
    outbox.send(topic="of tomorrow", key="1", payload={}, now=NOW)
    assert worker_for(Notebook()).run_due() == 0
    assert the_row().state == State.WAITING


def test_two_consumers_of_one_topic_are_a_mistake():
    topic = next(iter(outbox.consumers()))
    with pytest.raises(ImproperlyConfigured):
        outbox.consumer(topic)(Notebook())


def test_the_queue_tells_its_length_its_age_and_its_dead():
    send("1", due_at=NOW - timedelta(seconds=90))
    send("2", due_at=NOW + timedelta(hours=1))
    worker_for(Notebook(GiveUp("no"))).run_due()
    send("3", due_at=NOW - timedelta(seconds=30))
    assert outbox.measure_queue(now=NOW) == outbox.Queue(waiting=2, due=1, late_s=30, dead=1)


def test_monitoring_reads_the_queue(client):
    send(now=NOW)
    told = client.get("/readyz").json()
    assert told["checks"] == {"database": True, "cache": True, "schema": True}
    assert told["outbox"]["waiting"] == told["outbox"]["due"] == 1
    assert told["outbox"]["late_s"] > 0


def test_done_rows_are_kept_as_long_as_their_key_must_not_come_again(monkeypatch):
    clock = Clock()
    worker = worker_for(Notebook(), clock)
    send("old")
    worker.run_due()
    clock.now += KEEP_DONE
    send("new", now=clock.now)
    worker.run_due()
    clock.now += timedelta(seconds=1)
    worker.sweep()
    assert [row.key for row in OutboxMessage.objects.all()] == ["new"]
