# SPDX-License-Identifier: Apache-2.0
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin import auth
from wagtail.admin.menu import MenuItem
from wagtail.admin.views.account import NameEmailSettingsPanel
from wagtail.permissions import register_permission_policy

from minyi.core.errors import NotAllowed
from minyi.core.refusals import refusal_response

from . import staff

# Wagtail sends whoever may not enter back to the first screen; ours is told why, and whom to ask.
auth.permission_denied = lambda request: refusal_response(request, NotAllowed())
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
