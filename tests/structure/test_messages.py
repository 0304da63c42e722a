# SPDX-License-Identifier: Apache-2.0
"""Nothing is said in one language only."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import messages  # noqa: E402

pytestmark = pytest.mark.once

ENGLISH = sorted((ROOT / "src").glob("**/locale/en/LC_MESSAGES/django.po"))
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd%]|\{\w*\}")
CHINESE = re.compile(r"[\u4e00-\u9fff，。；：、（）“”]")
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext"}
SAID_IN_CHINESE = {"投票", "帮助"}  # words a citizen sends to the account


def test_every_text_has_english():
    assert ENGLISH
    assert messages.missing() == []


def test_every_text_in_the_code_is_in_the_catalogue():
    known = {entry.msgid for path in ENGLISH for entry in polib.pofile(str(path))}
    said = {text for house in ("minyi", "ballotbox") for text in texts_of(ROOT / "src" / house)}
    assert len(said) > 800
    assert sorted(said - known) == [], "run: python tools/messages.py extract"


def texts_of(house: Path) -> Iterator[str]:
    """Yield the Chinese texts that the house's code and templates mark for translation."""
    for path in house.rglob("*.py"):
        if not {"tests", "samples", "migrations"} & set(path.parts):
            yield from _marked_in_code(ast.parse(path.read_text()))
    for path in house.rglob("templates/**/*.html"):
        marks = re.findall(r'{% translate "([^"]+)"|_\("([^"]+)"\)', path.read_text())
        yield from (text for pair in marks for text in pair if CHINESE.search(text))


def _marked_in_code(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            text = first.value if isinstance(first, ast.Constant) else None
            if node.func.id in MARKS and isinstance(text, str) and CHINESE.search(text):
                yield text


@pytest.mark.parametrize("path", ENGLISH, ids=lambda path: path.parents[3].name)
def test_translations_keep_the_placeholders(path):
    for entry in polib.pofile(str(path)):
        for said in [entry.msgstr, *entry.msgstr_plural.values()]:
            if said:
                assert sorted(PLACEHOLDER.findall(entry.msgid)) == sorted(
                    PLACEHOLDER.findall(said)
                ), entry.msgid


@pytest.mark.parametrize("path", ENGLISH, ids=lambda path: path.parents[3].name)
def test_english_is_english(path):
    for entry in polib.pofile(str(path)):
        said = entry.msgstr
        # What a citizen has to type stays Chinese: words between marks in the text.
        typed = {*SAID_IN_CHINESE, *re.findall("“([^”]+)”", entry.msgid)}
        for word in sorted(typed, key=len, reverse=True):
            said = said.replace(f"“{word}”", "").replace(word, "")
        assert not CHINESE.search(said.replace("“", "").replace("”", "")), entry.msgid


@pytest.mark.parametrize("path", ENGLISH, ids=lambda path: path.parents[3].name)
def test_traditional_chinese_is_converted_from_the_same_texts(path):
    kept = path.parents[2] / "zh_Hant/LC_MESSAGES/django.po"
    fresh = messages.traditional(polib.pofile(str(path)))
    said = {(e.msgctxt, e.msgid): e.msgstr for e in polib.pofile(str(kept))}
    assert said == {(e.msgctxt, e.msgid): e.msgstr for e in fresh}
