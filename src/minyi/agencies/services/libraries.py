# SPDX-License-Identifier: Apache-2.0
"""One library of pictures and documents for each agency, open to its own people only.

A library is a collection of Wagtail's. Nobody is entered anywhere: `publishing.policies` lets in
whoever holds a post in the agency today.
"""

from django.db import transaction
from wagtail.models import Collection

from minyi.agencies.models import Agency


@transaction.atomic
def keep_library(agency: Agency) -> Collection:
    """Return the agency's library, made if it is missing and named as the agency is now."""
    kept = Agency.objects.select_for_update().get(pk=agency.pk)
    if kept.library is None:
        root = Collection.get_first_root_node() or Collection.add_root(name="Root")
        kept.library = root.add_child(name=kept.name)
        kept.save(update_fields=["library"])
    elif kept.library.name != kept.name:
        kept.library.name = kept.name
        kept.library.save(update_fields=["name"])
    agency.library = kept.library
    return kept.library
