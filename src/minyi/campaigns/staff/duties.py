# SPDX-License-Identifier: Apache-2.0
"""What waits for a member of staff, in words and with the way there."""

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minyi.campaigns.queries.clusters import clusters_waiting
from minyi.campaigns.queries.duties import read_duties
from minyi.campaigns.services.objection_cases import concern_of
from minyi.ui.templatetags.ui_tags import distance

WORDS = {
    "complaints": (gettext_lazy("%(many)d 件对投票的投诉等待办理"), gettext_lazy("去监督室")),
    "objections": (gettext_lazy("%(many)d 份异议等待您办理"), gettext_lazy("去办理")),
    "proposals": (gettext_lazy("%(many)d 份异议等待您复核"), gettext_lazy("去复核")),
    "remedies": (gettext_lazy("%(many)d 份成立的异议还没有更正完成"), gettext_lazy("去办理")),
    "appeals": (gettext_lazy("%(many)d 份选票申诉等待答复"), gettext_lazy("去办理")),
    "answers": (gettext_lazy("%(many)d 份选票申诉等待您复核"), gettext_lazy("去复核")),
    "rulings": (gettext_lazy("%(many)d 项选票认定等待您确认"), gettext_lazy("去确认")),
}
STATES = {"objections": ("filed", "accepted"), "proposals": ("proposed",), "remedies": ("upheld",)}


def duties_of(actor):
    """Return a line for each thing that waits: its words, and the link's words and address."""
    return [
        *(_clusters_line(vote) for vote in clusters_waiting(actor)),
        *(_line(duty) for duty in read_duties(actor, concern_of=concern_of)),
    ]


def _clusters_line(vote):
    what = {"title": vote.title, "many": vote.many, "first": ""}
    if vote.first:
        moment = date_format(localtime(vote.first), "MONTH_DAY_FORMAT")
        far = distance(localtime(vote.first), localtime(timezone.now()))
        what["first"] = _("，最早的于%(moment)s（%(far)s）自动解除") % {
            "moment": moment,
            "far": far,
        }
    return {
        "words": _("“%(title)s”有 %(many)d 群选票等待核查%(first)s。") % what,
        "link": _("去核查"),
        "url": reverse("cluster_list", args=[vote.campaign_id]),
    }


def _line(duty):
    said, link = WORDS[duty.kind]
    what = {"title": duty.title, "what": said % {"many": duty.many}}
    return {"words": _("“%(title)s”有 %(what)s。") % what, "link": link, "url": _address(duty)}


def _address(duty):
    if duty.kind == "complaints":
        return reverse("supervision_room", args=[duty.campaign_id])
    if duty.kind not in STATES:
        return reverse("ballot_desk", args=[duty.campaign_id])
    states = "".join(f"&state={state}" for state in STATES[duty.kind])
    return f"{reverse('objections:index')}?campaign={duty.campaign_id}{states}"
