# SPDX-License-Identifier: Apache-2.0
"""The sentences of Wagtail and Django that we put into Chinese exist, and keep their blanks."""

import re
from pathlib import Path

import django
import polib
import pytest
import wagtail

OURS = Path(__file__).parents[1] / "locale" / "zh_Hans" / "LC_MESSAGES"
BLANK = re.compile(r"%\(\w+\)[sd]")


@pytest.mark.parametrize("catalogue", ["django", "djangojs"])
def test_every_sentence_is_one_that_wagtail_or_django_says(catalogue: str):
    houses = [Path(wagtail.__file__).parent, Path(django.__file__).parent]
    name = f"locale/en/LC_MESSAGES/{catalogue}.po"
    english = [path for house in houses for path in house.rglob(name)]
    said = {entry.msgid for path in english for entry in polib.pofile(str(path))}
    ours = [entry.msgid for entry in polib.pofile(str(OURS / f"{catalogue}.po"))]
    assert ours
    assert [words for words in ours if words not in said] == []


@pytest.mark.parametrize("catalogue", ["django", "djangojs"])
def test_blanks_are_filled_with_what_wagtail_knows(catalogue: str):
    for entry in polib.pofile(str(OURS / f"{catalogue}.po")):
        blanks = set(BLANK.findall(entry.msgid + entry.msgid_plural))
        for words in [entry.msgstr, *entry.msgstr_plural.values()]:
            assert set(BLANK.findall(words)) <= blanks, words
