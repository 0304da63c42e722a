# SPDX-License-Identifier: Apache-2.0
from django.http import HttpRequest, HttpResponse

from minyi.core.refusals import refusal_response

from .errors import LockedOut


def locked_out(
    request: HttpRequest, response: HttpResponse | None, credentials: dict[str, str]
) -> HttpResponse:
    """Answer a locked-out log-in as every other refusal (django-axes calls this)."""
    return refusal_response(request, LockedOut())
