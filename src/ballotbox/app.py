# SPDX-License-Identifier: Apache-2.0
"""The ballot box as an ASGI application: POST /v/ballots, GET /v/healthz, GET /v/metrics.

Raw ASGI without a framework: on this path every microsecond is multiplied by a crowd.
"""

import gc
import hmac
import logging
import os
import sys
import time
from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from ballotbox import metrics
from ballotbox.answers import (
    Answer,
    ballot_page,
    error_page,
    receipt_answer,
    refusal_answer,
    text_answer,
)
from ballotbox.ballots import Ballot
from ballotbox.box import BallotBox
from ballotbox.refusals import Refused, pick_language
from ballotbox.request import (
    BodyReader,
    Envelope,
    Receive,
    Scope,
    Send,
    Submission,
    check_nonce,
    read_conduct,
    read_envelope,
    read_form,
    read_json,
)
from ballotbox.rules import RoundSnapshot, check_picks, check_round_is_open
from ballotbox.schema import SchemaMismatch
from ballotbox.sequencer import (
    Outcome,
    ProcessSequencer,
    Sealer,
    Sequencer,
    ThreadSequencer,
)
from ballotbox.settings import Settings, read_settings
from ballotbox.store import StoreUnavailable
from ballotbox.stores import open_store
from ballotbox.ticket import Ticket, check_ticket, read_ticket, session_for
from ballotbox.work import check_work

RETRY_START_S = 1.0
PROXY_HEADERS = frozenset((b"forwarded", b"x-real-ip", b"via"))

log = logging.getLogger("ballotbox")


