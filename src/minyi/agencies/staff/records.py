# SPDX-License-Identifier: Apache-2.0
"""The audit trail, which nobody changes, and the rules, which operators keep.

A rule is never deleted: past deadlines rest on it. It ends by its last day (`valid_to`).
"""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic

from minyi.core.acts import words_for
from minyi.core.clock import office_time
from minyi.core.edits import audited
from minyi.core.models import AuditEntry, Rule
from minyi.core.staff import MENU_ORDER, AgencyModelViewSet, AgencyPolicy, OperatorPolicy


def _about(entry):
    """Name whom an act was about, where that is not its object, and the reason given for it."""
    person, reason = entry.facts.get("name", ""), entry.facts.get("reason", "")
    return "；".join(text for text in (person, reason) if text and text not in entry.target_name)


class AuditViewSet(AgencyModelViewSet):
    model = AuditEntry
    name = "audit"
    icon = "history"
    menu_label = _("留痕记录")
    menu_order = MENU_ORDER["audit"]
    inspect_view_enabled = True
    add_to_admin_menu = True
    list_display = [
        Column("at", label=_("时间"), accessor=lambda entry: office_time(entry.at)),
        "actor_name",
        Column("act", label=_("行为"), accessor=lambda entry: words_for(entry.act)),
        Column("target_name", label=_("对象")),
        Column("about", label=_("涉及人员和理由"), accessor=lambda entry: _about(entry)),
    ]
    list_filter = ["actor_name", "at"]
    search_fields = ["act", "target_name", "actor_name"]
    list_export = [
        *("at", "actor_kind", "actor_name", "act", "target", "target_name", "facts", "digest"),
    ]
    export_filename = "audit-trail"
    form_fields = ["act"]  # Wagtail wants one; the policy lets nobody reach the form


class RuleViewSet(AgencyModelViewSet):
    model = Rule
    name = "rules"
    add_to_settings_menu = True
    icon = "calendar-check"
    menu_label = _("期限规则")
    menu_order = MENU_ORDER["rules"]
    list_display = ["key", "amount", Column("get_unit_display", label=_("单位")), "source"]
    search_fields = ["key", "source"]
    form_fields = ["key", "region_code", "amount", "unit", "source", "valid_from", "valid_to"]
    edit_view_class = audited(generic.EditView, act="agencies.rule.changed")
    add_view_class = audited(generic.CreateView, act="agencies.rule.added")


viewsets = [AuditViewSet(), RuleViewSet()]
urls: list = []
policies = [
    AgencyPolicy(AuditEntry, grants={"view": "audit.view"}),
    OperatorPolicy(Rule, may_view="rules.view"),
]
