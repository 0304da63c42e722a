# SPDX-License-Identifier: Apache-2.0
"""The followers of an account, a page at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Page, Paginator
from django.db import connection
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from minyi.wechat.models import Contact

PAGE = 50  # as many as may be tagged at once


@dataclass(frozen=True, slots=True)
class FollowerFilter:
    """What the list is narrowed to; empty means everybody."""

    state: str = "following"  # following, left, blocked, all
    tag_id: int | None = None
    scene: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class FollowerRow:
    """One line of the list. WeChat gives no names: the openid's end tells people apart."""

    pk: int
    short_openid: str
    remark: str
    tags: tuple[str, ...]
    scene: str
    is_following: bool
    is_blocked: bool
    followed_at: datetime | None
    last_seen_at: datetime


def list_followers(
    *,
    account_id: int,
    chosen: FollowerFilter,
    page: int,
    tag_names: Mapping[int, str],
    scene_names: Mapping[str, str],
) -> tuple[list[FollowerRow], Page[Contact]]:
    """Return one page of the list, and the page itself for turning it."""
    rows = _narrowed(Contact.objects.filter(account_id=account_id), chosen)
    found = Paginator(rows.order_by("-last_seen_at", "-pk"), PAGE).get_page(page)
    return [_row(contact, tag_names, scene_names) for contact in found], found


def _narrowed(rows: QuerySet[Contact], chosen: FollowerFilter) -> QuerySet[Contact]:
    match chosen.state:
        case "following":
            rows = rows.filter(is_following=True)
        case "left":
            rows = rows.filter(is_following=False)
        case "blocked":
            rows = rows.filter(is_blocked=True)
    if chosen.scene:
        rows = rows.filter(scene=chosen.scene)
    if chosen.words:
        rows = rows.filter(Q(remark__icontains=chosen.words) | Q(openid__iendswith=chosen.words))
    if chosen.tag_id is None:
        return rows
    if connection.features.supports_json_field_contains:
        return rows.filter(tags__contains=[chosen.tag_id])
    written = rows.annotate(tags_written=Cast("tags", TextField()))  # SQLite: [101, 2]
    return written.filter(tags_written__regex=rf"[\[ ]{chosen.tag_id}[\],]")


def _row(
    contact: Contact, tag_names: Mapping[int, str], scene_names: Mapping[str, str]
) -> FollowerRow:
    return FollowerRow(
        pk=contact.pk,
        short_openid=f"…{contact.openid[-6:]}",
        remark=contact.remark,
        tags=tuple(tag_names.get(tag, str(tag)) for tag in contact.tags),
        scene=scene_names.get(contact.scene, contact.scene),
        is_following=contact.is_following,
        is_blocked=contact.is_blocked,
        followed_at=contact.followed_at,
        last_seen_at=contact.last_seen_at,
    )
