# SPDX-License-Identifier: Apache-2.0
"""Who is at the other end. Only the citizen's session says so: nothing in a request is believed."""

from datetime import datetime
from urllib.parse import urlencode

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from minyi.campaigns.queries import own
from minyi.campaigns.queries.own import OwnBallot
from minyi.campaigns.queries.public import PublicCampaign
from minyi.campaigns.services import tickets
from minyi.citizens.channels import find_channel
from minyi.citizens.session import CitizenSession

ASKED = "asked"  # set on the way back from the channel: who comes back unknown is not sent again


def citizen_for(request: HttpRequest, campaign: PublicCampaign) -> CitizenSession | None:
    """Return who this is, when they came through the account that runs the campaign."""
    session: CitizenSession | None = getattr(request, "citizen", None)
    if session is None or not campaign.account or session.account != campaign.account:
        return None
    return session


def earlier_ballot(
    campaign: PublicCampaign, citizen: CitizenSession | None, now: datetime, tag: str = ""
) -> OwnBallot | None:
    """Return the citizen's ballot of the present period, if there is one.

    `tag` saves looking for it where the caller has it already.
    """
    if citizen is None or campaign.voting is None:
        return None
    return own.find_ballot(
        round_id=campaign.voting.round_id,
        voter_ref=tag or tickets.voter_ref_for(campaign_id=campaign.id, session=citizen),
        frequency=campaign.frequency,
        now=now,
    )


def own_receipt(
    campaign: PublicCampaign, citizen: CitizenSession, receipt: str
) -> OwnBallot | None:
    """Return the citizen's own ballot with that receipt; the receipt of somebody else is none."""
    if campaign.voting is None:
        return None
    return own.find_receipt(
        round_id=campaign.voting.round_id,
        voter_ref=tickets.voter_ref_for(campaign_id=campaign.id, session=citizen),
        receipt=receipt[:32],
    )


def ask_who(request: HttpRequest, campaign: PublicCampaign, *, reason: str) -> HttpResponse:
    """Find out who this is: by the channel they are in, or by a code to open in WeChat."""
    channel = find_channel(request)
    if channel is None or not campaign.account:
        return _explain(request, campaign, title=_("请在微信中打开"), reason=reason)
    if ASKED in request.GET:
        title = _("没有确认到您的身份")
        reason = _("微信没有返回身份，或者浏览器没有保存 Cookie。请关闭页面后，从公众号重新进入。")
        return _explain(request, campaign, title=title, reason=reason)
    query = urlencode({**request.GET.dict(), ASKED: "1"})
    target = channel.login_url(
        request, account=campaign.account, come_back_to=f"{request.path}?{query}"
    )
    response = HttpResponseRedirect(target)
    response["Cache-Control"] = "no-store"
    return response


def _explain(
    request: HttpRequest, campaign: PublicCampaign, *, title: str, reason: str
) -> HttpResponse:
    query = request.GET.copy()
    query.pop(ASKED, None)
    address = request.build_absolute_uri(f"{request.path}?{query.urlencode()}".rstrip("?"))
    context = {
        "campaign": campaign,
        "title": title,
        "reason": reason,
        "qr": qr_code(address),
        "page_url": address,
        "office_name": campaign.office_name,
        "supervision_phone": campaign.supervision_phone,
    }
    response = render(request, "campaigns/open_in_wechat.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


def qr_code(address: str) -> SafeString:
    """Draw an address as a QR code: inline SVG without style attributes, which the CSP refuses."""
    drawn = segno.make(address, error="m").svg_inline(scale=8, border=2, omitsize=True)
    return mark_safe(drawn)  # noqa: S308  (segno writes only paths; the address is not in it)
