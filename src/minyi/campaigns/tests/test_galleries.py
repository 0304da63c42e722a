# SPDX-License-Identifier: Apache-2.0
"""Several pictures of one nominee: their order, their words, and where they are shown."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.campaigns.errors import (
    AlternativeMissing,
    NomineeNotFound,
    PictureNotThere,
    TooManyPictures,
)
from minyi.campaigns.models import MOST_PICTURES, Nominee, NomineePicture
from minyi.campaigns.queries.checklist import launch_checklist
from minyi.campaigns.services import galleries
from minyi.core.models import AuditEntry

from .given import (
    NOW,
    given_agency,
    given_campaign,
    given_nominee,
    given_picture,
    given_ready_campaign,
    given_staff,
)
from .test_uploads import picture_bytes

pytestmark = pytest.mark.django_db


def given_gallery(*words: str, now=NOW) -> Nominee:
    campaign = given_campaign(during="voting", now=now)
    pictures = [given_picture(alternative=one) for one in words]
    return given_nominee(campaign, pictures=pictures, card=Nominee.Card.PICTURE)


def act_on(nominee: Nominee) -> dict[str, object]:
    actor = given_staff(nominee.campaign.agency, Role.EDITOR).actor
    return {"nominee_id": nominee.pk, "actor": actor, "now": NOW}


def words_of(nominee: Nominee) -> list[str]:
    return [hanging.picture.alternative for hanging in nominee.gallery.select_related("picture")]


def an_upload() -> SimpleUploadedFile:
    return SimpleUploadedFile("a.jpg", picture_bytes(), content_type="image/jpeg")


def test_pictures_are_put_in_order_and_taken_off_on_the_record():
    nominee = given_gallery("门口", "大厅", "窗口")
    third = nominee.gallery.get(place=2).picture_id
    galleries.move_picture(picture_id=third, to=0, **act_on(nominee))
    assert words_of(nominee) == ["窗口", "门口", "大厅"]
    galleries.remove_picture(picture_id=third, **act_on(nominee))
    assert words_of(nominee) == ["门口", "大厅"]
    assert [hanging.place for hanging in nominee.gallery.all()] == [0, 1]
    acts = set(AuditEntry.objects.values_list("act", flat=True))
    assert acts == {"campaigns.nominee.pictures_ordered", "campaigns.nominee.picture_removed"}


def test_a_tenth_picture_is_refused_by_the_service_and_by_the_database():
    nominee = given_gallery(*"一二三四五六七八九")
    with pytest.raises(TooManyPictures):
        galleries.add_picture(upload=an_upload(), alternative="第十张", **act_on(nominee))
    with pytest.raises(IntegrityError), transaction.atomic():
        NomineePicture.objects.create(nominee=nominee, picture=given_picture(), place=MOST_PICTURES)
    assert len(words_of(nominee)) == MOST_PICTURES == 9


def test_words_are_corrected_but_never_taken_away():
    nominee = given_gallery("门口", "大厅")
    second = nominee.gallery.get(place=1).picture_id
    galleries.describe_picture(picture_id=second, alternative="新大厅", **act_on(nominee))
    assert words_of(nominee) == ["门口", "新大厅"]
    with pytest.raises(AlternativeMissing):
        galleries.describe_picture(picture_id=second, alternative=" ", **act_on(nominee))


def test_only_what_hangs_there_is_touched_and_only_by_its_own_office():
    nominee, other = given_gallery("门口"), given_gallery("别家的")
    foreign = other.gallery.get().picture_id
    with pytest.raises(PictureNotThere):
        galleries.describe_picture(picture_id=foreign, alternative="改", **act_on(nominee))
    stranger = {**act_on(nominee), "actor": given_staff(given_agency(), Role.EDITOR).actor}
    with pytest.raises(NomineeNotFound):
        galleries.remove_picture(picture_id=nominee.gallery.get().picture_id, **stranger)


def test_every_picture_needs_words_before_launch():
    campaign = given_ready_campaign()
    given_nominee(campaign, pictures=[given_picture(), given_picture(alternative=" ")])
    [item] = [i for i in launch_checklist(campaign_id=campaign.pk, now=NOW) if i.code == "pictures"]
    assert not item.is_met


def test_the_page_shows_all_pictures_with_their_words_and_the_card_the_first():
    now = timezone.now()
    nominee = given_gallery("门口的样子", "大厅的样子", now=now)
    base = f"/c/{nominee.campaign.slug}/nominees/"
    page = Client().get(f"{base}{nominee.number}/").content.decode()
    assert 'alt="门口的样子"' in page
    assert 'alt="大厅的样子"' in page
    assert 'href="#picture-2"' in page
    assert 'tabindex="0"' in page
    listing = Client().get(base).content.decode()
    assert 'alt="门口的样子"' in listing
    assert "大厅的样子" not in listing


def test_the_api_tells_all_pictures_in_order():
    nominee = given_gallery("门口", "大厅", now=timezone.now())
    address = f"/api/v1/campaigns/{nominee.campaign.slug}/nominees/{nominee.number}"
    told = Client().get(address).json()
    assert [one["alternative"] for one in told["pictures"]] == ["门口", "大厅"]
    assert all(one["url"].startswith("http") for one in told["pictures"])


def test_an_editor_adds_describes_orders_and_removes_from_the_page(client):
    nominee = given_gallery("门口", now=timezone.now())
    client.force_login(given_staff(nominee.campaign.agency, Role.EDITOR))
    adding = reverse("nominee_pictures", args=[nominee.pk])
    client.post(adding, {"picture": an_upload(), "alternative": "大厅"})
    first, second = (hanging.picture_id for hanging in nominee.gallery.all())
    client.post(reverse("nominee_picture", args=[nominee.pk, second]), {"to": "0"})
    assert words_of(nominee) == ["大厅", "门口"]
    address = reverse("nominee_picture", args=[nominee.pk, first])
    client.post(address, {"verb": "describe", "alternative": "旧门口"})
    assert words_of(nominee) == ["大厅", "旧门口"]
    client.post(address, {"verb": "remove"})
    assert words_of(nominee) == ["大厅"]


def test_a_picture_without_words_is_refused_on_the_page(client):
    nominee = given_gallery(now=timezone.now())
    client.force_login(given_staff(nominee.campaign.agency, Role.EDITOR))
    adding = reverse("nominee_pictures", args=[nominee.pk])
    said = client.post(adding, {"picture": an_upload(), "alternative": ""}, follow=True)
    assert "缺少替代文本" in said.content.decode()
    assert words_of(nominee) == []
