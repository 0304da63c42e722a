# SPDX-License-Identifier: Apache-2.0
"""Who may use, change and read pictures and documents: the people of the agency that keeps them.

Whoever holds a post today is in; no group has to be kept in step with the posts.
"""

from collections.abc import Iterable

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from wagtail.models import Collection
from wagtail.permission_policies.collections import CollectionOwnershipPermissionPolicy

from minyi.agencies.models import User

_OF_MEMBERS = {"add", "change", "choose"}
_CACHE = "_libraries"
_WOULD_CHANGE = {"add", "change", "delete"}


class LibraryPolicy(CollectionOwnershipPermissionPolicy):  # type: ignore[misc]
    """Wagtail's policy of collections, with an agency's library for each post held today."""

    def __init__(self, model: type[Model], auth_model: str) -> None:
        super().__init__(model, auth_model=auth_model, owner_field_name="uploaded_by_user")

    def _check_perm(
        self, user: User, actions: Iterable[str], collection: Collection | None = None
    ) -> bool:
        if not (user.is_active and user.is_authenticated):
            return False
        if user.is_superuser:
            return True
        if not _OF_MEMBERS & set(actions):
            return False
        libraries = _libraries_of(user)
        if collection is None:
            return bool(libraries)
        return any(
            collection == library or collection.is_descendant_of(library) for library in libraries
        )

    def _collections_with_perm(self, user: User, actions: Iterable[str]) -> QuerySet[Collection]:
        found: QuerySet[Collection] = Collection.objects.none()
        if _OF_MEMBERS & set(actions):
            for library in _libraries_of(user):
                found |= Collection.objects.descendant_of(library, inclusive=True)
        return found

    def user_has_any_permission_for_instance(
        self, user: User, actions: Iterable[str], instance: Model
    ) -> bool:
        """Refuse whoever would change what a launched campaign rests on, operators too."""
        allowed = set(actions)
        if allowed & _WOULD_CHANGE and is_frozen(instance):
            allowed -= _WOULD_CHANGE
        return bool(allowed) and super().user_has_any_permission_for_instance(
            user, allowed, instance
        )


def _libraries_of(user: User) -> list[Collection]:
    """Return the libraries of the person's agencies, read once a request like their posts."""
    found: list[Collection] | None = getattr(user, _CACHE, None)
    if found is None:
        found = list(Collection.objects.filter(agency__in=user.actor.agency_ids))
        setattr(user, _CACHE, found)
    return found


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
        return bool(campaigns.filter(approval_document=item.pk).exists())
    return bool(campaigns.filter(Q(cover=item.pk) | Q(nominees__gallery__picture=item.pk)).exists())
