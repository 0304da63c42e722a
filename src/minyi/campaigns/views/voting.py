# SPDX-License-Identifier: Apache-2.0
"""The nominees, which are also the ballot paper, and what the ballot box answered."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from minyi.agencies.lockout import address_behind_proxies
from minyi.campaigns.errors import AttemptRefused, TooManyPapers
from minyi.campaigns.queries import cards, order
from minyi.campaigns.queries.appeals import find_standing
from minyi.campaigns.queries.cards import NomineeCard
from minyi.campaigns.queries.ledgers import find_own_proof, find_public_log
from minyi.campaigns.queries.public import PublicCampaign, Said
from minyi.campaigns.services import tickets
from minyi.citizens.channels import find_channel
from minyi.citizens.session import CitizenSession
from minyi.integrity.services.visits import Circumstances

from . import frame
from .identity import ask_who, citizen_for, earlier_ballot, own_receipt
from .refusals import explain_refusal

NOBODY = tickets.Pseudonyms("", "")
EARLY_PICTURES = 4  # on the first screen of a phone; the rest load as one scrolls


@dataclass(frozen=True, slots=True)
class BallotPaper:
    """What makes the list a ballot: a ticket for this session and a number for this one paper.

    `numbers` are all that may be picked, whatever part of the list is shown: "1 2 3". `work` is
    JSON of the challenge that the page must solve, or empty.
    """

    ticket: str
    nonce: str
    numbers: str
    work: str


@require_safe
def nominees(request: HttpRequest, slug: str) -> HttpResponse:
    """List the candidates; for a citizen who may vote now, as one form.

    Reading needs no identity. `?vote=1` is how one asks to vote.
    """
    now = timezone.now()
    campaign = frame.find(slug, now)
    if not campaign.shows_candidates:
        return frame.page(request, "campaigns/nominees_later.html", campaign)
    citizen = citizen_for(request, campaign)
    is_open = campaign.voting is not None and campaign.voting.state == "open"
    if is_open and citizen is None and "vote" in request.GET:
        return ask_who(request, campaign, reason=_("投票需要通过微信确认身份，以保证一人一票。"))
    names = tickets.pseudonyms_for(campaign_id=campaign.id, session=citizen) if citizen else NOBODY
    earlier = earlier_ballot(campaign, citizen, now, names.tag)
    paper = None
    if is_open and citizen and not earlier:
        with _reading_needs_no_identity(request):
            paper = _paper(request, campaign, citizen, now)
    found = cards.list_cards(campaign=campaign, language=frame.reading_language())
    wanted = Wanted.read(request)
    shown = wanted.among(_in_order(found, campaign, names.order))
    response = frame.page(
        request,
        "campaigns/nominees.html",
        campaign,
        cards=_draw(shown, is_pickable=paper is not None),
        paper=paper,
        earlier=earlier,
        wanted=wanted,
        total=len(found),
        kinds=_kinds(campaign, found),
        reader=names.order or order.EVERYONE,
        seed=_seed(campaign),
    )
    return frame.private(response) if citizen else response


@require_safe
def ballot(request: HttpRequest, slug: str) -> HttpResponse:
    """Show what became of a ballot: the receipt, or why it was refused. Never what was picked."""
    now = timezone.now()
    campaign = frame.find(slug, now)
    citizen = citizen_for(request, campaign)
    if code := request.GET.get("code", ""):
        earlier = earlier_ballot(campaign, citizen, now)
        refusal = explain_refusal(code, campaign=campaign, earlier=earlier)
        page = frame.page(
            request, "campaigns/ballot_refused.html", campaign, refusal=refusal, earlier=earlier
        )
        return frame.private(page)
    if citizen is None:
        return ask_who(request, campaign, reason=_("查看本人的投票回执，需要通过微信确认身份。"))
    receipt = request.GET.get("receipt", "")
    found = own_receipt(campaign, citizen, receipt) if receipt else None
    own = found or earlier_ballot(campaign, citizen, now)
    log = find_public_log(campaign=campaign, now=now) if own else None
    proof = find_own_proof(campaign=campaign, ballot=own, log=log) if own else None
    page = frame.page(
        request,
        "campaigns/ballot.html",
        campaign,
        own=own,
        is_unknown=bool(receipt) and found is None,
        is_forgotten=own is None and tickets.is_forgotten(campaign.id),
        log=log,
        proof=proof,
        standing=find_standing(campaign=campaign, log=log, proof=proof),
    )
    return frame.private(page)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader looks for in the list."""

    words: str
    category: int | None

    @classmethod
    def read(cls, request: HttpRequest) -> "Wanted":
        """Read search words and category; what cannot be read asks for nothing."""
        category = request.GET.get("category", "")
        is_number = category.isascii() and category.isdecimal()
        return cls(request.GET.get("q", "").strip()[:60], int(category[:18]) if is_number else None)

    def among(self, found: list[NomineeCard]) -> list[NomineeCard]:
        """Keep what is looked for, in the order given."""
        if self.category is not None:
            found = [card for card in found if card.category_id == self.category]
        return [card for card in found if card.matches(self.words)] if self.words else found


@contextmanager
def _reading_needs_no_identity(request: HttpRequest) -> Iterator[None]:
    """Say why somebody may not vote when they ask to; let them read all the same."""
    try:
        yield
    except (AttemptRefused, TooManyPapers):
        if "vote" in request.GET:
            raise


def _paper(
    request: HttpRequest, campaign: PublicCampaign, citizen: CitizenSession, now: datetime
) -> BallotPaper:
    channel = find_channel(request)
    seen = Circumstances(
        address=address_behind_proxies(request),
        user_agent=request.headers.get("User-Agent", ""),
        mark=request.GET.get("from", ""),
        is_in_channel=channel is not None and channel.key == citizen.channel,
    )
    handed = tickets.hand_out_ticket_by_id(
        campaign_id=campaign.id,
        session=citizen,
        language=frame.reading_language(),
        now=now,
        seen=seen,
    )
    numbers = campaign.voting.numbers if campaign.voting else frozenset()
    listed = " ".join(map(str, sorted(numbers)))
    return BallotPaper(handed.ticket, secrets.token_hex(16), listed, handed.challenge)


def _in_order(found: list[NomineeCard], campaign: PublicCampaign, reader: str) -> list[NomineeCard]:
    by_number = {card.number: card for card in found}
    numbers = order.order_numbers(seed=_seed(campaign), reader=reader, numbers=by_number)
    return [by_number[number] for number in numbers]


def _seed(campaign: PublicCampaign) -> str:
    return campaign.voting.order_seed if campaign.voting else campaign.slug


def _kinds(campaign: PublicCampaign, found: list[NomineeCard]) -> list[tuple[int, Said, int]]:
    """Return (id, name, number of candidates) of each category that has candidates."""
    counted = [
        (kind.id, kind.name, sum(card.category_id == kind.id for card in found))
        for kind in campaign.categories
    ]
    return [kind for kind in counted if kind[2]]


def _draw(shown: list[NomineeCard], *, is_pickable: bool) -> list[SafeString]:
    language = frame.reading_language()
    return [
        draw_card(card, language, is_pickable, place < EARLY_PICTURES)
        for place, card in enumerate(shown)
    ]


@lru_cache(maxsize=4096)
def draw_card(card: NomineeCard, language: str, is_pickable: bool, is_early: bool) -> SafeString:
    """Draw one card. Nothing but the arguments decides how it looks, so it is drawn once.

    `language` is the active one: it belongs to the key.
    """
    context = {"nominee": card, "pickable": is_pickable, "early": is_early}
    return render_to_string("ui/_nominee_card.html", context)
