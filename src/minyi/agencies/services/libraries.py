# SPDX-License-Identifier: Apache-2.0
"""One library of pictures and documents for each agency, open to its own people only.

Wagtail guards pictures by collection and group, so each agency has one of both; whoever holds a
post today is a member.
"""

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import Collection, GroupCollectionPermission

from minyi.agencies.models import Agency, Post, User
from minyi.core.clock import today

# Wagtail asks for the permissions of its own models, whatever model the project puts in place.
_PERMISSIONS = (
    ("wagtailimages", "add_image"),
    ("wagtailimages", "change_image"),
    ("wagtailimages", "choose_image"),
    ("wagtaildocs", "add_document"),
    ("wagtaildocs", "change_document"),
    ("wagtaildocs", "choose_document"),
)


@transaction.atomic
def keep_library(agency: Agency) -> Collection:
    """Make the agency's library if it is missing, and let exactly its people in."""
    name = f"agency-{agency.pk}"
    group, _made = Group.objects.get_or_create(name=name)
    collection = Collection.objects.filter(name=agency.name, depth=2).first()
    if collection is None:
        root = Collection.get_first_root_node()
        if root is None:
            root = Collection.add_root(name="Root")
        collection = root.add_child(name=agency.name)
    for app, codename in _PERMISSIONS:
        permission = Permission.objects.get(content_type__app_label=app, codename=codename)
        GroupCollectionPermission.objects.get_or_create(
            group=group, collection=collection, permission=permission
        )
    members = Post.objects.current(today()).filter(agency=agency).values("user_id")
    group.user_set.set(User.objects.filter(pk__in=members))
    return collection
