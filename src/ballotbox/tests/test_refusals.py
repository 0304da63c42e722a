# SPDX-License-Identifier: Apache-2.0
import re

import polib
import pytest

from ballotbox import refusals
from ballotbox.refusals import TABLE, Refused, describe, pick_language, translations_for

FACTS = {
    "opens_at": "2026-11-21 09:00",
    "closes_at": "2026-11-30 18:00",
    "cast_at": "2026-11-21 21:50",
    "min_picks": 1,
    "max_picks": 3,
    "picked": 4,
    "number": 7,
    "limit_kib": 16,
    "seconds": 10,
    "allow": "POST",
}


@pytest.mark.parametrize("code", TABLE)
def test_every_refusal_has_a_title_a_sentence_and_what_to_do(code):
    row, title, sentence, action = describe(Refused(code, **FACTS), language="zh-hans")
    assert title
    assert not title.endswith("。")
    assert sentence.endswith("。")
    assert action.endswith("。")
    assert "%" not in sentence
    assert 400 <= row.status < 600


@pytest.mark.parametrize("code", TABLE)
def test_a_refusal_that_passes_by_itself_says_when_to_come_back(code):
    assert (TABLE[code].retry_after_s is not None) == (TABLE[code].status == 503)


def test_every_code_is_in_field_words():
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", code) for code in TABLE)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "zh-hans"),
        ("fr", "zh-hans"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-hans"),
        ("zh-TW,zh;q=0.9", "zh-hant"),
        ("fr, en-GB;q=0.8", "en"),
    ],
)
def test_the_language_follows_the_browser(header, language):
    assert pick_language(header) == language


def test_sentences_are_translated_from_the_catalogue(tmp_path, monkeypatch):
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=utf-8"}
    catalogue.append(polib.POEntry(msgid=TABLE["paused"].title, msgstr="Voting is paused"))
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue.save_as_mofile(str(folder / "django.mo"))
    monkeypatch.setattr(refusals, "LOCALE_DIR", tmp_path)
    translations_for.cache_clear()
    try:
        assert describe(Refused("paused"), language="en")[1] == "Voting is paused"
        assert describe(Refused("paused"), language="zh-hans")[1] == "投票暂停"
    finally:
        translations_for.cache_clear()
