# SPDX-License-Identifier: Apache-2.0
"""The style guide in a real browser: sizes, reach, contrast, and a policy nobody breaks.

No server and no network: what the browser asks for is answered from Django and the built files.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from django.contrib.staticfiles import finders
from django.test import Client
from playwright.sync_api import Browser, Page, Route

from chromium import running_chromium
from minyi.ui.pictures.film import draw_film

SITE = "http://minyi.test"
POLICY = "default-src 'self'"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
BUILT = Path(__file__).parents[1] / "static" / "ui" / "dist" / "citizen.css"

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not BUILT.exists(), reason="the frontend is not built (make setup)"),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@dataclass
class Opened:
    """A page and what it complained about; `ballots` are the bodies it posted."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    ballots: list[dict] = field(default_factory=list)
    box: Callable[[Route], None] | None = None


@pytest.fixture
def open_guide(chromium: Browser, settings) -> Iterator[Callable[..., Opened]]:
    settings.ROOT_URLCONF = "minyi.ui.tests.urls"
    contexts = []

    def open_(type_size: str = "normal", width: int = 390, script: bool = True) -> Opened:
        size = {"width": width, "height": 844}
        context = chromium.new_context(
            viewport=size, java_script_enabled=script, reduced_motion="reduce", locale="zh-CN"
        )
        contexts.append(context)
        opened = Opened(context.new_page())
        opened.page.on("console", lambda said: opened.complaints.append(said.text))
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        body = guide(type_size)
        opened.page.route("**/*", lambda route: answer(route, body, opened))
        opened.page.goto(f"{SITE}/styleguide/")
        return opened

    yield open_
    for context in contexts:
        context.close()


def guide(type_size: str) -> str:
    client = Client()
    client.cookies["minyi_type"] = type_size
    return client.get("/styleguide/").content.decode()


def answer(route: Route, body: str, opened: Opened) -> None:
    path = route.request.url.removeprefix(SITE).split("?")[0]
    if path == "/styleguide/":
        headers = {"Content-Security-Policy": POLICY}
        route.fulfill(body=body, content_type="text/html; charset=utf-8", headers=headers)
    elif path.startswith("/static/") and (found := finders.find(path.removeprefix("/static/"))):
        route.fulfill(body=Path(found).read_bytes(), content_type=TYPES[Path(found).suffix])
    elif path == "/v/ballots" and opened.box:
        opened.ballots.append(json.loads(route.request.post_data or "{}"))
        opened.box(route)
    else:
        route.fulfill(body="", content_type="text/html")


def sizes_of_text(page: Page, selector: str) -> list[float]:
    """Return the font sizes (px) of elements that carry visible text themselves."""
    return page.eval_on_selector_all(
        selector,
        """all => all.filter(e => e.checkVisibility() && e.getClientRects()[0]?.width > 2
              && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
            .map(e => parseFloat(getComputedStyle(e).fontSize))""",
    )


def too_small(page: Page, least: int) -> list[str]:
    """Return controls that are lower than `least`; links within sentences are exempt (2.5.8)."""
    return page.evaluate(
        """least => [...document.querySelectorAll(
             'button, summary, .weui-btn, .weui-cell_access, .mi-filters a, .mi-footer li a, '
             + '.mi-nominee__pick, .mi-nominee__more, .mi-brand, select, input.mi-control')]
           .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < least - 0.5)
           .map(e => `${e.className || e.tagName} ${e.getBoundingClientRect().height}`)""",
        least,
    )


def test_normal_type_has_targets_of_44(open_guide):
    assert too_small(open_guide().page, 44) == []


def test_large_type_has_text_of_18_and_targets_of_60(open_guide):
    page = open_guide("large").page
    assert too_small(page, 60) == []
    assert min(sizes_of_text(page, "main *:not(option)")) >= 18


