# SPDX-License-Identifier: Apache-2.0
"""The console in the same colours and type as the citizens' pages."""

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import Menu, MenuItem, SubmenuMenuItem

from minyi.core.staff import MENU_GROUPS

LAST_OF_OURS = 900
SHORT_MENU = 8  # so many entries are found at a glance


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


@hooks.register("construct_main_menu")
def gathered_menu(_request, items):
    """Gather a long sidebar in groups; whoever has little to do there sees it all at once."""
    ours = [item for item in items if item.order >= MENU_GROUPS[0][2] and item.url != "#"]
    if len(ours) <= SHORT_MENU:
        return
    ends = [order for _label, _icon, order in MENU_GROUPS[1:]] + [LAST_OF_OURS]
    for (label, icon, begins), end in zip(MENU_GROUPS, ends, strict=True):
        group = [item for item in ours if begins <= item.order < end]
        if len(group) > 1:
            items[:] = [item for item in items if item not in group]
            name = f"group-{begins}"
            items.append(
                SubmenuMenuItem(label, Menu(items=group), name=name, icon_name=icon, order=begins)
            )
