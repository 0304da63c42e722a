# SPDX-License-Identifier: Apache-2.0
"""The pictures and the film on a candidate's page: add, describe, put in order, take off."""

from functools import partial

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from minyi.campaigns.models import MOST_PICTURES
from minyi.campaigns.services import galleries, nominees

from . import pages
from .review_forms import FilmForm, PictureForm


def context_of(nominee):
    """Return what `nominee_edit.html` shows of the files."""
    hanging = list(nominee.gallery.select_related("picture"))
    return {
        "gallery": hanging,
        "has_room": len(hanging) < MOST_PICTURES,
        "most_pictures": MOST_PICTURES,
        "picture_form": PictureForm(),
        "film_form": FilmForm(initial={"video_caption": nominee.video_caption}),
    }


@require_POST
def add_picture(request, nominee_id):
    """Put one more picture on the page."""
    nominee = pages.nominee_for(request, nominee_id)
    upload, words = request.FILES.get("picture"), request.POST.get("alternative", "")
    if upload is None:
        return _without_file(request, nominee)
    add = partial(galleries.add_picture, upload=upload, alternative=words)
    return _act(request, nominee, add, _("图片已添加。"))


@require_POST
def change_picture(request, nominee_id, picture_id):
    """Do to a picture what the pressed button says: `verb`, or `to` with its new place."""
    place = request.POST.get("to", "")
    if place.isascii() and place.isdecimal() and len(place) < 3:
        verb = partial(galleries.move_picture, to=int(place))
        said = _("顺序已调整。")
    elif request.POST.get("verb") == "remove":
        verb, said = partial(galleries.remove_picture), _("图片已移除。")
    else:
        words = request.POST.get("alternative", "")
        verb = partial(galleries.describe_picture, alternative=words)
        said = _("替代文本已保存。")
    nominee = pages.nominee_for(request, nominee_id)
    return _act(request, nominee, partial(verb, picture_id=picture_id), said)


@require_POST
def replace_film(request, nominee_id):
    """Put another film on the page."""
    nominee = pages.nominee_for(request, nominee_id)
    upload, caption = request.FILES.get("video"), request.POST.get("video_caption", "")
    if upload is None:
        return _without_file(request, nominee)
    replace = partial(nominees.replace_video, upload=upload, caption=caption)
    return _act(request, nominee, replace, _("视频已更换。"))


def _act(request, nominee, verb, said):
    act = {"nominee_id": nominee.pk, "actor": request.user.actor, "now": timezone.now()}
    pages.succeeded(request, lambda: verb(**act), said=said)
    return _back(nominee)


def _without_file(request, nominee):
    messages.error(request, _("没有选择文件。"))
    return _back(nominee)


def _back(nominee):
    return redirect(reverse("nominee_edit", args=[nominee.pk]) + "#files")


urls = [
    path("nominees/<int:nominee_id>/pictures/", add_picture, name="nominee_pictures"),
    path(
        "nominees/<int:nominee_id>/pictures/<int:picture_id>/",
        change_picture,
        name="nominee_picture",
    ),
    path("nominees/<int:nominee_id>/film/", replace_film, name="nominee_film"),
]
