# SPDX-License-Identifier: Apache-2.0
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from minyi.core.refusals import refusal_response

from .errors import LockedOut


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: dict[str, str]
) -> HttpResponse:
    """Answer a locked-out log-in as every other refusal (django-axes calls this)."""
    return refusal_response(request, LockedOut())


def address_behind_proxies(request: HttpRequest) -> str:
    """Return the address our outermost proxy saw (django-axes calls this in production).

    Each proxy appends to X-Forwarded-For whom it talks to, so only the last `PROXIES` entries are
    ours; what stands before them the visitor may have invented.
    """
    direct: str = request.META.get("REMOTE_ADDR", "")
    if not settings.PROXIES:
        return direct
    passed = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    return passed[-settings.PROXIES :][0] or direct
