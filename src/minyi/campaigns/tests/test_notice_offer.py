# SPDX-License-Identifier: Apache-2.0
"""Where a nominator can ask WeChat for the result, and what the pages' policy lets in for it."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from django.utils import timezone

from minyi.campaigns.models import Nomination
from minyi.wechat.models import Contact, Grant, MessageTemplate

from .test_nomination_form import send
from .visitors import given_votable, visitor

pytestmark = pytest.mark.django_db
CONTROL = "wx-open-subscribe"


@pytest.fixture
def campaign():
    return given_votable(now=timezone.now(), during="nomination")


def given_notice(campaign, **fields):
    return MessageTemplate.objects.create(
        account=campaign.account,
        purpose="campaigns.nomination_decided",
        channel="subscription",
        **{"template_id": "the-notice", "fields": {"thing1": "name"}, **fields},
    )


def page_after(campaign, client=None):
    """Nominate, and read the page one comes to."""
    client = client or visitor(campaign.account)
    return client.get(send(campaign, client)["Location"])


def words(response) -> str:
    return response.content.decode()


def test_after_a_nomination_the_notice_of_its_result_is_offered(campaign):
    given_notice(campaign)
    page = words(page_after(campaign))
    assert f'<{CONTROL} template="the-notice">' in page
    assert "接收审核结果通知" in page
    assert 'data-config="/wechat/' in page


@pytest.mark.parametrize(
    "missing", ["template", "switched off", "paper account", "nothing sent", "decided", "unwanted"]
)
def test_nothing_is_offered_that_could_not_come(campaign, missing):
    client = visitor(campaign.account)
    if missing != "template":
        given_notice(campaign, is_on=missing != "switched off")
    if missing == "paper account":
        campaign.account.kind = "SUB"
        campaign.account.save()
    if missing == "unwanted":
        client.post(f"/notices/{campaign.account.slug}/", {"notices": "off"})
        assert Contact.objects.get().opted_out_at
    if missing == "nothing sent":
        page = client.get(f"/c/{campaign.slug}/nominate/mine/")
    else:
        page = page_after(campaign, client)
    if missing == "decided":
        Nomination.objects.update(status="accepted", decided_at=timezone.now())
        page = client.get(f"/c/{campaign.slug}/nominate/mine/")
    assert page.status_code == 200
    assert CONTROL not in words(page)


def test_what_was_accepted_already_is_said(campaign):
    row = given_notice(campaign)
    client = visitor(campaign.account, "oAnna")
    grant = Grant.objects.create(
        account=campaign.account,
        openid="oAnna",
        template_id=row.template_id,
        left=2,
        changed_at=timezone.now(),
    )
    assert "还可以收到 2 条" in words(page_after(campaign, client))
    row.is_lasting = grant.is_lasting = True
    row.save()
    page = words(client.get(f"/c/{campaign.slug}/nominate/mine/"))
    assert "您已同意接收通知" in page
    assert CONTROL not in page


def test_the_policy_lets_in_the_style_of_that_button_and_no_other(campaign, settings):
    given_notice(campaign)
    response = page_after(campaign)
    (style,) = re.findall(r"<style>(.*?)</style>", words(response), re.DOTALL)
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = dict(part.split(" ", 1) for part in response["Content-Security-Policy"].split("; "))
    assert policy["style-src"] == f"'self' 'sha256-{digest}'"
    host = settings.WECHAT_JSSDK_URL.removesuffix("/open/js/jweixin-1.6.0.js")
    assert policy["script-src"] == f"'self' {host}"


@pytest.mark.parametrize("in_sandbox", [True, False])
def test_a_forwarded_link_leads_to_the_page_and_not_into_a_vote(campaign, settings, in_sandbox):
    settings.WECHAT_SANDBOX = in_sandbox
    settings.WECHAT_JSSDK_URL = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js"
    page = words(visitor(campaign.account).get(f"/c/{campaign.slug}/?vote=1"))
    (link,) = re.findall(r'data-link="([^"]*)"', page)
    assert link == f"http://testserver/c/{campaign.slug}/"
    assert 'data-script="https://res.wx.qq.com/open/js/jweixin-1.6.0.js"' in page
    assert ("data-framed" in page) is in_sandbox