class BallotApp:
    """The ASGI application around one ballot box."""

    def __init__(self, settings: Settings, make_box: Callable[[], BallotBox]) -> None:
        self._settings = settings
        self._make_box = make_box
        self._box = make_box()
        self._bodies = BodyReader()
        self._start_failed_at = -RETRY_START_S

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request or follow the server's lifespan."""
        # Hands the coroutine on instead of awaiting it: one frame less to wake up per ballot.
        if scope["type"] == "http":
            if scope["path"] == "/v/ballots" and scope["method"] == "POST":
                return self._take(scope, receive, send)
            return self._look(scope, send)
        if scope["type"] == "lifespan":
            return self._live(receive, send)
        raise RuntimeError(f"The ballot box does not speak {scope['type']}.")

    async def start(self) -> None:
        """Begin to take ballots; a box that was stopped is replaced by a new one."""
        await self._box.start()

    async def stop(self) -> None:
        """Answer everyone who waits and end."""
        box, self._box = self._box, self._make_box()
        await box.stop()

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.start()
        except (SchemaMismatch, StoreUnavailable) as error:
            log.error("start_failed error=%s", error)
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.stop()
        await send({"type": "lifespan.shutdown.complete"})

    async def _take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a ballot, have it stored, and answer with its receipt or a refusal."""
        envelope: Envelope | None = None
        ticket: Ticket | None = None
        outcome: Outcome
        try:
            envelope = read_envelope(scope["headers"])
            body = await self._bodies.read(receive, envelope.length)
            submission = read_form(body) if envelope.is_form else read_json(body)
            ticket = read_ticket(submission.ticket, key=self._settings.ticket_key)
            now_s = time.time()
            check_ticket(ticket, now_s=now_s, session=session_for(envelope.cookie))
            if submission.round is not None and submission.round != ticket.round_id:
                raise Refused("ticket_other_round")
            if not self._box.is_running:
                await self._start_late()
            rounds = self._box.rounds
            round_ = rounds.find_fresh(ticket.round_id) or await rounds.get(ticket.round_id)
            _check_window(submission, ticket, round_, now_ms=int(now_s * 1000))
            nonce = check_nonce(submission.nonce)
            picks = check_picks(submission.picks, round_)
            check_work(ticket, submission.work, key=self._settings.ticket_key)
            conduct = read_conduct(submission.conduct)
            # A crowd waits below; what each no longer needs is let go while it is in the cache.
            del body, submission
            outcome = await self._box.cast(
                Ballot(ticket.round_id, ticket.voter_ref, nonce, picks, ticket.risk, "", conduct)
            )
        except Refused as refused:
            outcome = refused
        if isinstance(outcome, Refused):
            answer = await self._refuse(outcome, scope, envelope, ticket)
        elif envelope is not None and envelope.is_form:
            answer = ballot_page(round_.slug, receipt=outcome.receipt)
        else:
            answer = receipt_answer(outcome)
        await send(answer.start)
        await send(answer.end)

    async def _refuse(
        self, refused: Refused, scope: Scope, envelope: Envelope | None, ticket: Ticket | None
    ) -> Answer:
        metrics.REFUSED.labels(refused.code).inc()
        if envelope is None or not envelope.is_form:
            language = ticket.language if ticket else _language_of(scope)
            return refusal_answer(refused, language=language)
        if ticket is None:
            return error_page(refused.code)
        try:
            round_ = await self._box.rounds.get(ticket.round_id)
        except Refused:
            return error_page(refused.code)
        return ballot_page(round_.slug, code=refused.code)

    async def _start_late(self) -> None:
        """Start with the first ballot where no lifespan reaches us; try again once a second."""
        if time.monotonic() - self._start_failed_at < RETRY_START_S:
            raise Refused("storage_unavailable")
        try:
            await self.start()
        except (SchemaMismatch, StoreUnavailable) as error:
            self._start_failed_at = time.monotonic()
            log.error("start_failed error=%s", error)
            raise Refused("storage_unavailable") from error

    async def _look(self, scope: Scope, send: Send) -> None:
        answer = self._state(scope)
        await send(answer.start)
        await send(answer.end)

    def _state(self, scope: Scope) -> Answer:
        path, method = scope["path"], scope["method"]
        refused = Refused("not_found")
        if path == "/v/ballots":
            refused = Refused("method_not_allowed", allow="POST")
        elif path in ("/v/healthz", "/v/metrics") and method != "GET":
            refused = Refused("method_not_allowed", allow="GET")
        elif path == "/v/healthz":
            running = self._box.is_running
            state = b'{"status":"ok"}' if running else b'{"status":"not started"}'
            return text_answer(200 if running else 503, state, "application/json")
        elif path == "/v/metrics" and self._may_read_metrics(scope):
            return text_answer(200, generate_latest(), CONTENT_TYPE_LATEST)
        return refusal_answer(refused, language=_language_of(scope))

    def _may_read_metrics(self, scope: Scope) -> bool:
        """Keep the turnout from the public: only with the token, or from this very machine."""
        headers = dict(scope["headers"])
        if self._settings.metrics_token:
            expected = b"Bearer " + self._settings.metrics_token.encode()
            return hmac.compare_digest(expected, headers.get(b"authorization", b""))
        client = scope.get("client") or ("", 0)
        # A proxy on this machine makes everybody look local, whichever of these it sets.
        proxied = any(name.startswith(b"x-forwarded-") or name in PROXY_HEADERS for name in headers)
        return client[0] in ("127.0.0.1", "::1") and not proxied


def _check_window(
    submission: Submission, ticket: Ticket, round_: RoundSnapshot, *, now_ms: int
) -> None:
    """Refuse what comes outside the window, but for a whole ballot after close or in a pause.

    That may be one whose answer got lost. The store looks it up and gives its receipt again or
    the same refusal, for its statement adds nothing to a round that is not open.
    """
    try:
        check_round_is_open(round_, now_ms=now_ms)
    except Refused as refused:
        if refused.code == "not_started" or not _is_whole(submission, ticket, round_):
            raise


def _is_whole(submission: Submission, ticket: Ticket, round_: RoundSnapshot) -> bool:
    if ticket.work and not submission.work:
        return False
    try:
        check_nonce(submission.nonce)
        check_picks(submission.picks, round_)
    except Refused:
        return False
    return True


def _language_of(scope: Scope) -> str:
    header = dict(scope["headers"]).get(b"accept-language", b"")
    return pick_language(header.decode("latin-1"))


def create_app(settings: Settings, *, sealer: Sealer | None = None) -> BallotApp:
    """Return the ASGI application; `sealer` writes each batch into the public log."""

    def make_box() -> BallotBox:
        store = open_store(settings.database_url)
        sequencer: Sequencer = (
            ProcessSequencer(settings) if sealer is None else ThreadSequencer(store, sealer)
        )
        return BallotBox(store=store, sequencer=sequencer, queue_limit=settings.queue_limit)

    return BallotApp(settings, make_box)


def __getattr__(name: str) -> BallotApp:
    # `app` is made when a server asks for it, so that importing this module needs no environment.
    if name != "app":
        raise AttributeError(name)
    made = create_app(read_settings(os.environ))
    _tune_interpreter()
    globals()["app"] = made
    return made


def _tune_interpreter() -> None:
    """Suit a serving process to a crowd.

    The cyclic collector looks again and again at thousands of waiting requests that hold no
    cycles. And no thread should wait Python's usual 5 ms for the interpreter, the loop not for a
    page being rendered, the commit not for the loop; below 2 ms the changes themselves cost more.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    sys.setswitchinterval(0.002)
