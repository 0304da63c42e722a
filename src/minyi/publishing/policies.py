# SPDX-License-Identifier: Apache-2.0
"""Who may use, change and read pictures and documents: the people of the agency that keeps them.

Whoever holds a post today is in; no group has to be kept in step with the posts.
"""

from django.apps import apps
from django.db.models import Model, Q
from wagtail.models import Collection
from wagtail.permission_policies.collections import CollectionOwnershipPermissionPolicy

_OF_MEMBERS = {"add", "change", "choose"}
_WOULD_CHANGE = {"add", "change", "delete"}


class LibraryPolicy(CollectionOwnershipPermissionPolicy):
    """Wagtail's policy of collections, with an agency's library for each post held today."""

    def __init__(self, model, auth_model):
        super().__init__(model, auth_model=auth_model, owner_field_name="uploaded_by_user")

    def _check_perm(self, user, actions, collection=None):
        if not (user.is_active and user.is_authenticated):
            return False
        if user.is_superuser:
            return True
        if not _OF_MEMBERS & set(actions):
            return False
        libraries = Collection.objects.filter(agency__in=user.actor.agency_ids)
        if collection is None:
            return libraries.exists()
        return any(
            collection == library or collection.is_descendant_of(library) for library in libraries
        )

    def _collections_with_perm(self, user, actions):
        found = Collection.objects.none()
        if _OF_MEMBERS & set(actions):
            for library in Collection.objects.filter(agency__in=user.actor.agency_ids):
                found |= Collection.objects.descendant_of(library, inclusive=True)
        return found

    def user_has_any_permission_for_instance(self, user, actions, instance):
        """Refuse whoever would change what a launched campaign rests on, operators too."""
        allowed = set(actions)
        if allowed & _WOULD_CHANGE and is_frozen(instance):
            allowed -= _WOULD_CHANGE
        return bool(allowed) and super().user_has_any_permission_for_instance(
            user, allowed, instance
        )


def is_frozen(item: Model) -> bool:
    """Tell whether a campaign that was ever launched uses this picture or document."""
    return _used_by(item, Q(launched_at__isnull=False))


def is_public(item: Model) -> bool:
    """Tell whether a campaign that citizens may see uses this picture or document."""
    return _used_by(item, Q(launched_at__isnull=False, cancelled_at__isnull=True))


def _used_by(item: Model, state: Q) -> bool:
    """Ask by name: campaigns stand above this app, so it must not import them."""
    campaigns = apps.get_model("campaigns.Campaign")._default_manager.filter(state)
    if item._meta.label == "publishing.OfficialDocument":
        return campaigns.filter(approval_document=item.pk).exists()
    return campaigns.filter(Q(cover=item.pk) | Q(nominees__picture=item.pk)).exists()
