# SPDX-License-Identifier: Apache-2.0
"""The fence of the staff console: every list and every row passes the row-level policy.

Wagtail's generic views check the model, not the row (wagtail#13314, #10746). Staff modules
subclass `AgencyModelViewSet` and `StaffReportView`, never Wagtail's own.
"""

from functools import cache

from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.utils.translation import gettext_lazy as _
from wagtail.admin.menu import MenuItem
from wagtail.admin.views import generic
from wagtail.admin.views.reports import ReportView
from wagtail.admin.viewsets.base import ViewSet
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.permission_policies.base import BasePermissionPolicy
from wagtail.permissions import policy_registry

# A long sidebar is gathered under these: label, icon, and the first order that belongs to it.
MENU_GROUPS = (
    (_("评选投票"), "tasks", 100),
    (_("结果与异议"), "success", 131),
    (_("监督"), "view", 150),
    (_("微信公众号"), "mail", 195),
    (_("机构与权限"), "group", 300),
)
MENU_ORDER = {
    "campaigns": 100,
    "nominations": 110,
    "nominees": 120,
    "jury": 130,
    "ballots": 134,
    "results": 135,
    "objections": 136,
    "certificates": 137,
    "activity_reports": 138,
    "supervision": 150,
    "vault": 155,
    "wechat_overview": 195,
    "wechat_desk": 200,
    "wechat_articles": 210,
    "wechat_menus": 220,
    "wechat_replies": 230,
    "wechat_scenes": 240,
    "wechat_followers": 250,
    "wechat_outgoing": 260,
    "wechat_templates": 265,
    "wechat_figures": 270,
    "wechat_duty": 280,
    "wechat_abilities": 290,
    "agencies": 300,
    "posts": 310,
    "accounts": 320,
    "regions": 330,
    "witnesses": 340,
    "rules": 400,
    "audit": 900,
}


class AgencyPolicy(BasePermissionPolicy):
    """Row-level permissions from the actor's posts.

    `grants` maps Wagtail's actions (add, change, delete, view) to our permissions; an action that
    is not named is refused. The model's manager must offer `visible_to(actor)`.
    """

    def __init__(self, model, *, grants, agency_path="agency_id"):
        super().__init__(model)
        self.grants = grants
        self.agency_path = agency_path

    def user_has_permission(self, user, action):
        permission = self.grants.get(action)
        return bool(permission) and user.actor.can_anywhere(permission)

    def user_has_permission_for_instance(self, user, action, instance):
        permission = self.grants.get(action)
        if not permission:
            return False
        agency_id = instance
        for step in self.agency_path.split("__"):
            agency_id = getattr(agency_id, step)
        return user.actor.can(permission, agency_id)

    def user_has_any_permission_for_instance(self, user, actions, instance):
        return any(self.user_has_permission_for_instance(user, a, instance) for a in actions)

    def instances_user_has_any_permission_for(self, user, actions):
        wanted = {self.grants[action] for action in actions if action in self.grants}
        actor = user.actor
        rows = self.model._default_manager.visible_to(actor)
        if actor.is_operator:
            return rows if wanted else rows.none()
        agencies = {agency for agency, permission in actor.grants if permission in wanted}
        return rows.filter(**{f"{self.agency_path}__in": agencies})

    def users_with_any_permission(self, actions):
        raise NotImplementedError("Nobody asks the policy for people; posts answer that.")


class OperatorPolicy(BasePermissionPolicy):
    """Rows that belong to the platform: operators add and change them, `may_view` reads them.

    Nobody deletes them: what was decided in the past rests on them.
    """

    def __init__(self, model, *, may_view):
        super().__init__(model)
        self.may_view = may_view

    def user_has_permission(self, user, action):
        actor = user.actor
        if actor.is_operator:
            return action in {"add", "change", "view"}
        return action == "view" and actor.can_anywhere(self.may_view)

    def user_has_permission_for_instance(self, user, action, instance):
        return self.user_has_permission(user, action)

    def user_has_any_permission_for_instance(self, user, actions, instance):
        return any(self.user_has_permission(user, action) for action in actions)

    def instances_user_has_any_permission_for(self, user, actions):
        rows = self.model._default_manager.all()
        allowed = any(self.user_has_permission(user, action) for action in actions)
        return rows if allowed else rows.none()

    def users_with_any_permission(self, actions):
        raise NotImplementedError("Nobody asks the policy for people; posts answer that.")


class _ScopedList:
    def get_base_queryset(self):
        policy = policy_registry.get_by_type(self.model)
        allowed = policy.instances_user_has_any_permission_for(
            self.request.user, ["view", "change", "delete"]
        )
        return super().get_base_queryset().filter(pk__in=allowed.values("pk"))


class _ScopedObject:
    def get_object(self, *args, **kwargs):
        found = super().get_object(*args, **kwargs)
        needed = self.any_permission_required or [self.permission_required]
        policy = policy_registry.get_by_type(self.model)
        if not policy.user_has_any_permission_for_instance(self.request.user, needed, found):
            raise PermissionDenied
        return found


@cache
def scoped(view_class):
    """Return the view class with the fence in front."""
    mixin = _ScopedList if issubclass(view_class, generic.IndexView) else _ScopedObject
    return type(view_class.__name__, (mixin, view_class), {})


class AgencyModelViewSet(ModelViewSet):
    """The one design of list, form and detail pages in the staff console."""

    copy_view_enabled = False
    add_to_reference_index = False
    add_to_admin_menu = False

    def construct_view(self, view_class, **kwargs):
        return super().construct_view(scoped(view_class), **kwargs)


class Room(ViewSet):
    """A place in the menu that leads to pages of our own; `name` has its place in `MENU_ORDER`.

    `permissions`: any one of them shows the menu item; empty, and everybody at the console sees it.
    That hides and does not protect: each page of the room checks for itself.
    """

    add_to_admin_menu = True
    permissions: tuple[str, ...] = ()

    @property
    def menu_order(self):
        return MENU_ORDER[self.name]

    def get_menu_item(self, order=None):
        """Hide the item from whoever finds nothing behind it."""
        return RoomItem(
            self.menu_label,
            self.menu_url,
            permissions=self.permissions,
            name=self.name,
            icon_name=self.icon,
            order=self.get_menu_item_order(order),
        )


class RoomItem(MenuItem):
    """The menu item of a room."""

    def __init__(self, *args, permissions, **kwargs):
        super().__init__(*args, **kwargs)
        self.permissions = permissions

    def is_shown(self, request):
        actor = request.user.actor
        return not self.permissions or any(actor.can_anywhere(each) for each in self.permissions)


class StaffReportView(ReportView):
    """A report that names its model and permission, or does not load."""

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if cls.model is None or not (cls.permission_required or cls.any_permission_required):
            raise ImproperlyConfigured(f"{cls.__name__} must name its model and its permission.")
