# SPDX-License-Identifier: Apache-2.0
"""Reading preferences, and the style guide of the project's own pages."""

from typing import get_args

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from minyi.core.preferences import TYPE_COOKIE, TypeSize

from . import samples

YEAR_S = 365 * 24 * 3600


@require_POST
def set_preferences(request: HttpRequest) -> HttpResponse:
    """Keep the reader's language and type size in cookies, then show the page they came from.

    Unknown values change nothing.
    """
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = HttpResponseRedirect(back)
    response.status_code = 303
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        _keep(response, settings.LANGUAGE_COOKIE_NAME, language)
    size = request.POST.get("type_size", "")
    if size in get_args(TypeSize):
        _keep(response, TYPE_COOKIE, size)
    return response


def _keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(name, value, max_age=YEAR_S, samesite="Lax", httponly=True)


@require_GET
def styleguide(request: HttpRequest) -> HttpResponse:
    """Show every component with sample values (development only)."""
    return render(request, "ui/styleguide.html", samples.everything())
