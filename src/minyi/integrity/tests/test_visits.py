# SPDX-License-Identifier: Apache-2.0
"""What is kept of a visit says enough to see brushing, and too little to find the person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from minyi.campaigns.services.tickets import hand_out_ticket
from minyi.campaigns.tests.given import given_open_round
from minyi.campaigns.tests.visitors import a_session, given_votable
from minyi.citizens.models import Citizen
from minyi.integrity.models import Visit
from minyi.integrity.services.visits import AGES_MS, LOT_MS, Circumstances

pytestmark = pytest.mark.django_db

SEEN = Circumstances(address="203.0.113.7", user_agent="Mozilla/5.0", mark="")


@pytest.mark.parametrize("age_s", [0, 3, 40, 4_000, 90_000, 400_000, 40_000_000])
def test_no_moment_of_a_visit_finds_its_citizen(age_s):
    now = timezone.now()
    campaign = given_votable(now=now)
    given_open_round(campaign, now=now)
    session = a_session(campaign.account)
    first = now - timedelta(seconds=age_s, milliseconds=137)
    Citizen.objects.filter(pk=session.citizen_id).update(first_seen_at=first)
    hand_out_ticket(campaign=campaign, session=session, language="zh-hans", now=now, seen=SEEN)
    visit = Visit.objects.get()
    exact = round(first.timestamp() * 1000)
    assert visit.first_seen_ms != exact
    if age_s > 2 * 86_400:
        assert visit.first_seen_ms == exact // LOT_MS * LOT_MS
    else:
        assert visit.at_ms - visit.first_seen_ms in AGES_MS
