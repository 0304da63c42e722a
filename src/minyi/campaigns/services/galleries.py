# SPDX-License-Identifier: Apache-2.0
"""The pictures of a nominee: each with its words, in an order; the first stands on the card."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from wagtail.images import get_image_model

from minyi.agencies.models import Agency
from minyi.agencies.services.libraries import keep_library
from minyi.campaigns.errors import AlternativeMissing, PictureNotThere, TooManyPictures
from minyi.campaigns.models import MOST_PICTURES, Nominee, NomineePicture
from minyi.core import audit
from minyi.core.actors import Actor

from .nominees import check_may_edit, lock_editable
from .texts import tidy
from .uploads import Upload, clean_picture


def add_picture(
    *, nominee_id: int, upload: Upload, alternative: str, actor: Actor, now: datetime
) -> Nominee:
    """Put one more picture at the end; the words for it are part of it."""
    _check_room(check_may_edit(nominee_id, actor))
    words = picture_words(alternative)
    # Decoding takes seconds: it happens before the transaction, not inside it.
    with clean_picture(upload) as clean, transaction.atomic():
        nominee = lock_editable(nominee_id, actor)
        _check_room(nominee)
        picture = publish_picture(
            clean=clean, agency=nominee.campaign.agency, title=nominee.name, words=words, credit=""
        )
        hang_pictures(nominee=nominee, picture_ids=[*_hanging(nominee), picture.pk])
        _record("picture_added", nominee, actor, now, picture=picture.pk, words=words)
    return nominee


@transaction.atomic
def move_picture(*, nominee_id: int, picture_id: int, to: int, actor: Actor, now: datetime) -> None:
    """Put a picture into another place, counted from 0; the others close up."""
    nominee = lock_editable(nominee_id, actor)
    order = _hanging(nominee)
    if picture_id not in order:
        raise PictureNotThere
    before = list(order)
    order.remove(picture_id)
    order.insert(max(0, to), picture_id)
    if order != before:
        hang_pictures(nominee=nominee, picture_ids=order)
        _record("pictures_ordered", nominee, actor, now, before=before, after=order)


@transaction.atomic
def remove_picture(*, nominee_id: int, picture_id: int, actor: Actor, now: datetime) -> None:
    """Take a picture off the page; it stays in the library."""
    nominee = lock_editable(nominee_id, actor)
    order = _hanging(nominee)
    if picture_id not in order:
        raise PictureNotThere
    order.remove(picture_id)
    hang_pictures(nominee=nominee, picture_ids=order)
    _record("picture_removed", nominee, actor, now, picture=picture_id)


@transaction.atomic
def describe_picture(
    *, nominee_id: int, picture_id: int, alternative: str, actor: Actor, now: datetime
) -> None:
    """Write other words for a picture."""
    nominee = lock_editable(nominee_id, actor)
    words = picture_words(alternative)
    if picture_id not in _hanging(nominee):
        raise PictureNotThere
    picture = get_image_model().objects.get(pk=picture_id)
    before, picture.alternative = picture.alternative, words
    if before == words:
        return
    picture.save(update_fields=["alternative"])
    _record(
        "picture_described", nominee, actor, now, picture=picture_id, before=before, after=words
    )


def hang_pictures(*, nominee: Nominee, picture_ids: Sequence[int]) -> None:
    """Make the nominee's pictures exactly these, in this order. The caller records the act."""
    if len(picture_ids) > MOST_PICTURES:
        raise TooManyPictures(most=MOST_PICTURES)
    NomineePicture.objects.filter(nominee=nominee).delete()
    NomineePicture.objects.bulk_create(
        NomineePicture(nominee=nominee, picture_id=picture_id, place=place)
        for place, picture_id in enumerate(picture_ids)
    )


def publish_picture(*, clean: Upload, agency: Agency, title: str, words: str, credit: str) -> Any:
    """Put a picture that was written anew into the agency's library."""
    return get_image_model().objects.create(
        title=title[:100],
        file=clean,
        alternative=words,
        credit=credit,
        collection=agency.library or keep_library(agency),
    )


def picture_words(alternative: str) -> str:
    """Return the words for a picture as they are kept, or raise AlternativeMissing."""
    words = tidy(alternative)
    if not words:
        raise AlternativeMissing
    return words[:200]


def _hanging(nominee: Nominee) -> list[int]:
    return list(nominee.gallery.values_list("picture_id", flat=True))


def _check_room(nominee: Nominee) -> None:
    if nominee.gallery.count() >= MOST_PICTURES:
        raise TooManyPictures(most=MOST_PICTURES)


def _record(verb: str, nominee: Nominee, actor: Actor, now: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=f"campaigns.nominee.{verb}",
        target=nominee,
        now=now,
        agency_id=nominee.campaign.agency_id,
        **facts,
    )
