# SPDX-License-Identifier: Apache-2.0
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from minyi.core.actors import ANONYMOUS, Actor


def staff_actor(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Attach `request.actor`: the member of staff, or nobody. Looked up only when asked for."""

    def find(request: HttpRequest) -> Actor:
        return request.user.actor if request.user.is_authenticated else ANONYMOUS

    def respond(request: HttpRequest) -> HttpResponse:
        request.actor = SimpleLazyObject(lambda: find(request))  # type: ignore[attr-defined]
        return get_response(request)

    return respond
