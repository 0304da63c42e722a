# SPDX-License-Identifier: Apache-2.0
"""Clusters over two desks: pictures, an opinion, one decision for many, undo, the public page."""

import pytest
from playwright.sync_api import Locator, Page, expect

from browser import staff
from browser.test_reach import grave_barriers, magnify_text, sideways
from chromium import PHONE, Visitors, look
from live import Product, run

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

VOTE = "top-ten-windows"
VOTERS = 40  # of whom some may have voted in another test
FIND = f"""
from django.utils import timezone
from minyi.campaigns.models import Cluster, Round
from minyi.campaigns.services.clusters import Found, record
from minyi.ledger.queries.proofs import find_places

paper = Round.objects.get(slug="{VOTE}")
ballots = paper.ballots.order_by("id").values_list("pk", flat=True)
begin = paper.opens_ms + 3_600_000
picture = {{
    "timeline": [[begin + 60_000 * n, 9 if n == 3 else 1, 1.0] for n in range(8)],
    "traits": {{"model": [["M61", 9, 0.9, 0.01]]}},
    "graph": {{
        "nodes": [["d", "door", "网络 3f2a", 6], ["m", "model", "M61", 9]], "edges": [["d", "m", 6]]
    }},
    "expected": 1.0,
}}
cast = sorted(find_places(round_id=paper.pk, ballot_ids=list(ballots)).values())
places = [frozenset(cast[low:low + 10]) for low in (0, 10, 20)]
kept = ["", "one_house", "over_budget"]
found = [
    Found(Cluster.Source.BATCH, n, "same_tempo", these, begin, begin + 480_000, picture, why)
    for n, (these, why) in enumerate(zip(places, kept), start=1)
]
record(paper=paper, found=found, now=timezone.now())
"""
REASON = "机型和操作节奏一致，同一软件批量发出（示例）"


def test_clusters_are_reviewed_struck_out_together_and_one_is_taken_back(
    product: Product, visitors: Visitors
):
    given_clusters(product)
    ((campaign,),) = product.read("SELECT id FROM campaigns_campaign WHERE slug = ?", VOTE)
    reviewer = staff.log_in(visitors, product, "jingban")
    expect(reviewer.get_by_text("群选票等待核查")).to_be_visible()
    reviewer.get_by_role("link", name="去核查").click()
    expect(reviewer.get_by_role("heading", name="选票群", exact=True).last).to_be_visible()
    assert grave_barriers(reviewer) == set()
    look(reviewer, "review-list")

    # By rule: the crowd's own bursts may be listed as well.
    list_page = f"{product.url}/staff/ballots/{campaign}/clusters/?rule=same_tempo"
    reviewer.goto(list_page)
    the_reviewer_reads_the_pictures_and_gives_an_opinion(reviewer)
    reviewer.goto(list_page)
    reviewer.locator("[data-all]").check()
    reviewer.get_by_label("认定", exact=True).select_option(label="认定无效")
    reviewer.get_by_label("理由（一并适用于选中的各群）").fill(REASON)
    reviewer.get_by_role("button", name="提交").click()
    expect(reviewer.get_by_text("已提出：3 群、30 张选票，须另一人确认后生效。")).to_be_visible()
    look(reviewer, "review-proposed")
    clusters_of(reviewer).nth(1).click()
    reviewer.get_by_role("button", name="撤回这一群的认定").click()
    expect(reviewer.get_by_text("已撤回这一群的认定意见。")).to_be_visible()

    leader = staff.log_in(visitors, product, "lingdao")
    leader.goto(list_page)
    expect(leader.get_by_text("2 群，20 张")).to_be_visible()
    leader.get_by_role("button", name="全部确认生效").click()
    expect(leader.get_by_text("已确认 2 群、20 张选票，记入公开账本。")).to_be_visible()
    look(leader, "review-confirmed")

    anybody = visitors.come(PHONE)
    anybody.goto(f"{product.url}/c/{VOTE}/counts/")
    expect(anybody.locator("main")).to_contain_text("操作节奏几乎一致")
    void = anybody.locator(".mi-stat").filter(has_text="认定无效")
    expect(void).to_contain_text("20")
    look(anybody, "review-public")


def clusters_of(page: Page) -> Locator:
    return page.locator(".mi-clusters tbody th a")


def the_reviewer_reads_the_pictures_and_gives_an_opinion(page: Page) -> None:
    clusters_of(page).first.click()
    expect(page.locator("[data-plot] canvas")).to_be_visible()
    expect(page.locator(".mi-network circle").first).to_be_visible()
    assert grave_barriers(page) == set()
    look(page, "review-cluster")
    page.get_by_label("属刷票").check()
    page.get_by_role("button", name="提出意见").click()
    expect(page.get_by_text("意见已记录。")).to_be_visible()
    magnify_text(page)
    assert sideways(page) == 0
    look(page, "review-cluster-200")


def given_clusters(product: Product) -> None:
    """A small crowd, and three groups of ten ballots: one to be held, two to be looked at."""
    run(product, "demo", "crowd", "--voters", str(VOTERS))
    run(product, "shell", "-c", FIND)
