# SPDX-License-Identifier: Apache-2.0
"""What every request passes: a number and a log line, reading preferences, refusals as answers."""

import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Iterator

import structlog
from asgiref.sync import sync_to_async
from csp.constants import SELF, UNSAFE_INLINE
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, StreamingHttpResponse

from .errors import DomainError
from .preferences import read_preferences
from .refusals import refusal_response, wrong_method

log = structlog.get_logger("minyi.request")
GetResponse = Callable[[HttpRequest], HttpResponse]
PIECE = 64 * 1024  # bytes of a file or table fetched at a time
_QUIET = ("/healthz", "/readyz", "/metrics", "/static/")


def request_log(get_response: GetResponse) -> GetResponse:
    """Number each request and log it once, by route and never by address or query."""

    def respond(request: HttpRequest) -> HttpResponse:
        structlog.contextvars.bind_contextvars(request_id=uuid.uuid4().hex)
        started = time.perf_counter()
        response = get_response(request)
        if not request.path.startswith(_QUIET):
            match = request.resolver_match
            log.info(
                "request",
                method=request.method,
                route=match.route if match else None,
                status=response.status_code,
                ms=round((time.perf_counter() - started) * 1000, 1),
            )
        structlog.contextvars.clear_contextvars()
        return response

    return respond


def streams_piece_by_piece(get_response: GetResponse) -> GetResponse:
    """Send files and tables piece by piece; by itself Django reads them whole first, and warns."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if (
            isinstance(request, ASGIRequest)
            and isinstance(response, StreamingHttpResponse)
            and not response.is_async
        ):
            pieces: Iterable[bytes] = response.streaming_content
            response.streaming_content = _in_thread(iter(pieces))
        return response

    return respond


async def _in_thread(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while batch := await sync_to_async(_next_batch)(pieces):
        yield batch


def _next_batch(pieces: Iterator[bytes]) -> bytes:
    batch = bytearray()
    for piece in pieces:
        batch += piece
        if len(batch) >= PIECE:
            break
    return bytes(batch)


def reading_preferences(get_response: GetResponse) -> GetResponse:
    """Attach how this reader wants to read: type size and contrast (language is Django's)."""

    def respond(request: HttpRequest) -> HttpResponse:
        request.preferences = read_preferences(request.COOKIES)  # type: ignore[attr-defined]
        return get_response(request)

    return respond


def console_scripts(get_response: GetResponse) -> GetResponse:
    """Let the staff console run Wagtail's inline scripts and styles (ADR 10).

    Its pickers for dates, pictures and documents start by inline scripts without a nonce, and its
    editor brings styles along. The citizens' pages keep the strict policy.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith("/staff/"):
            response._csp_update = {"script-src": [UNSAFE_INLINE]}  # type: ignore[attr-defined]
            # In place of the citizens' one hash, beside which browsers ignore 'unsafe-inline'.
            response._csp_replace = {"style-src": [SELF, UNSAFE_INLINE]}  # type: ignore[attr-defined]
        return response

    return respond


class RefusalMiddleware:
    """Turn a DomainError into a page, a fragment or problem JSON: the one error shape.

    So is Django's bare answer to a method an address does not take, which people meet when they
    open the address of a form again.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if isinstance(response, HttpResponseNotAllowed):
            return wrong_method(request, response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return refusal_response(request, error) if isinstance(error, DomainError) else None
