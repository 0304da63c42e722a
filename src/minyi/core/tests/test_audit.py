# SPDX-License-Identifier: Apache-2.0
import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from minyi.agencies.tests.given import given_agency
from minyi.core import audit
from minyi.core.actors import SYSTEM
from minyi.core.acts import UnnamedAct
from minyi.core.models import AppendOnly, AuditEntry

NOW = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


def record(target, act="agencies.agency.changed", **facts):
    return audit.record(actor=SYSTEM, act=act, target=target, now=NOW, **facts)


@pytest.mark.django_db
def test_each_entry_follows_from_the_one_before():
    agency = given_agency()
    first, second = record(agency), record(agency)
    assert second.previous == first.digest
    assert audit.find_break() is None


@pytest.mark.django_db
def test_a_changed_entry_is_found():
    agency = given_agency()
    record(agency, amount=5)
    changed = record(agency, amount=5)
    record(agency, amount=5)
    AuditEntry.objects.filter(pk=changed.pk).update(facts={"amount": 6})
    assert audit.find_break() == changed


@pytest.mark.django_db
def test_a_removed_entry_is_found():
    agency = given_agency()
    removed, after = record(agency), record(agency)
    AuditEntry.objects.filter(pk=removed.pk).delete()
    assert audit.find_break() == after


@pytest.mark.django_db
def test_an_entry_is_neither_changed_nor_deleted_by_code():
    entry = record(given_agency())
    with pytest.raises(AppendOnly):
        entry.save()
    with pytest.raises(AppendOnly):
        entry.delete()


@pytest.mark.django_db(transaction=True)
def test_acts_of_many_at_once_make_one_chain():
    if connection.vendor == "sqlite":
        pytest.skip("the in-memory database of this run has one connection; PostgreSQL shows it")
    agency = given_agency()

    def act() -> None:
        for _n in range(5):
            record(agency)
        connection.close()

    threads = [threading.Thread(target=act) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert AuditEntry.objects.count() == 20
    assert audit.find_break() is None


@pytest.mark.django_db
def test_an_act_without_a_name_is_not_recorded():
    agency = given_agency()
    with pytest.raises(UnnamedAct):
        record(agency, act="core.test.unheard_of")
