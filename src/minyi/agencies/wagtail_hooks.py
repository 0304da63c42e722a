# SPDX-License-Identifier: Apache-2.0
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.account import NameEmailSettingsPanel
from wagtail.permissions import register_permission_policy

from . import staff

# Names are the administrator's to change, and ours are not split in two as that form demands.
NameEmailSettingsPanel.is_active = lambda _panel: False

for policy in staff.policies:
    register_permission_policy(policy.model, policy)


@hooks.register("register_admin_viewset")
def register_viewsets():
    return staff.viewsets


@hooks.register("register_admin_urls")
def register_urls():
    return staff.urls


@hooks.register("register_settings_menu_item")
def register_two_factor():
    return MenuItem(_("两步验证"), reverse("two_factor"), icon_name="key", order=950)
