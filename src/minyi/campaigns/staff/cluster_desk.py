# SPDX-License-Identifier: Apache-2.0
"""What the pages of the review desk share: who may do what to a cluster, filters, the fence."""

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minyi.campaigns.errors import ClusterNotFound
from minyi.campaigns.models import Cluster, Ruling
from minyi.campaigns.queries.clusters import STATES, State
from minyi.campaigns.reasons import reason_words

from . import pages
from .ballots import find_counts

BADGES = {
    State.WAITING: "stop",
    State.HELD: "soon",
    State.WATCHING: "soon",
    State.VOIDED: "done",
    State.RELEASED: "open",
    State.SHOWN: "",
}
# What a state lets people do; each act takes of a cluster the ballots that are fit for it.
KINDS_OF = {
    State.HELD: ("void", "release"),
    State.WATCHING: ("quarantine", "void"),
    State.SHOWN: ("quarantine", "void"),
    State.VOIDED: ("restore",),
    State.RELEASED: ("quarantine", "void"),
    State.WAITING: (),
}
ORDERS = {
    "due": gettext_lazy("最急的在前"),
    "ballots": gettext_lazy("选票多的在前"),
    "score": gettext_lazy("得分高的在前"),
    "found": gettext_lazy("最近发现的在前"),
}


class FilterForm(forms.Form):
    """What the list is narrowed to, and its order."""

    state = forms.ChoiceField(label=gettext_lazy("状态"), required=False)
    rule = forms.ChoiceField(label=gettext_lazy("规则"), required=False)
    candidate = forms.TypedChoiceField(
        label=gettext_lazy("候选对象"), coerce=int, empty_value=None, required=False
    )
    whose = forms.ChoiceField(
        label=gettext_lazy("待谁办理"),
        choices=[
            ("", gettext_lazy("不限")),
            ("opinion", gettext_lazy("待我提意见")),
            ("confirm", gettext_lazy("待我确认")),
            ("proposed", gettext_lazy("我提出、待确认")),
        ],
        required=False,
    )
    order = forms.ChoiceField(
        label=gettext_lazy("排序"), choices=list(ORDERS.items()), required=False
    )

    def __init__(self, *args, lines, **kwargs):
        super().__init__(*args, **kwargs)
        everything = ("", _("不限"))
        rules = sorted({line.rule for line in lines})
        candidates = sorted({(one.candidate, one.candidate_name) for one in lines if one.candidate})
        self.fields["state"].choices = [everything, *STATES.items()]
        self.fields["rule"].choices = [everything, *((code, reason_words(code)) for code in rules)]
        self.fields["candidate"].choices = [
            everything,
            *((number, f"{number} {name}") for number, name in candidates),
        ]

    def chosen(self, lines, desk):
        """Return the lines asked for; what makes no sense narrows nothing."""
        self.is_valid()
        said = {name: value for name, value in self.cleaned_data.items() if value}
        tests = [
            lambda line: "state" not in said or line.state == said["state"],
            lambda line: "rule" not in said or line.rule == said["rule"],
            lambda line: "candidate" not in said or line.candidate == said["candidate"],
            lambda line: "whose" not in said or desk.is_for(line, said["whose"]),
        ]
        found = [line for line in lines if all(test(line) for test in tests)]
        keys = {
            "ballots": lambda line: -line.ballots,
            "score": lambda line: -(line.score or 0),
            "found": lambda line: -line.found_at.timestamp(),
        }
        key = keys.get(said.get("order", ""))
        return sorted(found, key=key) if key else found


class Desk:
    """One person at the clusters of one campaign: what they may do, and what waits for them."""

    def __init__(self, request, campaign):
        actor, agency = request.user.actor, campaign.agency_id
        self.user_id = request.user.pk
        self.may_rule = actor.can("ballots.rule", agency)
        self.may_confirm = actor.can("ballots.confirm", agency)

    def is_for(self, line, whose):
        """Tell whether a cluster waits for this person in that way."""
        proposal = line.proposal
        is_own = proposal is not None and proposal.proposed_by_id == self.user_id
        return {
            "opinion": self.may_speak(line),
            "confirm": self.may_confirm and proposal is not None and not is_own,
            "proposed": is_own,
        }[whose]

    def may_speak(self, line):
        return (
            self.may_rule
            and line.state in (State.HELD, State.WATCHING, State.SHOWN)
            and self.user_id not in line.reviewer_ids
        )

    def may_read_opinions(self, line):
        """Others' opinions are shown to who has given theirs, or gives none any more."""
        return not self.may_speak(line)

    def kinds(self, line):
        """Return what this person may do to a cluster."""
        kinds = KINDS_OF[line.state] if self.may_rule else ()
        return [(kind, Ruling.Kind(kind).label) for kind in kinds]


def room_of(request, campaign_id):
    """Return campaign, ballot paper (None before there is one) and counts (None while hidden)."""
    campaign = pages.campaign_for(request, campaign_id, "ballots.view")
    return campaign, getattr(campaign, "round", None), find_counts(campaign, timezone.now())


def cluster_for(request, cluster_id):
    rows = Cluster.objects.visible_to(request.user.actor).select_related(
        "round__campaign__agency__region", "evidence"
    )
    found = rows.filter(pk=cluster_id).first()
    if found is None:
        raise ClusterNotFound
    request.user.actor.check("ballots.view", found.round.campaign.agency_id)
    return found


def by(request):
    return {"actor": request.user.actor, "now": timezone.now()}
