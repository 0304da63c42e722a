# SPDX-License-Identifier: Apache-2.0
"""The citizens' pages are whole in every language: their punctuation is translated as well."""

import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[2] / "src/minyi/campaigns/templates/campaigns"
FULL_WIDTH = re.compile(r"[\u3000-\u303f\uff00-\uffef]")
TRANSLATED = re.compile(
    r"\{% comment %\}.*?\{% endcomment %\}"
    r"|\{% blocktranslate.*?endblocktranslate %\}|\{[%{].*?[%}]\}",
    re.DOTALL,
)


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.html")), ids=lambda page: page.stem)
def test_no_chinese_punctuation_stands_beside_translated_words(page: Path):
    assert FULL_WIDTH.findall(TRANSLATED.sub("", page.read_text())) == []
