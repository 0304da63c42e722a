# SPDX-License-Identifier: Apache-2.0
"""Walk every address of the staff console as everybody who must not get through."""

import re

import pytest
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from wagtail.admin.viewsets import viewsets

from minyi.agencies.models import Agency
from minyi.agencies.policies import Role
from minyi.agencies.samples import seed_office
from minyi.agencies.tests.given import given_agency, given_client, given_staff
from minyi.campaigns.samples import seed_campaigns
from minyi.core.staff import AgencyModelViewSet

pytestmark = pytest.mark.django_db


def staff_routes() -> list[tuple[str, URLPattern]]:
    """Return (path with its converters, pattern) of every address under /staff/."""

    def walk(prefix: str, patterns: list[URLPattern | URLResolver]):
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(path, pattern.url_patterns)
            else:
                yield path, pattern

    return [
        route for route in walk("", get_resolver().url_patterns) if route[0].startswith("staff/")
    ]


def our_viewsets() -> list[AgencyModelViewSet]:
    return [v for v in viewsets.viewsets if getattr(v, "model", None) and _is_ours(v.model)]


def _is_ours(model: type[Model]) -> bool:
    return model.__module__.startswith("minyi.") and "publishing" not in model.__module__


def test_every_viewset_of_ours_stands_behind_the_fence():
    outside = [v for v in our_viewsets() if not isinstance(v, AgencyModelViewSet)]
    assert our_viewsets()
    assert not outside


def test_a_misspelt_option_of_a_viewset_does_not_vanish():
    for viewset in our_viewsets():
        known = set(dir(AgencyModelViewSet))
        own = {name for name in vars(type(viewset)) if not name.startswith("_")}
        added = {n for n in own - known if not callable(getattr(viewset, n))}
        assert added <= {"panels", "edit_handler", "form_fields", "exclude_form_fields"}, viewset


def test_nobody_enters_the_console_without_logging_in():
    client = Client()
    open_to_all = {"staff/login/", "staff/jsi18n/", "staff/logout/"}
    for path, _pattern in staff_routes():
        if path in open_to_all or "password_reset" in path or "sprite" in path:
            continue
        answer = client.get("/" + _filled(path, "1"))
        assert answer.status_code in {302, 404, 405}, path
        if answer.status_code == 302:
            assert "/staff/login/" in answer.headers["Location"], path


def _filled(path: str, value: str) -> str:
    return re.sub(r"<[^>]+>", value, path).replace("^", "").replace("$", "").replace("\\Z", "")


@pytest.fixture
def full_house():
    """The sample office with rows in every table a viewset shows."""
    office = seed_office()
    seed_campaigns(office=office, now=timezone.now())
    return office


def test_a_stranger_with_every_role_elsewhere_opens_and_changes_no_row(full_house):
    elsewhere = given_agency("别处的单位")
    user = given_staff(elsewhere, Role.ORGANISER)
    for role in Role:
        if role != Role.ORGANISER:
            user.posts.create(agency=elsewhere, role=role, since="2026-01-01")
    client = given_client(user)
    for viewset in our_viewsets():
        row = viewset.model._default_manager.first()
        if row is None or not _belongs_to_an_agency(viewset.model):
            continue
        for pattern in viewset.get_urlpatterns():
            path = (
                f"/staff/{viewset.url_prefix}/{_filled(str(pattern.pattern), pattern, str(row.pk))}"
            )
            for answer in (client.get(path), client.post(path, {})):
                _assert_nothing_seen(answer, path, str(pattern.pattern))


def _belongs_to_an_agency(model: type[Model]) -> bool:
    return hasattr(model._default_manager, "visible_to")


def _assert_nothing_seen(answer, path: str, pattern: str) -> None:
    if "<" in pattern:  # names a row
        assert answer.status_code in {302, 403, 404, 405}, (path, answer.status_code)
        if answer.status_code == 302:
            assert answer.headers["Location"] in {"/staff/", "/staff"}, path
    else:
        assert "示例" not in _main(answer.content.decode(errors="replace")), path


def _main(html: str) -> str:
    """Cut the sidebar: it names the product, not rows."""
    return html[html.find("<main") :] if "<main" in html else html


def test_the_sample_people_see_only_their_own_agency(full_house):
    neighbour = Agency.objects.get(short_name="禾东县中心")
    client = given_client(neighbour.posts.first().user)
    listing = client.get("/staff/campaigns/").content.decode()
    assert "十佳政务服务窗口评选" not in _main(listing)
