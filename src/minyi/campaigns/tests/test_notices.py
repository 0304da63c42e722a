# SPDX-License-Identifier: Apache-2.0
import pytest
from django.db import transaction

from minyi.agencies.policies import Role
from minyi.campaigns.services import nominations
from minyi.citizens.services.recognition import recognise_citizen
from minyi.wechat.models import Outgoing

from .given import NOW, given_account, given_campaign, given_nomination, given_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    """A campaign under review with an account, its reviewer, and a citizen who nominated."""
    campaign = given_campaign(during="review")
    campaign.account = given_account(campaign.agency, slug="sandbox")
    campaign.save(update_fields=["account"])
    return campaign, given_staff(campaign.agency, Role.REVIEWER).actor


def nominated_by(campaign, subject, **fields):
    citizen = recognise_citizen(channel="wechat", account="sandbox", subject=subject, now=NOW)
    return given_nomination(campaign, by_citizen=citizen, **fields)


def told():
    return {row.openid: row for row in Outgoing.objects.all()}


def test_the_nominator_is_told_that_the_nomination_was_accepted(world):
    campaign, reviewer = world
    nomination = nominated_by(campaign, "oAnna")
    nominations.accept_nomination(nomination_id=nomination.pk, actor=reviewer, now=NOW)
    message = told()["oAnna"]
    assert f"您推荐的“{nomination.name}”已通过审核" in message.text
    assert message.url.endswith(f"/c/{campaign.slug}/nominate/mine/")


def test_everybody_whose_nomination_was_merged_into_it_is_told_why_it_was_rejected(world):
    campaign, reviewer = world
    first = nominated_by(campaign, "oAnna", name="城东窗口")
    second = nominated_by(campaign, "oBo", name="城东办事窗口")
    doing = {"actor": reviewer, "now": NOW}
    nominations.merge_nominations(nomination_id=second.pk, into_id=first.pk, **doing)
    reason = "材料不全，满意度 100% 没有依据"
    nominations.reject_nomination(nomination_id=first.pk, reason=reason, **doing)
    assert told().keys() == {"oAnna", "oBo"}
    assert all(reason in message.text for message in told().values())


def test_a_decision_that_was_undone_tells_nobody(world):
    campaign, reviewer = world
    nomination = nominated_by(campaign, "oAnna")
    with transaction.atomic():
        nominations.accept_nomination(nomination_id=nomination.pk, actor=reviewer, now=NOW)
        transaction.set_rollback(True)
    assert told() == {}


def test_a_campaign_without_an_account_decides_all_the_same(world):
    campaign, reviewer = world
    campaign.account = None
    campaign.save(update_fields=["account"])
    nomination = nominated_by(campaign, "oAnna")
    nominations.accept_nomination(nomination_id=nomination.pk, actor=reviewer, now=NOW)
    assert told() == {}
