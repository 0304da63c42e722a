# SPDX-License-Identifier: Apache-2.0
"""An administrator lets a colleague in again, and nobody else's."""

from datetime import UTC, datetime

import pytest
from django_otp.plugins.otp_totp.models import TOTPDevice

from minyi.agencies.errors import PersonOfOthers
from minyi.agencies.models import User
from minyi.agencies.policies import Role
from minyi.agencies.services import access
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry

from .given import given_agency, given_client, given_post, given_staff, given_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
NEW = "another-long-password"


def test_an_administrator_resets_a_colleagues_password_and_second_factor():
    agency = given_agency()
    boss, post = given_client(given_staff(agency, Role.ADMINISTRATOR)), given_post(agency)
    TOTPDevice.objects.create(user=post.user, name="console", confirmed=True)
    page = boss.get(f"/staff/posts/edit/{post.pk}/").content.decode()
    for room, said in (("password", {"password": NEW}), ("two-factor", {})):
        address = f"/staff/posts/{post.pk}/{room}/"
        assert address in page
        assert boss.get(address).status_code == 200
        assert boss.post(address, said).status_code == 302
    assert User.objects.get(pk=post.user_id).check_password(NEW)
    assert not TOTPDevice.objects.filter(user=post.user).exists()
    acts = AuditEntry.objects.order_by("id").values_list("act", flat=True)
    assert list(acts) == ["agencies.password.reset", "agencies.two_factor.reset"]


def test_a_weak_password_changes_nothing():
    agency = given_agency()
    boss, post = given_client(given_staff(agency, Role.ADMINISTRATOR)), given_post(agency)
    before = post.user.password
    answer = boss.post(f"/staff/posts/{post.pk}/password/", {"password": "12345"})
    assert answer.status_code == 200
    assert User.objects.get(pk=post.user_id).password == before


def test_somebody_who_also_works_elsewhere_is_not_taken_over():
    agency = given_agency()
    boss, post = given_staff(agency, Role.ADMINISTRATOR), given_post(agency)
    given_post(given_agency(), user=post.user)
    operators_post = given_post(agency, user=given_user(is_superuser=True))
    for target in (post, operators_post):
        with pytest.raises(PersonOfOthers):
            access.reset_password(post=target, password=NEW, actor=boss.actor, now=NOW)
        with pytest.raises(PersonOfOthers):
            access.reset_two_factor(post=target, actor=boss.actor, now=NOW)
    operator = given_user(is_superuser=True)
    access.reset_password(post=post, password=NEW, actor=operator.actor, now=NOW)


def test_only_administrators_of_the_agency_reset():
    agency = given_agency()
    post = given_post(agency)
    for outsider in (given_staff(agency), given_staff(given_agency(), Role.ADMINISTRATOR)):
        with pytest.raises(NotAllowed):
            access.reset_two_factor(post=post, actor=outsider.actor, now=NOW)
        answer = given_client(outsider).post(f"/staff/posts/{post.pk}/two-factor/", {})
        assert answer.status_code in {403, 404}
