# SPDX-License-Identifier: Apache-2.0
"""The console in the same colours and type as the citizens' pages."""

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem


@hooks.register("insert_global_admin_css")
def console_style() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("ui/dist/staff.css"))


@hooks.register("insert_global_admin_js")
def console_script() -> SafeString:
    return format_html('<script src="{}" defer></script>', static("ui/dist/staff.js"))


@hooks.register("construct_help_menu")
def only_our_help(_request, items):
    """Wagtail's help leads out of the house and tells of Wagtail's own news."""
    items[:] = [MenuItem(_("使用帮助"), "/help/", icon_name="help", order=100)]
