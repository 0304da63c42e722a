# SPDX-License-Identifier: Apache-2.0
"""What was changed in a campaign since somebody opened its form, read from the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from minyi.campaigns.models import Campaign
from minyi.core.models import AuditEntry

_LISTS = ("criteria", "categories", "stages")
SHOWN = 40  # characters of a value: enough to recognise it


@dataclass(frozen=True, slots=True)
class Change:
    """One field; values in words, empty where only «it changed» can be said shortly."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Who saved what when."""

    at: datetime
    who: str
    changes: tuple[Change, ...]


def edits_since(*, campaign: Campaign, version: int) -> list[Edit]:
    """Return the edits that made the versions after this one, oldest first."""
    target = f"{campaign._meta.label_lower}:{campaign.pk}"
    entries = AuditEntry.objects.filter(target=target, act="campaigns.campaign.edited")
    return [
        Edit(entry.at, entry.actor_name, _changes(entry.facts.get("changes", {})))
        for entry in entries.order_by("id")
        if int(entry.facts.get("version", 0)) > version
    ]


def label_of(field: str) -> str:
    """Return what the form calls a field or a list of the campaign."""
    names = {"criteria": _("评选标准"), "categories": _("类别"), "stages": _("日程")}
    if field in names:
        return names[field]
    return str(Campaign._meta.get_field(field).verbose_name)


def _changes(changes: Mapping[str, list[object]]) -> tuple[Change, ...]:
    return tuple(
        Change(label_of(field), _short(before), _short(after))
        for field, (before, after) in changes.items()
    )


def _short(value: object) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool):
        return ""
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
