# SPDX-License-Identifier: Apache-2.0
"""What every request passes: a number and a log line, reading preferences, refusals as answers."""

import time
import uuid
from collections.abc import Callable

import structlog
from csp.constants import UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse

from .errors import DomainError
from .preferences import read_preferences
from .refusals import refusal_response

log = structlog.get_logger("minyi.request")
GetResponse = Callable[[HttpRequest], HttpResponse]
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


def reading_preferences(get_response: GetResponse) -> GetResponse:
    """Attach how this reader wants to read: type size and contrast (language is Django's)."""

    def respond(request: HttpRequest) -> HttpResponse:
        request.preferences = read_preferences(request.COOKIES)  # type: ignore[attr-defined]
        return get_response(request)

    return respond


def console_scripts(get_response: GetResponse) -> GetResponse:
    """Let the staff console run Wagtail's inline scripts.

    Its pickers for dates, pictures and documents start by inline scripts without a nonce. The
    citizens' pages keep the strict policy.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path.startswith("/staff/"):
            response._csp_update = {"script-src": [UNSAFE_INLINE]}  # type: ignore[attr-defined]
        return response

    return respond


class RefusalMiddleware:
    """Turn a DomainError into a page, a fragment or problem JSON: the one error shape."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return refusal_response(request, error) if isinstance(error, DomainError) else None
