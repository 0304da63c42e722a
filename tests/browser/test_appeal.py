# SPDX-License-Identifier: Apache-2.0
"""A ballot is held by mistake: its voter sees why, appeals, two people decide, it counts again."""

import pytest
from playwright.sync_api import expect

from browser import citizens, staff
from browser.test_reach import grave_barriers, magnify_text, sideways
from chromium import PHONE, Visitors, look
from live import Product, run

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

VOTE, VOTER = "top-ten-windows", 99_999
HOLD = """
from django.utils import timezone
from minyi.campaigns.models import Ballot
from minyi.campaigns.services import adjudication
from minyi.core.actors import SYSTEM
from minyi.ledger.queries.proofs import find_places

ballot = Ballot.objects.select_related("round").get(receipt="{receipt}")
(place,) = find_places(round_id=ballot.round_id, ballot_ids=[ballot.pk]).values()
now, campaign = timezone.now(), ballot.round.campaign_id
evidence = adjudication.store_evidence(
    campaign_id=campaign, content=b"example", name="example.json", now=now
)
adjudication.quarantine(
    campaign_id=campaign, ballots=[(place, place + 1)], rule="same_tempo",
    evidence=evidence, actor=SYSTEM, now=now,
)
"""


def test_a_voter_whose_ballot_is_held_appeals_and_it_counts_again(
    product: Product, visitors: Visitors
):
    visitors.expect_status(422)  # an appeal without a word
    voter = citizens.in_wechat(visitors, product, VOTER)
    citizens.open_paper(voter, product, VOTE)
    for place in range(3):
        voter.get_by_role("checkbox").nth(place).check()
    citizens.submit(voter)
    receipt = citizens.receipt_on(voter)
    run(product, "shell", "-c", HOLD.format(receipt=receipt))

    own = f"{product.url}/c/{VOTE}/ballot/"
    voter.goto(own)
    expect(voter.get_by_text("您的选票正在核查")).to_be_visible()
    expect(voter.get_by_text("原因：操作节奏几乎一致。")).to_be_visible()
    expect(voter.get_by_text("最迟恢复计票：")).to_be_visible()
    assert grave_barriers(voter) == set()
    look(voter, "appeal-held")
    voter.get_by_role("link", name="申诉", exact=True).click()
    voter.get_by_role("button", name="提交申诉").click()
    expect(voter.get_by_text("请填写申诉理由。")).to_be_visible()
    voter.get_by_label("申诉理由").fill("是我本人在家里投的，用的是女儿的手机。")
    magnify_text(voter)
    assert sideways(voter) == 0
    look(voter, "appeal-form-200")
    voter.get_by_role("button", name="提交申诉").click()
    expect(voter.get_by_text("待处理")).to_be_visible()

    ((campaign,),) = product.read("SELECT id FROM campaigns_campaign WHERE slug = ?", VOTE)
    desk = f"{product.url}/staff/ballots/{campaign}/"
    worker = staff.log_in(visitors, product, "jingban")
    worker.goto(desk)
    appeal = worker.get_by_role("article").filter(has_text="用的是女儿的手机")
    appeal.get_by_label("申诉成立，恢复计票").check()
    appeal.get_by_label("答复").fill("经核对，属本人正常投票。")
    appeal.get_by_role("button", name="提交复核").click()
    expect(worker.get_by_text("已提出，等待另一人复核。")).to_be_visible()
    supervisor = staff.log_in(visitors, product, "jiandu")
    supervisor.goto(desk)
    supervisor.get_by_role("article").filter(has_text="用的是女儿的手机").get_by_role(
        "button", name="同意，办结"
    ).click()
    expect(supervisor.get_by_text("已办结。")).to_be_visible()

    voter = citizens.in_wechat(visitors, product, VOTER)
    voter.goto(own)
    expect(voter.get_by_text("您的选票已恢复计票")).to_be_visible()
    expect(voter.get_by_text("经核对，属本人正常投票。")).to_be_visible()
    look(voter, "appeal-counts-again")
    anybody = visitors.come(PHONE)
    anybody.goto(f"{product.url}/c/{VOTE}/counts/")
    expect(anybody.locator("main")).to_contain_text("申诉成立")