def test_the_largest_type_reaches_30(open_guide):
    page = open_guide("largest").page
    assert float(page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")) >= 30


def test_the_header_stays_one_row_and_its_menus_on_the_screen(open_guide):
    page = open_guide("largest").page
    brand = page.locator(".mi-brand").bounding_box()
    assert page.locator(".mi-switches").bounding_box()["y"] < brand["y"] + brand["height"] / 2
    for menu in page.locator(".mi-header .mi-menu").all():
        menu.locator("summary").click()
        box = menu.locator(".mi-menu__list").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        menu.locator("summary").click()


def test_a_chart_fills_the_height_of_its_rows(open_guide):
    page = open_guide().page
    page.wait_for_selector("[data-plot] canvas")
    heights = page.eval_on_selector_all(
        "[data-plot]",
        "all => all.map(p => [p.clientHeight, p.querySelector('canvas').clientHeight])",
    )
    assert [plot for plot, _ in heights] == [canvas for _, canvas in heights]


def test_large_type_keeps_its_line_height(open_guide):
    page = open_guide("large").page
    low = page.eval_on_selector_all(
        "main p, main li, main h2",
        """all => all.map(e => getComputedStyle(e))
             .map(s => parseFloat(s.lineHeight) / parseFloat(s.fontSize)).filter(r => r < 1.3)""",
    )
    assert low == []


@pytest.mark.parametrize("type_size", ["normal", "large", "largest"])
@pytest.mark.parametrize("width", [320, 390, 1440])
def test_nothing_needs_scrolling_sideways(open_guide, type_size: str, width: int):
    page = open_guide(type_size, width).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("type_size", ["normal", "large"])
def test_axe_finds_nothing(open_guide, type_size: str):
    opened = open_guide(type_size)
    violations = Axe().run(opened.page)["violations"]
    assert [(v["id"], [n["target"] for n in v["nodes"]]) for v in violations] == []


def test_the_strictest_policy_is_kept_and_charts_are_drawn(open_guide):
    opened = open_guide()
    opened.page.wait_for_selector("[data-plot] canvas")
    assert opened.page.locator("[data-plot] canvas").count() == 3
    assert [said for said in opened.complaints if "favicon" not in said] == []


def test_without_script_the_tables_are_open_and_the_ballot_is_a_form(open_guide):
    page = open_guide(script=False).page
    assert page.locator("[data-rows][open]").count() == 3
    assert page.locator("[data-plot]").first.is_hidden()
    assert page.locator("form[data-ballot] input[name=pick]:not([type=hidden])").count() == 3
    assert page.locator("form[data-ballot] [type=submit]").is_enabled()
    assert page.get_by_text("已选 –").is_hidden()


def test_no_more_can_be_picked_than_the_rule_allows(open_guide):
    page = open_guide().page
    page.evaluate(
        """() => {
            const [card] = document.querySelectorAll('form[data-ballot] .mi-nominee');
            const fourth = card.cloneNode(true);
            Object.assign(fourth.querySelector('[name=pick]'), { value: '99', checked: false });
            card.parentNode.append(fourth);
        }"""
    )
    boxes = page.locator("form[data-ballot] input[name=pick]")
    for place in (1, 2, 3):
        boxes.nth(place).click()
    picked = page.eval_on_selector_all("[name=pick]:checked", "all => all.map(box => box.value)")
    assert picked == ["1", "12", "3"]
    assert page.locator("[data-count]").inner_text() == "3"
    page.get_by_text("最多选 3 个。").wait_for()


def test_picks_survive_a_search(open_guide):
    page = open_guide().page
    page.locator("form[data-ballot] input[name=pick]").nth(2).check()
    page.reload()
    assert page.locator("form[data-ballot] input[name=pick]").nth(2).is_checked()


def test_a_remembered_pick_that_has_left_the_paper_is_dropped(open_guide):
    opened = open_guide()
    opened.box = lambda route: route.fulfill(status=201, json={"receipt": "R1"})
    page = opened.page
    page.locator("form[data-ballot] input[name=pick]").nth(1).check()
    page.evaluate(
        """() => { for (const key in sessionStorage) if (key.startsWith('minyi-picks-'))
             sessionStorage[key] = JSON.stringify([...JSON.parse(sessionStorage[key]), '99']); }"""
    )
    page.reload()
    assert page.locator("[data-count]").inner_text() == "2"
    page.locator("form[data-ballot] [type=submit]").click()
    page.wait_for_url("**/c/sample/ballot/?receipt=R1")
    assert opened.ballots[0]["picks"] == [1, 12]


def test_the_next_citizen_at_this_browser_inherits_no_picks(open_guide):
    page = open_guide().page
    page.locator("form[data-ballot] input[name=pick]").nth(2).check()
    of_another = page.content().replace('data-voter="sample"', 'data-voter="another"')
    page.route(
        f"{SITE}/another", lambda route: route.fulfill(body=of_another, content_type="text/html")
    )
    page.goto(f"{SITE}/another")
    page.wait_for_function("document.querySelector('[data-count]').textContent !== '–'")
    assert not page.locator("form[data-ballot] input[name=pick]").nth(2).is_checked()


BOARD = """<!doctype html><title>b</title>
<section data-board data-events="/events" data-rows="/rows">
  <b data-board-total>0</b><time data-board-time></time>
  <figure data-chart="bar"><div data-plot hidden></div><details data-rows open><table>
    <thead><tr><th>候选<th>票数</thead>
    <tbody><tr data-key="1"><th>甲</th><td data-value="5">5</td></tr>
           <tr data-key="2"><th>乙</th><td data-value="3">3</td></tr></tbody>
  </table></details></figure>
</section>
<script src="/static/ui/dist/citizen.js" defer></script>
<script src="/static/ui/dist/charts.js" defer></script>"""
COUNTS = {
    "total": 12345,
    "as_of": "2026-11-21T21:50:00+08:00",
    "rows": [{"key": "1", "label": "甲", "value": 5}, {"key": "2", "label": "乙", "value": 8000}],
}


@pytest.mark.parametrize("source", ["events", "polling"])
def test_a_live_board_puts_the_leader_first(open_guide, source: str):
    page = open_guide().page
    counts = json.dumps(COUNTS)
    event = f"event: counts\ndata: {counts}\n\n"
    page.route(f"{SITE}/board", lambda route: route.fulfill(body=BOARD, content_type="text/html"))
    page.route(f"{SITE}/rows", lambda route: route.fulfill(json=COUNTS))
    page.route(
        f"{SITE}/events",
        lambda route: (
            route.fulfill(body=event, content_type="text/event-stream")
            if source == "events"
            else route.fulfill(status=500)
        ),
    )
    page.goto(f"{SITE}/board")
    page.get_by_text("12,345").wait_for()
    assert page.locator("[data-board-time]").inner_text() == "21:50:00"
    cells = page.eval_on_selector_all("tbody td", "all => all.map(cell => cell.textContent)")
    assert cells == ["8,000", "5"]
    page.wait_for_selector("[data-plot] canvas")


def test_the_sample_film_plays(open_guide, tmp_path: Path):
    film, _ = draw_film(tmp_path)
    page = open_guide().page
    page.route(
        f"{SITE}/film.mp4",
        lambda route: route.fulfill(body=film.read_bytes(), content_type="video/mp4"),
    )
    seconds = page.evaluate(
        """() => new Promise((done, fail) => {
            const video = document.createElement('video');
            video.muted = true;
            video.onerror = () => fail(video.error.message);
            video.ontimeupdate = () => video.currentTime > 0.3 && done(video.duration);
            video.src = '/film.mp4';
            document.body.append(video);
            video.play();
        })"""
    )
    assert seconds == 6


def test_a_full_server_is_asked_again_with_the_same_number(open_guide):
    opened = open_guide()
    answers = iter([503, 503, 201])

    def box(route: Route) -> None:
        status = next(answers)
        route.fulfill(status=status, json={"receipt": "R1"} if status == 201 else {})

    opened.box = box
    opened.page.locator("form[data-ballot] input[name=pick]").nth(1).check()
    opened.page.locator("form[data-ballot] [type=submit]").click()
    opened.page.wait_for_url("**/c/sample/ballot/?receipt=R1")
    assert len(opened.ballots) == 3
    assert len({ballot["nonce"] for ballot in opened.ballots}) == 1
    assert opened.ballots[0]["picks"] == [1, 12]


def test_a_refused_ballot_says_why_and_what_to_do(open_guide):
    opened = open_guide()
    opened.box = lambda route: route.fulfill(
        status=409, json={"detail": "您已经投过票。", "action": "先前的选票有效。"}
    )
    opened.page.locator("form[data-ballot] input[name=pick]").nth(1).check()
    opened.page.locator("form[data-ballot] [type=submit]").click()
    opened.page.get_by_role("alert").filter(has_text="您已经投过票").wait_for()


def test_too_few_picks_are_not_sent(open_guide):
    opened = open_guide()
    opened.box = lambda route: route.fulfill(status=201, json={"receipt": "R1"})
    opened.page.locator("form[data-ballot] [type=submit]").click()
    opened.page.get_by_text("至少选 2 个才能提交。").wait_for()
    assert opened.ballots == []
