# SPDX-License-Identifier: Apache-2.0
"""Letting somebody in again who forgot the password or lost the phone."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from minyi.agencies.errors import PersonOfOthers
from minyi.agencies.models import Post, User
from minyi.core import audit
from minyi.core.actors import Actor


@transaction.atomic
def reset_password(*, post: Post, password: str, actor: Actor, now: datetime) -> None:
    """Give the holder of the post a new password; it ends their sessions.

    Raises NotAllowed, PersonOfOthers, or ValidationError when the password is weak.
    """
    user = _lock_person(post, actor)
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    _record("agencies.password.reset", post, user, actor, now)


@transaction.atomic
def reset_two_factor(*, post: Post, actor: Actor, now: datetime) -> None:
    """Switch two-factor log-in off for the holder of the post; the password stays.

    Raises NotAllowed or PersonOfOthers.
    """
    user = _lock_person(post, actor)
    TOTPDevice.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    _record("agencies.two_factor.reset", post, user, actor, now)


def _lock_person(post: Post, actor: Actor) -> User:
    """Return the holder, whose every post must be the actor's to give: else it were a take-over."""
    actor.check("posts.edit", post.agency_id)
    user = User.objects.select_for_update().get(pk=post.user_id)
    agencies = user.posts.values_list("agency_id", flat=True)
    own = all(actor.can("posts.edit", agency) for agency in agencies) and not user.is_superuser
    if not (own or actor.is_operator):
        raise PersonOfOthers
    return user


def _record(act: str, post: Post, user: User, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        act=act,
        target=user,
        now=now,
        agency_id=post.agency_id,
        username=user.username,
    )
