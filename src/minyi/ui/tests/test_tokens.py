# SPDX-License-Identifier: Apache-2.0
"""The tokens keep their promise: every pair that carries text is at least 4.5:1 (WCAG 1.4.3)."""

import re
from pathlib import Path

import pytest

SHEET = (Path(__file__).parents[4] / "frontend" / "tokens.css").read_text(encoding="utf-8")

TEXT_PAIRS = [
    ("ink", "paper"),
    ("ink", "card"),
    ("ink", "paper-deep"),
    ("ink", "lake-50"),
    ("ink", "seal-50"),
    ("ink", "jade-50"),
    ("ink", "amber-50"),
    ("ink-soft", "paper"),
    ("ink-soft", "card"),
    ("ink-soft", "paper-deep"),
    ("ink-soft", "lake-50"),
    ("ink-faint", "paper"),
    ("ink-faint", "card"),
    ("ink-faint", "paper-deep"),
    ("link", "paper"),
    ("link", "card"),
    ("link", "main-ground"),
    ("on-main", "main"),
    ("on-main", "main-active"),
    ("on-main", "accent"),
    ("main", "card"),
    ("main", "main-ground"),
    ("lake-800", "lake-100"),
    ("lake-700", "lake-100"),
    ("seal-700", "seal-100"),
    ("seal-700", "card"),
    ("seal-700", "seal-50"),
    ("jade-700", "jade-100"),
    ("amber-800", "amber-100"),
]
SHAPE_PAIRS = [
    ("line-strong", "card"),
    ("line-strong", "paper"),
    ("focus", "card"),
    ("focus", "paper"),
    ("focus", "lake-50"),
    *[(f"chart-{n}", "card") for n in range(1, 7)],
]
SCOPES = [":root", 'html[data-type="large"]']


def declared(scope: str) -> dict[str, str]:
    """Return the custom properties that a rule with exactly this selector sets."""
    blocks = re.findall(rf"(?:^|\n){re.escape(scope)} \{{\n(.*?)\n\}}", SHEET, re.S)
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", "\n".join(blocks)))


def colour(name: str, tokens: dict[str, str]) -> tuple[float, ...]:
    value = tokens[name].strip()
    if reference := re.fullmatch(r"var\(--([\w-]+)\)", value):
        return colour(reference[1], tokens)
    assert re.fullmatch(r"#[0-9a-f]{6}", value), f"--{name} is not a colour: {value}"
    return tuple(int(value[i : i + 2], 16) / 255 for i in (1, 3, 5))


def luminance(rgb: tuple[float, ...]) -> float:
    """Relative luminance, WCAG 2.2."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(front: str, back: str, tokens: dict[str, str]) -> float:
    pair = sorted((luminance(colour(front, tokens)), luminance(colour(back, tokens))))
    return (pair[1] + 0.05) / (pair[0] + 0.05)


def test_black_on_white_is_measured_as_21():
    known = {"black": "#000000", "white": "#ffffff"}
    assert contrast("black", "white", known) == pytest.approx(21)


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(("front", "back"), TEXT_PAIRS)
def test_text_can_be_read(front: str, back: str, scope: str):
    assert contrast(front, back, declared(":root") | declared(scope)) >= 4.5


@pytest.mark.parametrize(("front", "back"), SHAPE_PAIRS)
def test_edges_and_charts_can_be_seen(front: str, back: str):
    assert contrast(front, back, declared(":root")) >= 3


def test_colours_are_decided_in_the_tokens_only():
    sheets = (Path(__file__).parents[4] / "frontend").glob("*/*.css")
    stray = {
        sheet.name: found
        for sheet in sheets
        if (found := re.findall(r"(?<!-)color: (#\w+)", sheet.read_text(encoding="utf-8")))
        and set(found) - {"#ffffff"}
    }
    assert not stray
