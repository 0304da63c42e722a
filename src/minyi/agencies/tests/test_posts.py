# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from wagtail.permissions import policy_registry

from minyi.agencies.errors import LastAdministrator, PostHeldAlready, UsernameTaken
from minyi.agencies.models import Agency, Post, User
from minyi.agencies.policies import GRANTS, Role
from minyi.agencies.services import posts
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry
from minyi.publishing.models import Picture

from .given import given_agency, given_client, given_post, given_staff

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def appoint(agency: Agency, actor: User, username: str = "newcomer", role: Role = Role.EDITOR):
    person = posts.Person(username, "李示例", "a-long-enough-password")
    return posts.appoint(
        agency=agency, person=person, role=role, title="", since=TODAY, actor=actor.actor, now=NOW
    )


def test_every_role_has_its_grants():
    assert set(GRANTS) == {role.value for role in Role}


def test_only_supervisors_sign_results_and_pause_the_vote():
    holders = {role for role, grants in GRANTS.items() if grants & {"results.sign", "voting.pause"}}
    assert holders == {Role.SUPERVISOR}


def test_an_administrator_appoints_a_newcomer_who_joins_the_agencys_library():
    agency = given_agency()
    post = appoint(agency, given_staff(agency, Role.ADMINISTRATOR))
    assert post.user.check_password("a-long-enough-password")
    assert post.user.actor.can("campaigns.edit", agency.pk)
    library = Agency.objects.get(pk=agency.pk).library
    allowed = policy_registry.get_by_type(Picture).collections_user_has_permission_for
    assert list(allowed(post.user, "choose")) == [library]
    assert AuditEntry.objects.get(act="agencies.post.given").facts["username"] == "newcomer"


def test_a_weak_password_makes_no_account():
    agency = given_agency()
    boss = given_staff(agency, Role.ADMINISTRATOR)
    person = posts.Person("newcomer", "李示例", "12345")
    with pytest.raises(ValidationError):
        posts.appoint(
            agency=agency,
            person=person,
            role=Role.EDITOR,
            title="",
            since=TODAY,
            actor=boss.actor,
            now=NOW,
        )
    assert not User.objects.filter(username="newcomer").exists()


def test_an_organiser_appoints_nobody():
    agency = given_agency()
    with pytest.raises(NotAllowed):
        appoint(agency, given_staff(agency, Role.ORGANISER))


def test_an_administrator_does_not_appoint_in_another_agency():
    with pytest.raises(NotAllowed):
        appoint(given_agency(), given_staff(given_agency(), Role.ADMINISTRATOR))


def test_another_agencys_account_is_not_taken_over():
    agency, other = given_agency(), given_agency()
    theirs = given_staff(other)
    with pytest.raises(UsernameTaken):
        appoint(agency, given_staff(agency, Role.ADMINISTRATOR), theirs.username)


def test_the_same_post_is_not_given_twice():
    agency = given_agency()
    boss = given_staff(agency, Role.ADMINISTRATOR)
    appoint(agency, boss)
    with pytest.raises(PostHeldAlready):
        appoint(agency, boss)


def test_an_ended_post_grants_nothing():
    agency = given_agency()
    boss = given_staff(agency, Role.ADMINISTRATOR)
    post = appoint(agency, boss)
    posts.change_post(
        post=post, title="", since=TODAY, until=date(2020, 1, 1), actor=boss.actor, now=NOW
    )
    assert not User.objects.get(username="newcomer").actor.agency_ids


def test_the_last_administrator_stays():
    agency = given_agency()
    post = given_post(agency, Role.ADMINISTRATOR)
    with pytest.raises(LastAdministrator):
        posts.change_post(
            post=post, title="", since=TODAY, until=TODAY, actor=post.user.actor, now=NOW
        )


def test_the_last_administrator_does_not_leave_by_beginning_later():
    agency = given_agency()
    post = given_post(agency, Role.ADMINISTRATOR)
    with pytest.raises(LastAdministrator):
        posts.change_post(
            post=post, title="", since=date(2099, 1, 1), until=None, actor=post.user.actor, now=NOW
        )
    assert Post.objects.get(pk=post.pk).since < TODAY


def test_somebody_who_begins_later_does_not_replace_the_last_administrator():
    agency = given_agency()
    post, later = given_post(agency, Role.ADMINISTRATOR), given_post(agency, Role.ADMINISTRATOR)
    Post.objects.filter(pk=later.pk).update(since=date(2099, 1, 1))
    with pytest.raises(LastAdministrator):
        posts.change_post(
            post=post, title="", since=TODAY, until=TODAY, actor=post.user.actor, now=NOW
        )


def test_two_administrators_do_not_end_each_other():
    agency = given_agency()
    one, other = given_post(agency, Role.ADMINISTRATOR), given_post(agency, Role.ADMINISTRATOR)
    first, second = one.user.actor, other.user.actor  # both read before either acts
    ending = {"title": "", "since": TODAY, "until": TODAY, "now": NOW}
    posts.change_post(post=other, actor=first, **ending)
    with pytest.raises(LastAdministrator):
        posts.change_post(post=one, actor=second, **ending)


def test_the_console_appoints_through_the_service():
    agency = given_agency()
    client = given_client(given_staff(agency, Role.ADMINISTRATOR))
    said = {
        "username": "newcomer",
        "name": "李示例",
        "password": "a-long-enough-password",
        "role": Role.REVIEWER,
        "title": "科长",
        "since": "2026-11-21",
        "agency": agency.pk,
    }
    assert client.post("/staff/posts/new/", said).status_code == 302
    assert Post.objects.get(user__username="newcomer").role == Role.REVIEWER


def test_the_console_does_not_appoint_in_a_foreign_agency():
    agency, other = given_agency(), given_agency()
    client = given_client(given_staff(agency, Role.ADMINISTRATOR))
    said = {
        "username": "newcomer",
        "name": "李示例",
        "password": "a-long-enough-password",
        "role": Role.ADMINISTRATOR,
        "since": "2026-11-21",
        "agency": other.pk,
    }
    assert client.post("/staff/posts/new/", said).status_code == 200
    assert not User.objects.filter(username="newcomer").exists()


def test_a_taken_user_name_is_told_on_the_form():
    agency = given_agency()
    theirs = given_staff(given_agency())
    client = given_client(given_staff(agency, Role.ADMINISTRATOR))
    said = {
        "username": theirs.username,
        "name": "李某",
        "password": "a-long-enough-password",
        "role": Role.REVIEWER,
        "since": "2026-11-21",
        "agency": agency.pk,
    }
    answer = client.post("/staff/posts/new/", said)
    assert answer.status_code == 200
    assert "属于另一位工作人员" in answer.content.decode()
