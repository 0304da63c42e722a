# SPDX-License-Identifier: Apache-2.0
"""Help: how to take part, what each refusal means, what happens to personal data."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ballotbox.refusals import TABLE

from .errors import DomainError, Words
from .words import sentences

PLACE = re.compile(r"%\(\w+\)[sd]")
ROBOTS = """User-agent: *
Disallow: /staff/
Disallow: /v/
Disallow: /wechat/
Disallow: /notices/
Disallow: /c/*/ballot/
Disallow: /c/*/nominate/
Disallow: /c/*/board/events
"""


@dataclass(frozen=True, slots=True)
class Explained:
    """One refusal in the list of all."""

    code: str
    title: str
    advice: str  # what it means and what to do


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Tell how to take part, whom to complain to, and what is done for accessibility."""
    return _for_one_reader(render(request, "core/help.html"))


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Tell what personal data is processed, why, how long, and which rights there are (P-01)."""
    return _for_one_reader(render(request, "core/privacy.html"))


@require_safe
def refusals(request: HttpRequest) -> HttpResponse:
    """List every refusal: code, what it means, what to do. Problem documents point here."""
    context = {"voting": list(_of_voting()), "others": list(_of_the_rest())}
    return _for_one_reader(render(request, "core/refusals.html", context))


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Keep search engines out of what belongs to one person or to the staff."""
    response = HttpResponse(ROBOTS, content_type="text/plain")
    response["Cache-Control"] = "public, max-age=3600"
    return response


def _for_one_reader(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie"])
    return response


def _of_voting() -> Iterator[Explained]:
    for row in TABLE.values():
        yield Explained(row.code, _(row.title), _advice(_(row.sentence), _(row.action)))


def _of_the_rest() -> Iterator[Explained]:
    seen = set(TABLE)
    for kind in _kinds(DomainError):
        if kind.code not in seen:
            seen.add(kind.code)
            yield Explained(kind.code, str(kind.title), _advice(kind.sentence, kind.action))


def _kinds(parent: type[DomainError]) -> Iterator[type[DomainError]]:
    yield parent
    for kind in parent.__subclasses__():
        yield from _kinds(kind)


def _advice(sentence: Words, action: Words) -> str:
    """Leave the places of the sentence open: «%(limit)d» and «%(limit)s» alike."""
    return sentences((PLACE.sub("……", str(sentence)), action))
