# SPDX-License-Identifier: Apache-2.0
"""Who holds which post: appointing people, changing and ending their posts."""

from dataclasses import dataclass
from datetime import date, datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils.timezone import localdate

from minyi.agencies.errors import LastAdministrator, PostHeldAlready, UsernameTaken
from minyi.agencies.models import Agency, Post, User
from minyi.agencies.policies import Role
from minyi.core import audit
from minyi.core.actors import Actor

from .libraries import keep_library


@dataclass(frozen=True, slots=True)
class Person:
    """Whom to appoint. `password` is only used when the person is new."""

    username: str
    name: str
    password: str


@transaction.atomic
def appoint(
    *,
    agency: Agency,
    person: Person,
    role: Role,
    title: str,
    since: date,
    actor: Actor,
    now: datetime,
) -> Post:
    """Give a person a post, creating their account when they have none.

    An account that belongs to people of other agencies only is never taken over.
    """
    actor.check("posts.edit", agency.pk)
    user = User.objects.select_for_update().filter(username=person.username).first()
    if user is None:
        user = User(username=person.username, first_name=person.name)
        validate_password(person.password, user)
        user.set_password(person.password)
        user.save()
    elif not actor.is_operator and not user.posts.filter(agency=agency).exists():
        raise UsernameTaken(username=person.username)
    if user.posts.filter(agency=agency, role=role).exists():
        raise PostHeldAlready
    post = Post.objects.create(user=user, agency=agency, role=role, title=title, since=since)
    keep_library(agency)
    audit.record(
        actor=actor,
        act="agencies.post.given",
        target=post,
        now=now,
        agency_id=agency.pk,
        username=user.username,
        role=role,
    )
    return post


@transaction.atomic
def change_post(
    *, post: Post, title: str, since: date, until: date | None, actor: Actor, now: datetime
) -> Post:
    """Change a post's title and dates; a past `until` ends it."""
    actor.check("posts.edit", post.agency_id)
    _lock_administrators(post.agency_id)
    before = {"title": post.title, "since": post.since, "until": post.until}
    post.title, post.since, post.until = title, since, until
    post.save(update_fields=["title", "since", "until"])
    if post.role == Role.ADMINISTRATOR:
        _check_an_administrator_remains(post.agency_id, localdate(now))
    audit.record(
        actor=actor,
        act="agencies.post.changed",
        target=post,
        now=now,
        agency_id=post.agency_id,
        before=before,
        after={"title": title, "since": since, "until": until},
    )
    return post


def _lock_administrators(agency_id: int) -> None:
    """Let one change at a time pass: two administrators could end each other's posts."""
    rows = Post.objects.select_for_update().filter(agency_id=agency_id, role=Role.ADMINISTRATOR)
    list(rows.order_by("pk").values_list("pk", flat=True))


def _check_an_administrator_remains(agency_id: int, on: date) -> None:
    """Raise LastAdministrator unless somebody administers the agency on that day, without end."""
    held = Post.objects.current(on).filter(agency_id=agency_id, role=Role.ADMINISTRATOR)
    if not held.filter(until__isnull=True).exists():
        raise LastAdministrator
