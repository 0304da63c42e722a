# SPDX-License-Identifier: Apache-2.0
"""Witnesses: organisations outside that cosign the logs of an agency's votes."""

from django import forms
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic

from minyi.agencies.models import Agency
from minyi.core.edits import audited
from minyi.core.staff import MENU_ORDER, AgencyModelViewSet, AgencyPolicy
from minyi.ledger.forms import WitnessForm
from minyi.ledger.models import Witness
from minyi.ledger.services.witnesses import announce_change

PERMISSION = "witnesses.edit"


class _Announced:
    """Votes that have not opened yet are to know of the change."""

    def save_instance(self):
        row = super().save_instance()
        announce_change(agency_id=row.agency_id, now=timezone.now())
        return row


class AddView(_Announced, generic.CreateView):
    """The agency comes from the actor's own posts, never from the form alone."""

    def get_form(self, form_class=None):
        form = super().get_form(form_class)
        agencies = self._agencies()
        form.fields["agency"] = forms.ModelChoiceField(
            label=_("单位"), queryset=agencies, initial=agencies.first(), empty_label=None
        )
        form.order_fields(["agency"])
        form.fields["since"].initial = timezone.localdate()
        return form

    def save_instance(self):
        self.form.instance.agency = self.form.cleaned_data["agency"]
        return super().save_instance()

    def _agencies(self):
        actor = self.request.user.actor
        mine = Agency.objects.visible_to(actor)
        allowed = [agency.pk for agency in mine if actor.can(PERMISSION, agency.pk)]
        if not allowed:
            raise PermissionDenied
        return mine.filter(pk__in=allowed)


class ChangeView(_Announced, generic.EditView):
    pass


class Index(generic.IndexView):
    def get_base_queryset(self):
        return super().get_base_queryset().select_related("agency").prefetch_related("logs")


class WitnessViewSet(AgencyModelViewSet):
    model = Witness
    name = "witnesses"
    index_view_class = Index
    add_to_settings_menu = True
    icon = "view"
    menu_label = _("见证单位")
    menu_order = MENU_ORDER["witnesses"]
    add_view_class = audited(AddView, act="ledger.witness.added")
    edit_view_class = audited(ChangeView, act="ledger.witness.changed")
    list_display = [
        "organisation",
        "url",
        "agency",
        # Days of the calendar: a DateColumn would say how long ago they were.
        Column("since", label=_("起始日期")),
        Column("until", label=_("截止日期"), accessor=lambda row: row.until or _("长期")),
        Column("doing", label=_("见证情况"), accessor=lambda row: doing_of(row)),
    ]
    search_fields = ["organisation", "url"]

    def get_form_class(self, for_update=False):
        return WitnessForm


def doing_of(row):
    """Say how its witnessing goes, the worst first."""
    states = {one.state: one.get_state_display() for one in row.logs.all()}
    for state in ("refused", "down", "good", "new"):
        if state in states:
            return states[state]
    return _("还没有用于活动")


viewsets = [WitnessViewSet()]
urls: list = []
policies = [
    # Nobody deletes: entry 0 of past votes names them. They end by their last day.
    AgencyPolicy(
        Witness,
        grants={"add": PERMISSION, "change": PERMISSION, "view": "witnesses.view"},
    ),
]
