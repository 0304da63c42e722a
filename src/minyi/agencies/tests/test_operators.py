# SPDX-License-Identifier: Apache-2.0
"""What only the platform's operators do: agencies, accounts and rules, all on the audit trail."""

import pytest

from minyi.agencies.models import Agency, OfficialAccount, User
from minyi.agencies.policies import Role
from minyi.core.models import AuditEntry, Rule

from .given import given_agency, given_client, given_region, given_staff, given_user

pytestmark = pytest.mark.django_db
RULE = {"key": "award.publicity", "amount": 7, "unit": "workday", "source": "依据"}


@pytest.fixture
def operator():
    return given_client(given_user(is_superuser=True))


def acts() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("act", flat=True))


def test_an_operator_adds_an_agency_and_its_account(operator):
    region = given_region()
    said = {"name": "新单位", "short_name": "新", "region": region.pk}
    operator.post("/staff/agencies/new/", said)
    agency = Agency.objects.get(name="新单位")
    account = {
        "agency": agency.pk,
        "slug": "new-office",
        "name": "新公众号",
        "kind": "SVC",
        "appid": "wx0123456789abcdef",
        "original_id": "gh_0123456789ab",
        "mode": "secure",
    }
    operator.post("/staff/accounts/new/", account)
    assert OfficialAccount.objects.get(slug="new-office").agency == agency
    assert acts() == ["agencies.agency.added", "agencies.account.added"]


def test_an_administrator_adds_neither():
    client = given_client(given_staff(given_agency(), Role.ADMINISTRATOR))
    for room in ("agencies", "accounts"):
        assert client.get(f"/staff/{room}/new/").status_code == 403


def test_a_refusal_names_the_other_administrators_and_never_the_reader():
    agency = given_agency()
    reader, other = (
        given_staff(agency, Role.ADMINISTRATOR),
        given_staff(agency, Role.ADMINISTRATOR),
    )
    User.objects.filter(pk=other.pk).update(first_name="周某")
    other.refresh_from_db()
    page = given_client(reader).get("/staff/accounts/new/").content.decode()
    assert f"<li>{other}（" in page
    assert f"<li>{reader}（" not in page


def test_a_rule_is_added_and_changed_on_the_trail_and_never_deleted(operator):
    operator.post("/staff/rules/new/", RULE | {"valid_from": "2030-01-01"})
    rule = Rule.objects.get(valid_from="2030-01-01")
    operator.post(f"/staff/rules/edit/{rule.pk}/", RULE | {"amount": 9, "valid_from": "2030-01-01"})
    operator.post(f"/staff/rules/delete/{rule.pk}/")
    assert Rule.objects.get(pk=rule.pk).amount == 9
    assert acts() == ["agencies.rule.added", "agencies.rule.changed"]
    assert AuditEntry.objects.get(act="agencies.rule.changed").facts["before"] == {"amount": "7"}
