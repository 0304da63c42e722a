# SPDX-License-Identifier: Apache-2.0
"""The citizen's own page: switch an account's notices off, and on again."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from minyi.agencies.models import OfficialAccount
from minyi.core.errors import NotFound

from .channels import find_channel
from .notices import Messenger, find_messenger
from .session import CitizenSession

ASKED = "asked"  # set on the way back from the channel: who comes back unknown is not sent again


@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: HttpRequest, account: str) -> HttpResponse:
    """Show whether this account may write to the citizen, and change it."""
    row = OfficialAccount.objects.select_related("agency").filter(slug=account).first()
    if row is None:
        raise NotFound
    citizen: CitizenSession | None = getattr(request, "citizen", None)
    messenger = find_messenger(citizen.channel) if citizen else None
    if citizen is None or messenger is None or citizen.account != account:
        return _ask_who(request, row)
    if request.method == "POST":
        return _switch(request, citizen, messenger)
    wanted = messenger.is_wanted(account=account, subject=citizen.subject)
    return _page(request, row, wanted=wanted, has_changed="changed" in request.GET)


def _switch(request: HttpRequest, citizen: CitizenSession, messenger: Messenger) -> HttpResponse:
    messenger.switch(
        account=citizen.account,
        subject=citizen.subject,
        wanted=request.POST.get("notices") == "on",
        now=timezone.now(),
    )
    response = HttpResponseRedirect(f"{request.path}?changed=1")
    response.status_code = 303
    return _private(response)


def _ask_who(request: HttpRequest, row: OfficialAccount) -> HttpResponse:
    """Find out who this is by the channel they are in; elsewhere say where to open the page."""
    channel = find_channel(request)
    if channel is None or ASKED in request.GET:
        return _page(request, row, wanted=None, has_changed=False)
    back = f"{request.path}?{urlencode({ASKED: '1'})}"
    target = channel.login_url(request, account=row.slug, come_back_to=back)
    return _private(HttpResponseRedirect(target))


def _page(
    request: HttpRequest, row: OfficialAccount, *, wanted: bool | None, has_changed: bool
) -> HttpResponse:
    context = {
        "account_name": row.name,
        "office_name": row.agency.name,
        "supervision_phone": row.agency.supervision_phone,
        "wanted": wanted,
        "has_changed": has_changed,
    }
    return _private(render(request, "citizens/notices.html", context))


def _private(response: HttpResponse) -> HttpResponse:
    """Keep a page with somebody's own matters out of every cache and search engine."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
