# SPDX-License-Identifier: Apache-2.0
"""What staff do in the library, on the audit trail, whichever of Wagtail's many screens they use.

Forms, choosers, multiple uploads and bulk actions each have hooks of their own or none; all of
them save or delete rows. Wagtail says who is at work; without anybody a service of ours is, and
that writes its own entry.
"""

from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from django.utils import timezone
from wagtail.log_actions import get_active_log_context

from minyi.core import audit

from .models import OfficialDocument, Picture

_NOUNS: dict[type[Model], str] = {Picture: "picture", OfficialDocument: "document"}


def watch_library() -> None:
    """Write an entry for each picture and document that staff add, change or delete."""
    for model, noun in _NOUNS.items():
        post_save.connect(_saved, sender=model, dispatch_uid=f"library-{noun}-saved")
        post_delete.connect(_deleted, sender=model, dispatch_uid=f"library-{noun}-deleted")


def _saved(
    *, instance: Picture | OfficialDocument, created: bool, raw: bool = False, **_signal: object
) -> None:
    if not raw:
        _record(instance, "added" if created else "changed")


def _deleted(*, instance: Picture | OfficialDocument, **_signal: object) -> None:
    _record(instance, "deleted")


def _record(item: Picture | OfficialDocument, verb: str) -> None:
    user = get_active_log_context().user
    if user is None or not user.is_authenticated:
        return
    agency = getattr(item.collection, "agency", None)
    audit.record(
        actor=user.actor,
        act=f"publishing.{_NOUNS[type(item)]}.{verb}",
        target=item,
        now=timezone.now(),
        agency_id=agency.pk if agency else None,
        file=item.file.name,
        sha1=item.file_hash,
        number=getattr(item, "document_number", ""),
    )
