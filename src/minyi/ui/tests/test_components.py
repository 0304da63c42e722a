# SPDX-License-Identifier: Apache-2.0
"""Components draw something sensible with nothing at all, and with everything they know."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django import forms
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

from minyi.core.preferences import read_preferences
from minyi.ui import samples

TEMPLATES = Path(__file__).parents[1] / "templates"
COMPONENTS = sorted(str(p.relative_to(TEMPLATES)) for p in (TEMPLATES / "ui").rglob("_*.html"))
VOID = {"area", "br", "hr", "img", "input", "link", "meta", "source", "use", "path"}


class BareForm(forms.Form):
    only = forms.CharField(required=False)


class Balance(HTMLParser):
    """Notes every tag that is closed wrongly or not at all."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


def faults(html: str) -> list[str]:
    parser = Balance()
    parser.feed(html)
    parser.close()
    return parser.faults + parser.open


def full_context() -> dict[str, object]:
    sample = samples.everything()
    return sample | {
        "nominee": sample["pictured"],
        "pickable": True,
        "votes": 4417,
        "picked": True,
        "field": samples.SampleForm()["name"],
        "text": "示例文字",
        "title": "示例标题",
        "kind": "bar",
        "caption": "得票排行",
        "columns": ["票数"],
        "rows": sample["bar_rows"],
        "label": "进度",
        "value": 42,
        "min_picks": 2,
        "max_picks": 3,
        "code": "round_closed",
        "status": 409,
        "detail": "本轮投票已经结束。",
        "action": "请看结果公示。",
    }


@pytest.mark.parametrize("name", COMPONENTS)
@pytest.mark.parametrize(
    "context", [{"field": BareForm()["only"]}, full_context()], ids=["minimal", "full"]
)
def test_a_component_is_well_formed(name: str, context: dict[str, object]):
    request = RequestFactory().get("/c/sample/", {"q": "窗口"})
    drawn = render_to_string(name, context, request)
    if name.endswith("_ballot_texts.html"):
        drawn = f"<form {drawn}></form>"
    assert faults(drawn) == []
    assert "None" not in drawn


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_component_says_what_it_needs(name: str):
    assert re.search(r"\{% comment %\}.*Context: ", (TEMPLATES / name).read_text(), re.S)


def test_the_style_guide_shows_everything():
    page = render_to_string("ui/styleguide.html", samples.everything(), RequestFactory().get("/"))
    assert faults(page) == []
    shown = (TEMPLATES / "ui" / "styleguide.html").read_text()
    framed = (TEMPLATES / "ui" / "base.html").read_text()
    parts = "".join((TEMPLATES / name).read_text() for name in COMPONENTS)
    unshown = [name for name in COMPONENTS if name not in shown + framed + parts]
    assert unshown == []


def test_a_wrong_field_names_its_error_and_its_help():
    field = samples.SampleForm({"name": ""})["name"]
    drawn = render_to_string("ui/_field.html", {"field": field})
    assert 'aria-describedby="id_name_helptext id_name_error"' in drawn
    assert 'id="id_name_error"' in drawn
    assert 'aria-invalid="true"' in drawn


def test_a_pick_is_a_real_checkbox_inside_its_label():
    drawn = render_to_string("ui/_nominee_card.html", full_context())
    label = re.search(r"<label.*?</label>", drawn, re.S)
    assert label
    assert '<input type="checkbox" name="pick" value="1" checked>' in label[0]


def test_a_card_without_counts_shows_no_count():
    drawn = render_to_string("ui/_nominee_card.html", full_context() | {"votes": None})
    assert "票" not in drawn.replace("选票", "")


def test_the_words_of_a_nominee_cannot_become_markup():
    nominee = {"id": 1, "number": 1, "url": "#", "name": "<script>alert(1)</script>"}
    drawn = render_to_string("ui/_nominee_card.html", {"nominee": nominee})
    assert "<script>" not in drawn


def test_a_chart_carries_its_numbers_in_a_table():
    drawn = render_to_string("ui/_chart.html", full_context())
    assert '<td data-value="4821">4,821</td>' in drawn
    assert "<th scope" in drawn


@pytest.mark.parametrize(
    ("size", "mode"), [("normal", "normal"), ("large", "large"), ("largest", "large")]
)
def test_the_page_says_how_large_it_is(size: str, mode: str):
    request = RequestFactory().get("/")
    request.preferences = read_preferences({"minyi_type": size})
    drawn = render_to_string("ui/error.html", {}, request)
    assert f'data-type="{mode}" data-size="{size}"' in drawn


def test_a_page_tells_its_language():
    assert '<html lang="zh-Hans"' in render_to_string("ui/error.html")


@pytest.fixture
def browser(settings) -> Client:
    settings.ROOT_URLCONF = "minyi.ui.tests.urls"
    return Client()


def test_preferences_are_kept_and_lead_back(browser: Client):
    answer = browser.post("/preferences/", {"type_size": "large", "next": "/c/windows/?q=1"})
    assert (answer.status_code, answer["Location"]) == (303, "/c/windows/?q=1")
    assert answer.cookies["minyi_type"].value == "large"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_preferences_never_lead_to_another_site(browser: Client, elsewhere: str):
    assert browser.post("/preferences/", {"next": elsewhere})["Location"] == "/"


def test_unknown_preferences_change_nothing(browser: Client):
    answer = browser.post("/preferences/", {"type_size": "enormous", "language": "xx"})
    assert not answer.cookies


def test_preferences_are_not_changed_by_reading(browser: Client):
    assert browser.get("/preferences/", {"type_size": "large"}).status_code == 405
