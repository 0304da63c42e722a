# SPDX-License-Identifier: Apache-2.0
from django.http import HttpRequest

from minyi.core.clock import today

from .models import Post
from .policies import Role


def administrators_for(request: HttpRequest) -> list[str]:
    """Name who else can change this person's posts: «name (office)», the administrators."""
    actor = request.user.actor  # type: ignore[union-attr]
    posts = Post.objects.current(today()).filter(
        agency__in=actor.agency_ids, role=Role.ADMINISTRATOR
    )
    others = posts.exclude(user=request.user)
    rows = others.select_related("user", "agency").order_by("agency__name", "user__first_name")
    return [f"{post.user}（{post.agency.short_name}）" for post in rows]
