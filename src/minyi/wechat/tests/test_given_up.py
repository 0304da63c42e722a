# SPDX-License-Identifier: Apache-2.0
"""What the outbox gives up is no longer «waiting» where staff looks."""

from datetime import timedelta

import pytest

from minyi.core import outbox
from minyi.core.models import OutboxMessage
from minyi.core.outbox import MOST_ATTEMPTS
from minyi.wechat.models import Outgoing
from minyi.wechat.services.outgoing import TOPIC
from minyi.wechat.tests.given_outgoing import PURPOSE, Office, state_of

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def given_a_purpose_nobody_knows() -> tuple[Office, Outgoing]:
    """A message of a version whose purpose this one has retired."""
    office = Office()
    office.given_contact(window=5)
    told = office.tell()
    Outgoing.objects.update(purpose="of.another.version")
    for _try in range(MOST_ATTEMPTS):
        office.wait(office.due_in())
    assert OutboxMessage.objects.get().state == "dead"
    return office, told


def test_a_dead_letter_has_failed_and_keeps_its_reason():
    _office, told = given_a_purpose_nobody_knows()
    assert state_of(told) == ("failed", "", "given_up")
    assert "of.another.version" in told.steps.last().detail


def test_a_dead_letter_brought_back_goes_out_after_all():
    office, told = given_a_purpose_nobody_knows()
    Outgoing.objects.update(purpose=PURPOSE)
    assert outbox.send_again(topic=TOPIC, key=f"{told.pk}.0", now=office.clock.now)
    office.work()
    assert state_of(told) == ("sent", "service", "")
    assert len(office.wechat.parcels) == 1


def test_one_that_may_have_gone_out_is_left_to_a_person():
    office = Office()
    office.given_contact(window=5)
    told = office.tell()
    Outgoing.objects.update(state="sending", channel="service")
    for _death in range(MOST_ATTEMPTS):  # each time the worker dies with it in its hand
        assert office.worker.lease_due(1)
        office.clock.now += MINUTE * 2
    office.work()
    assert state_of(told) == ("unknown", "service", "interrupted")
    assert office.wechat.parcels == []


def test_what_staff_has_begun_anew_is_not_touched_by_the_old_letter():
    office = Office()
    office.given_contact(window=5)
    told = office.tell()
    for _death in range(MOST_ATTEMPTS):
        assert office.worker.lease_due(1)
        office.clock.now += MINUTE * 2
    Outgoing.objects.update(round=1)
    office.work()
    assert state_of(told)[0] == "waiting"
