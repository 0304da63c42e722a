# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from .session import read_session


def current_citizen(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Attach `request.citizen`: the CitizenSession of this browser, or None."""

    def respond(request: HttpRequest) -> HttpResponse:
        request.citizen = read_session(request)  # type: ignore[attr-defined]
        return get_response(request)

    return respond
