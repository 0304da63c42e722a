# SPDX-License-Identifier: Apache-2.0
"""The page in an archive of evidence carries its own words; they must be those of the product."""

import json
import re
from pathlib import Path

from django.utils.translation import override

from minyi.campaigns.reasons import REASONS

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "frontend/verify/dossier.html"
WRITERS = ("src/minyi/campaigns/services", "src/minyi/ledger/services")
# `what` of an event: named in the entry itself, or given to one of the functions that write it.
NAMED = re.compile(
    r'"what": "([a-z_]+)"|what="([a-z_]+)"|put_event\([^"]*?"([a-z_]+)"'
    r'|tell_log\(\w+, "([a-z_]+)"'
)


def words() -> dict[str, dict[str, str]]:
    found = re.search(
        r'<script type="application/json" id="words">(.*?)</script>', PAGE.read_text(), re.S
    )
    assert found is not None
    return json.loads(found[1])


def test_every_rule_is_said_as_the_product_says_it():
    with override("zh-hans"):
        assert words()["rules"] == {code: str(said) for code, said in REASONS.items()}


def test_every_event_we_write_is_said_in_words():
    written = {
        next(filter(None, found))
        for folder in WRITERS
        for path in (REPOSITORY / folder).glob("*.py")
        for found in NAMED.findall(path.read_text())
    }
    assert {"paused", "vault_opened", "result_signed", "objection_filed"} <= written
    assert written - words()["events"].keys() == set()
