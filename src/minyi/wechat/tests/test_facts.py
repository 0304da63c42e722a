# SPDX-License-Identifier: Apache-2.0
"""What WeChat's pages do not confirm can be corrected from outside, and in one place."""

import os
import subprocess
import sys

import pytest

from minyi.wechat.facts import Facts, read_facts

pytestmark = pytest.mark.once


def test_without_corrections_the_facts_are_those_of_the_contract():
    facts = read_facts({})
    assert facts == Facts()
    assert (facts.text_bytes, facts.thing_chars, facts.articles_per_draft) == (2048, 20, 8)


@pytest.mark.parametrize(
    "corrections", [{"text_byte": 1}, {"text_bytes": 0}, {"text_bytes": "many"}, [], {"name": 1}]
)
def test_a_correction_that_makes_no_sense_is_refused(corrections):
    with pytest.raises(ValueError, match="MINYI_WECHAT_FACTS"):
        read_facts(corrections)


ASK = """
import django; django.setup()
from minyi.wechat.callback import messages
from minyi.wechat.client import drafts, fields, service
print(messages.MAX_TEXT_BYTES, service.MOST_TEXT)
print(fields.MOST_BY_KIND["thing"], drafts.MOST_ARTICLES)
"""


def ask(corrections: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "MINYI_WECHAT_FACTS": corrections,
        "DJANGO_SETTINGS_MODULE": "minyi.config.settings.test",
    }
    return subprocess.run(
        [sys.executable, "-c", ASK], env=environment, capture_output=True, text=True, check=False
    )


def test_one_correction_reaches_everything_that_uses_the_fact():
    told = ask('{"text_bytes": 1800, "thing_chars": 18, "articles_per_draft": 1}')
    assert told.stdout.split() == ["1800", "1800", "18", "1"], told.stderr


def test_the_platform_does_not_start_with_a_correction_it_does_not_understand():
    told = ask('{"thing_char": 18}')
    assert told.returncode != 0
    assert "MINYI_WECHAT_FACTS: thing_char" in told.stderr
