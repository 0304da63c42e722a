# SPDX-License-Identifier: Apache-2.0
"""The library in the staff console: papers of a launched campaign stay, and every act is told."""

from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from minyi.agencies.models import Post
from minyi.agencies.policies import Role
from minyi.agencies.services.libraries import keep_library
from minyi.agencies.tests.given import given_agency, given_client, given_staff, given_user
from minyi.campaigns.tests.given import given_campaign, given_picture
from minyi.core.models import AuditEntry
from minyi.publishing.models import OfficialDocument, Picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def agency():
    agency = given_agency()
    keep_library(agency)
    return agency


@pytest.fixture
def client(agency):
    return given_client(given_staff(agency, Role.CASE_WORKER))


def given_document(agency) -> OfficialDocument:
    return OfficialDocument.objects.create(
        title="批复",
        document_number="青评组〔2026〕3号",
        file=ContentFile(b"%PDF-1.4", name="approval.pdf"),
        collection=agency.library,
    )


def edit(client, document):
    said = {
        "title": "批复",
        "document_number": "青评组〔2026〕4号",
        "file": SimpleUploadedFile("other.pdf", b"%PDF-1.4 other"),
    }
    client.post(f"/staff/documents/edit/{document.pk}/", said)
    document.refresh_from_db()
    return document.document_number


def opens(user, document) -> bool:
    answer = given_client(user).get(document.url)
    if answer.streaming:  # read to its end: closing it early would close the test's connection
        b"".join(answer.streaming_content)
    return answer.status_code == 200


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("act", flat=True))


def test_a_document_nobody_launched_with_is_edited_and_the_trail_tells_it(agency, client):
    document = given_document(agency)
    given_campaign(agency=agency, launched=False, approval_document=document)
    assert edit(client, document) == "青评组〔2026〕4号"
    entry = AuditEntry.objects.get(act="publishing.document.changed")
    assert entry.agency_id == agency.pk
    assert entry.facts["number"] == "青评组〔2026〕4号"


def test_the_approval_document_of_a_launched_campaign_stays_as_it_is(agency, client):
    document = given_document(agency)
    given_campaign(agency=agency, approval_document=document)
    operator = given_client(given_user(is_superuser=True))
    for person in (client, operator):
        assert edit(person, document) == "青评组〔2026〕3号"
        person.post(f"/staff/documents/delete/{document.pk}/")
        person.post(f"/staff/documents/multiple/{document.pk}/delete/")
    assert OfficialDocument.objects.filter(pk=document.pk).exists()
    assert acts() == []


def test_the_pictures_of_a_launched_campaign_stay_as_they_are(agency, client):
    picture = given_picture("窗口")
    Picture.objects.filter(pk=picture.pk).update(collection=agency.library)
    given_campaign(agency=agency, cover=picture)
    client.post(f"/staff/images/{picture.pk}/", {"title": "别的图片"})
    client.post(f"/staff/images/{picture.pk}/delete/")
    picture.refresh_from_db()
    assert picture.title == "示例图片"


def test_uploading_and_deleting_are_on_the_trail(agency, client):
    said = {"title": "方案", "file": SimpleUploadedFile("plan.pdf", b"%PDF-1.4 plan")}
    client.post("/staff/documents/add/", said)
    document = OfficialDocument.objects.get(title="方案")
    assert document.collection == agency.library
    client.post(f"/staff/documents/delete/{document.pk}/")
    assert acts() == ["publishing.document.added", "publishing.document.deleted"]


def test_whoever_begins_tomorrow_enters_the_library_tomorrow_and_leaves_with_the_post(agency):
    document = given_document(agency)
    user = given_user()
    post = Post.objects.create(
        user=user, agency=agency, role=Role.EDITOR, since=timezone.localdate() + timedelta(days=1)
    )
    assert not opens(user, document)
    Post.objects.filter(pk=post.pk).update(since=timezone.localdate())
    assert opens(user, document)
    Post.objects.filter(pk=post.pk).update(
        since="2020-01-01", until=timezone.localdate() - timedelta(days=1)
    )
    assert not opens(user, document)


def test_two_agencies_never_share_a_library_whatever_they_are_called(agency):
    first = agency.library
    name, agency.name = agency.name, "改名后的单位"
    agency.save()
    other = given_agency(name)
    assert keep_library(other) != first
    assert keep_library(agency) == first
