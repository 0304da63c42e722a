# SPDX-License-Identifier: Apache-2.0
import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from minyi.core.actors import ANONYMOUS, Actor
from minyi.core.errors import NotAllowed
from minyi.core.refusals import refusal_response

# The rooms under /staff/ that ordinary staff enter. Wagtail's other screens and its admin API know
# nothing of agencies, so all of them are for the platform's operators.
OPEN_ROOMS = frozenset(
    {
        *("", "login", "logout", "account", "two-factor", "jsi18n", "sprite", "dismissibles"),
        *("campaigns", "nominations", "nominees", "jury"),
        *("results", "certificates", "activity-reports", "supervision", "vault"),
        *("regions", "agencies", "accounts", "posts", "rules", "audit", "witnesses"),
        *("images", "documents", "wechat"),
        *("objections", "ballots"),
    }
)
# Inside an open room, but asks for no permission on the picture: the rich text editor's only.
_SELECT_FORMAT = re.compile(r"^/staff/images/chooser/\d+/select_format/")


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


def staff_rooms(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Let ordinary staff into the rooms named above and nowhere else; logging in comes first."""

    def respond(request: HttpRequest) -> HttpResponse:
        if _is_closed(request.path) and not _may_see_all(request):
            return refusal_response(request, NotAllowed())
        return get_response(request)

    return respond


def _is_closed(path: str) -> bool:
    if not path.startswith("/staff/"):
        return False
    return path.split("/")[2] not in OPEN_ROOMS or bool(_SELECT_FORMAT.match(path))


def _may_see_all(request: HttpRequest) -> bool:
    """Operators may; whoever has not logged in is sent to do so by the console itself."""
    return not request.user.is_authenticated or request.user.is_superuser
