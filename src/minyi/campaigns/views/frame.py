# SPDX-License-Identifier: Apache-2.0
"""What the pages of one campaign have in common: finding it, and the frame around the content."""

from datetime import datetime

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language

from minyi.campaigns.queries import public
from minyi.campaigns.queries.public import PublicCampaign


def reading_language() -> str:
    """Return the language this page is written in."""
    return get_language() or public.ORIGINAL


def find(slug: str, now: datetime) -> PublicCampaign:
    """Return the campaign in the reader's language."""
    return public.get_campaign(slug=slug, language=reading_language(), now=now)


def page(
    request: HttpRequest, template: str, campaign: PublicCampaign, **context: object
) -> HttpResponse:
    """Draw a page of this campaign. It stands for one reader: shared caches must not keep it."""
    frame = {
        "campaign": campaign,
        "languages": [choice for choice in settings.LANGUAGES if choice[0] in campaign.languages],
        "office_name": campaign.office_name,
        "supervision_phone": campaign.supervision_phone,
    }
    response = render(request, template, {**frame, **context})
    return for_one_reader(response)


def for_one_reader(response: HttpResponse) -> HttpResponse:
    """Say that language and type size, both in cookies, decide how the page looks."""
    response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ["Cookie"])
    return response


def private(response: HttpResponse) -> HttpResponse:
    """Keep a page with somebody's own matters out of every cache and search engine."""
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex"
    return response
