# SPDX-License-Identifier: Apache-2.0
"""Reset a password or a lost second factor, from the page of a post."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from minyi.agencies.forms import NewPasswordForm
from minyi.agencies.models import Post
from minyi.agencies.services import access


@require_http_methods(["GET", "POST"])
def password(request, post_id):
    """Ask for the new password; set it by POST."""
    post = _post(request, post_id)
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            access.reset_password(
                post=post,
                password=form.cleaned_data["password"],
                actor=request.user.actor,
                now=timezone.now(),
            )
        except ValidationError as weak:
            form.add_error("password", weak)
        else:
            messages.success(request, _("口令已重置。"))
            return redirect("posts:edit", post.pk)
    title = _("重置口令")
    return render(
        request, "agencies/reset_access.html", {"post": post, "form": form, "title": title}
    )


@require_http_methods(["GET", "POST"])
def two_factor(request, post_id):
    """Ask once more; switch two-factor log-in off by POST."""
    post = _post(request, post_id)
    if request.method == "POST":
        access.reset_two_factor(post=post, actor=request.user.actor, now=timezone.now())
        messages.success(request, _("已解除两步验证，请提醒本人重新开启。"))
        return redirect("posts:edit", post.pk)
    return render(request, "agencies/reset_access.html", {"post": post, "title": _("解除两步验证")})


def _post(request, post_id):
    """Return a post that the actor may change; others do not exist for them."""
    post = get_object_or_404(Post.objects.visible_to(request.user.actor), pk=post_id)
    request.user.actor.check("posts.edit", post.agency_id)
    return post


viewsets: list = []
urls = [
    path("posts/<int:post_id>/password/", password, name="post_password"),
    path("posts/<int:post_id>/two-factor/", two_factor, name="post_two_factor"),
]
policies: list = []
