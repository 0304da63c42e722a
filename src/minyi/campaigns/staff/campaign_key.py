# SPDX-License-Identifier: Apache-2.0
"""The key of a campaign and its trustees: made, rehearsed, replaced, opened. Shares show once."""

import re
from base64 import b64encode

import segno
from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.safestring import mark_safe
from django.utils.text import slugify
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters

from minyi.campaigns.models import Campaign, Round
from minyi.campaigns.services import trustees
from minyi.core.errors import DomainError
from minyi.core.words import listed
from minyi.ledger.queries.logs import tally
from minyi.ledger.queries.trustees import find_key
from minyi.ledger.services.trustees import Person
from minyi.ledger.shares import NEEDED, TRUSTEES

from . import pages
from .campaign_pages import CampaignPage

LARGEST_FILE = 4_096  # bytes; a share's file has some hundred
_SHARE = re.compile(r"(?:[A-Z2-7]{4}-){9}[A-Z2-7]{4}")
PLACES = ("first", "second")
VOTING = 2  # the place of the vote among the steps


@method_decorator(sensitive_post_parameters(), name="dispatch")
class KeyView(CampaignPage):
    """One page for everything about the key. By POST `act` says what is wanted."""

    template_name = "campaigns/staff/campaign_key.html"
    page_title = ""

    def get_page_title(self):
        return _("选票密钥和受托人")

    def get(self, request, **kwargs):
        return self._page()

    def post(self, request, **kwargs):
        acts = {
            "make": self._make,
            "rehearse": self._rehearse,
            "reissue": self._reissue,
            "open": self._open,
        }
        act = request.POST.get("act", "")
        refusals: list[DomainError] = []
        with pages.explaining(refusals.append):
            if act in acts:
                return acts[act]()
        return self._page(refusal=refusals[0] if refusals else None, act=act)

    def _make(self):
        said = self.request.POST
        people = [
            Person(said.get(f"name_{place}", "")[:40], said.get(f"office_{place}", "")[:80])
            for place in range(1, TRUSTEES + 1)
        ]
        return self._hand_out(trustees.make_key(people=people, **self._facts()))

    def _reissue(self):
        return self._hand_out(trustees.reissue_shares(texts=self._texts(), **self._facts()))

    def _rehearse(self):
        names = trustees.rehearse_opening(texts=self._texts(), **self._facts())
        messages.success(self.request, _("演练成功：%s的份额打开了测试选票。") % listed(names))
        return self._again()

    def _open(self):
        opening = trustees.open_ballots(texts=self._texts(), **self._facts())
        messages.success(
            self.request,
            _("选票已由%s开封，密钥已写入公开账本，任何人都可以计票。") % listed(opening.names),
        )
        if opening.unlike:
            messages.error(
                self.request,
                _("开封后的票数与数据库不一致（候选编号 %s）。以公开账本为准，请监督人员核查。")
                % listed(opening.unlike),
            )
        return self._again()

    def _hand_out(self, handed):
        """Show the new shares, this once: no address leads here again."""
        key = find_key(self.object.pk)
        sheets = [_sheet(share, self.object, key) for share in handed]
        response = self.render_to_response(
            self.get_context_data(campaign=self.object, key=key, sheets=sheets, url=self._url)
        )
        add_never_cache_headers(response)
        return response

    def _page(self, refusal=None, act=""):
        campaign, now = self.object, timezone.now()
        paper = Round.objects.filter(campaign=campaign).first()
        is_over = paper is not None and paper.is_sealed and _is_over(paper, now)
        key = find_key(campaign.pk)
        is_closed = key is None or key.opened_at is not None
        context = self.get_context_data(
            campaign=campaign,
            key=key,
            steps=_steps(key, paper, now),
            is_live=campaign.count_mode == Campaign.CountMode.LIVE,
            can_make=self._can("campaigns.launch") and not campaign.launched_at,
            # While people vote two shares belong into no computer.
            can_rehearse=self._can(*trustees.MAY) and not is_closed and not _has_opened(paper, now),
            can_reissue=self._can("campaigns.launch") and not is_closed,
            can_open=self._can(*trustees.MAY) and is_over and not is_closed,
            people=self._people(key),
            needed=NEEDED,
            refusal=refusal,
            act=act,
            said={place: self.request.POST.get(place, "") for place in PLACES},
        )
        response = self.render_to_response(context, status=refusal.status if refusal else 200)
        add_never_cache_headers(response)
        return response

    def _people(self, key):
        """Return the rows of the form: as typed, else as they are now."""
        known = {one.place: one for one in key.trustees} if key else {}
        rows = []
        for place in range(1, TRUSTEES + 1):
            now = known.get(place)
            name, office = (now.name, now.office) if now else ("", "")
            said = self.request.POST
            rows.append(
                {
                    "place": place,
                    "name": said.get(f"name_{place}", name),
                    "office": said.get(f"office_{place}", office),
                }
            )
        return rows

    def _texts(self):
        return [self._text(place) for place in PLACES]

    def _text(self, place):
        """Return a share as typed, or as it stands in its file."""
        file = self.request.FILES.get(f"{place}_file")
        typed = self.request.POST.get(place, "")[:200]
        if file is None or typed.strip():
            return typed
        found = _SHARE.search(file.read(LARGEST_FILE).decode("utf-8", "replace"))
        return found.group() if found else ""

    def _can(self, *permissions):
        actor = self.request.user.actor
        return any(actor.can(permission, self.object.agency_id) for permission in permissions)

    def _facts(self):
        return {
            "campaign_id": self.object.pk,
            "actor": self.request.user.actor,
            "now": timezone.now(),
        }

    @property
    def _url(self):
        return reverse("staff_campaigns:trustees", args=[self.object.pk])

    def _again(self):
        return HttpResponseRedirect(self._url)


