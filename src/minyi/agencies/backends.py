# SPDX-License-Identifier: Apache-2.0
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from .models import User

CONSOLE = "wagtailadmin.access_admin"


class PostBackend(ModelBackend):
    """Whoever holds a post today may enter the console; rows are fenced by `core.staff`."""

    def has_perm(self, user_obj: User | AnonymousUser, perm: str, obj: Model | None = None) -> bool:
        if perm == CONSOLE and isinstance(user_obj, User) and user_obj.is_active:
            return bool(user_obj.actor.agency_ids) or user_obj.is_superuser
        return super().has_perm(user_obj, perm, obj)
