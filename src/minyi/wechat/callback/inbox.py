# SPDX-License-Identifier: Apache-2.0
"""The inbox's writer: letters from the event loop, written in batches by one thread.

    note(letter)   what the robot has answered: written soon, in large batches
    keep(letter)   what a person must see, and who follows, leaves or scans: written before WeChat
                   is told that it arrived

Group commit: whoever waits gathers others for 20 ms, then one transaction holds them all. When the
queue is full both verbs refuse, the callback answers 503, and WeChat sends again.

What can be lost, and only this: letters that `note` took and no batch holds yet, which is a quarter
of a second of them, or more while the database is away. kill -9 loses them unseen; a stop while the
database is away says in the log how many; so does a letter no database takes. Each is the record of
something the robot has answered already (with the window it opened), or of an errand done.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Sequence

import structlog
from django.db import DataError, IntegrityError, connection
from django.db import Error as DatabaseFault
from prometheus_client import Counter, Gauge

from minyi.agencies.models import OfficialAccount

from ..services.inbox import Letter, Recorded, record_letters

GATHER_S = 0.02  # those who wait for the disk gather this long; with the commit well below 50 ms
NOTE_S = 0.25  # what nobody waits for may gather longer: larger batches cost less
MOST_WAITING = 20_000
LARGEST_BATCH = 2_000
AGAIN_S = 0.5
CLOSING_S = 5.0

RECORDED = Counter("minyi_wechat_recorded", "Letters of citizens written to the inbox.")
WAITING = Gauge("minyi_wechat_unwritten", "Letters of citizens not yet written.")

log = structlog.get_logger("minyi.wechat")
Record = Callable[[Sequence[Letter]], Sequence[Recorded]]
Waiter = asyncio.Future[Recorded]


class Overloaded(Exception):
    """Letters come faster than they can be written."""


class NotWritten(Exception):
    """The database did not take the letter; WeChat must send it again."""


class InboxWriter:
    """One thread that writes; `note` and `keep` are called on one event loop."""

    def __init__(self, record: Record, *, most: int = MOST_WAITING) -> None:
        self._record = record
        self._most = most
        self._lock = threading.Lock()  # guards the two lists
        self._letters: list[Letter] = []
        self._waiters: list[Waiter | None] = []  # of the letters, in their order
        self._something = threading.Event()
        self._urgent = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None

    def note(self, letter: Letter) -> None:
        """Write it soon."""
        self._put(letter, None)

    def keep(self, letter: Letter) -> Waiter:
        """Write it at once; the future is done when it lies on the disk."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._put(letter, waiter)
        self._urgent.set()
        return waiter

    def close(self) -> None:
        """Write what waits and end; a later letter starts a new thread."""
        thread = self._thread
        if thread is None:
            return
        self._closing = True
        self._urgent.set()
        self._something.set()
        thread.join(CLOSING_S)
        self._closing = False
        self._thread = None

    def _put(self, letter: Letter, waiter: Waiter | None) -> None:
        with self._lock:
            if len(self._letters) >= self._most:
                raise Overloaded
            self._letters.append(letter)
            self._waiters.append(waiter)
        if self._thread is None:
            self._thread = threading.Thread(target=self._write_forever, name="inbox", daemon=True)
            self._thread.start()
        if not self._something.is_set():
            self._something.set()

    def _write_forever(self) -> None:
        while not (self._closing and not self._letters):
            self._something.wait()
            if not self._closing and not self._urgent.wait(NOTE_S):
                pass  # nobody waits
            elif not self._closing:
                time.sleep(GATHER_S)
            self._write_batch()
        connection.close()  # this thread's own

    def _write_batch(self) -> None:
        with self._lock:
            letters, self._letters = self._letters[:LARGEST_BATCH], self._letters[LARGEST_BATCH:]
            waiters, self._waiters = self._waiters[:LARGEST_BATCH], self._waiters[LARGEST_BATCH:]
            if not self._letters:
                self._something.clear()
                self._urgent.clear()
        if not letters:
            return
        WAITING.set(len(self._letters))
        try:
            outcomes = self._write_down(letters)
        except DatabaseFault as error:
            log.error("letters_not_written", error=type(error).__name__, size=len(letters))
            self._give_back(letters, waiters)
            return
        RECORDED.inc(len(letters))
        _tell(waiters, outcomes)

    def _write_down(self, letters: Sequence[Letter]) -> Sequence[Recorded | NotWritten]:
        """Write a batch; where one letter cannot be written, all the others still are."""
        try:
            return self._record(letters)
        except DatabaseFault as error:
            if not isinstance(error, DataError | IntegrityError):
                raise  # the database is away or busy: the same batch may go in later
            failed: Exception = error
        except Exception as error:  # noqa: BLE001 - a fault of ours must not stop the thread
            failed = error
        if len(letters) == 1:
            log.error("letter_not_written", error=repr(failed)[:200], exc_info=failed)
            return [NotWritten()]
        return [outcome for letter in letters for outcome in self._write_down([letter])]

    def _give_back(self, letters: list[Letter], waiters: list[Waiter | None]) -> None:
        """Tell those who wait that it failed, and try the rest again in a moment."""
        _tell(waiters, [NotWritten()] * len(waiters))
        noted = [letter for letter, waiter in zip(letters, waiters, strict=True) if waiter is None]
        if self._closing:
            log.error("letters_lost", size=len(noted))
            return
        time.sleep(AGAIN_S)
        with self._lock:
            self._letters[:0] = noted
            self._waiters[:0] = [None] * len(noted)
            self._something.set()


def _tell(waiters: Sequence[Waiter | None], outcomes: Sequence[Recorded | NotWritten]) -> None:
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Waiter, Recorded | NotWritten]]] = {}
    for waiter, outcome in zip(waiters, outcomes, strict=True):
        if waiter is not None:
            by_loop.setdefault(waiter.get_loop(), []).append((waiter, outcome))
    for loop, told in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, told)
        except RuntimeError:  # the loop ended meanwhile: nobody is left to tell
            log.debug("nobody_waits", size=len(told))


def _settle(told: list[tuple[Waiter, Recorded | NotWritten]]) -> None:
    for waiter, outcome in told:
        if waiter.done():  # its request was given up
            continue
        if isinstance(outcome, NotWritten):
            waiter.set_exception(outcome)
        else:
            waiter.set_result(outcome)


def account_ids() -> dict[str, int]:
    """Return the ids of the accounts by slug."""
    return dict(OfficialAccount.objects.values_list("slug", "pk"))


def record_in_thread(letters: Sequence[Letter]) -> Sequence[Recorded]:
    """Write a batch from the writer's own thread, whose connection stays open while it works."""
    try:
        return record_letters(letters, account_ids=account_ids())
    except DatabaseFault:
        connection.close()
        raise
