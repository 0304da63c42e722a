# SPDX-License-Identifier: Apache-2.0
"""Regions, agencies and official accounts."""

from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.views import generic

from minyi.agencies.forms import AddAccountForm
from minyi.agencies.models import Agency, OfficialAccount, Region
from minyi.core.edits import audited
from minyi.core.staff import MENU_ORDER, AgencyModelViewSet, AgencyPolicy, OperatorPolicy


class RegionViewSet(AgencyModelViewSet):
    """The tree 国家 / 省 / 市 / 县 / 乡; the platform's operators keep it."""

    model = Region
    name = "regions"
    add_to_settings_menu = True
    icon = "site"
    menu_label = _("行政区划")
    menu_order = MENU_ORDER["regions"]
    list_display = ["name", "code", Column("get_level_display", label=_("级别")), "parent"]
    list_filter = ["level"]
    search_fields = ["name", "code"]
    form_fields = ["code", "name", "level", "parent"]
    edit_view_class = audited(generic.EditView, act="agencies.region.changed")
    add_view_class = audited(generic.CreateView, act="agencies.region.added")


class AgencyViewSet(AgencyModelViewSet):
    model = Agency
    name = "agencies"
    add_to_settings_menu = True
    icon = "home"
    menu_label = _("单位")
    menu_order = MENU_ORDER["agencies"]
    list_display = ["name", "region", "help_phone", "supervision_phone"]
    search_fields = ["name", "short_name"]
    edit_view_class = audited(generic.EditView, act="agencies.agency.changed")
    add_view_class = audited(generic.CreateView, act="agencies.agency.added")
    panels = [
        FieldPanel("name"),
        FieldPanel("short_name"),
        FieldRowPanel([FieldPanel("region"), FieldPanel("parent")]),
        MultiFieldPanel(
            [
                FieldPanel("help_phone"),
                FieldPanel("supervision_phone"),
                FieldPanel("supervision_email"),
            ],
            heading=_("对外联系方式"),
        ),
    ]


class OfficialAccountViewSet(AgencyModelViewSet):
    """Secrets are not here: they come from the environment, under the account's slug."""

    model = OfficialAccount
    name = "accounts"
    add_to_settings_menu = True
    icon = "mobile-alt"
    menu_label = _("公众号")
    menu_order = MENU_ORDER["accounts"]
    list_display = [
        "name",
        "agency",
        Column("get_kind_display", label=_("类型")),
        BooleanColumn("is_verified", label=_("已认证")),
        "appid",
    ]
    search_fields = ["name", "appid"]
    form_fields = ["name", "kind", "is_verified", "mode", "welcome"]
    edit_view_class = audited(generic.EditView, act="agencies.account.changed")
    add_view_class = audited(generic.CreateView, act="agencies.account.added")

    def get_form_class(self, for_update=False):
        return super().get_form_class(for_update) if for_update else AddAccountForm


viewsets = [
    RegionViewSet(),
    AgencyViewSet(),
    OfficialAccountViewSet(),
]
urls: list = []
policies = [
    OperatorPolicy(Region, may_view="agencies.view"),
    # No role holds the permission to add: operators only.
    AgencyPolicy(
        Agency,
        grants={"add": "agencies.add", "change": "agencies.edit", "view": "agencies.view"},
        agency_path="pk",
    ),
    AgencyPolicy(
        OfficialAccount,
        grants={"add": "accounts.add", "change": "accounts.edit", "view": "agencies.view"},
    ),
]