def _has_opened(paper, now):
    return paper is not None and paper.opens_ms <= now.timestamp() * 1000


def _is_over(paper, now):
    return now.timestamp() * 1000 >= paper.closes_ms


def _sheet(share, campaign, key):
    """Return what one trustee is handed: to be printed, scanned, or kept as a file."""
    rows = [
        _("选票密钥份额（第 %(place)d 份，共 %(of)d 份，任意 %(needed)d 份可以开封）")
        % {"place": share.place, "of": TRUSTEES, "needed": NEEDED},
        _("活动：%s") % campaign.title,
        _("受托人：%(name)s（%(office)s）") % {"name": share.name, "office": share.office},
        _("分发：第 %(issue)d 次，%(day)s")
        % {"issue": key.issue, "day": f"{localtime(timezone.now()):%Y-%m-%d %H:%M}"},
        "",
        share.text,
    ]
    text = "\r\n".join(rows) + "\r\n"
    return {
        "share": share,
        "groups": share.text.split("-"),
        "qr": mark_safe(  # noqa: S308 - drawn by us from letters and digits
            segno.make(share.text, error="m").svg_inline(scale=5, border=2)
        ),
        "file": "data:text/plain;charset=utf-8;base64," + b64encode(text.encode()).decode(),
        "file_name": f"share-{slugify(campaign.slug)}-{key.issue}-{share.place}.txt",
    }


def _steps(key, paper, now):
    """Return the way of the key as `ui/_timeline.html` shows it."""
    is_sealed = paper is not None and paper.is_sealed
    done = [
        key is not None,
        key is not None and key.rehearsed_at is not None,
        is_sealed and _is_over(paper, now),
        is_sealed and key is not None and not tally(paper.log).sealed and _is_over(paper, now),
    ]
    names = [_("生成密钥，分发份额"), _("开封演练"), _("投票（选票加密）"), _("开封")]
    at = [
        key and key.made_at,
        key and key.rehearsed_at,
        None,
        key and key.opened_at,
    ]
    current = done.index(False) if False in done else len(done)
    if current == VOTING and not _has_opened(paper, now):
        current = len(done)  # nothing is to be done until then
    return [
        {
            "name": name,
            "state": "done" if is_done else "now" if place == current else "soon",
            "opens_at": moment,
        }
        for place, (name, is_done, moment) in enumerate(zip(names, done, at, strict=True))
    ]
