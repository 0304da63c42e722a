# SPDX-License-Identifier: Apache-2.0
"""The catalogue of signals, and the hash under which a vote fixes how it is screened."""

from pathlib import Path

import pytest

from minyi.campaigns.reasons import BY_HAND, REASONS
from minyi.integrity import inline
from minyi.integrity.engine import weights
from minyi.integrity.engine.rules import RULES
from minyi.integrity.signals import NEVER_ALONE, SIGNALS, codes_of, find_unknown, leading

pytestmark = pytest.mark.once

REFERENCE = Path(__file__).parents[4] / "docs/reference/integrity.md"


@pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)
def test_every_signal_says_in_words_what_it_is_and_whom_it_may_hurt(signal):
    assert signal.code.isidentifier()
    assert 6 <= len(signal.name) <= 30
    assert len(signal.may_hurt) >= 15
    assert signal.may_hurt.endswith("。")


def test_the_words_of_the_engine_and_of_the_public_come_from_one_list():
    assert set(RULES) == set(codes_of("screening"))
    assert all(REASONS[code] == SIGNALS[code].name for code in codes_of("screening"))
    assert set(BY_HAND) <= set(REASONS)


@pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)
def test_the_reference_has_every_signal_with_its_words_and_points(signal):
    reference = REFERENCE.read_text(encoding="utf-8")
    row = f"| `{signal.code}` {signal.name} | {signal.stage} | {signal.may_hurt} |"
    assert row in reference
    if signal.stage == "inline":
        line = next(one for one in reference.splitlines() if one.startswith(f"| `{signal.code}` "))
        points = line.split("|")[2]
        assert all(str(number) in points for number in inline.WEIGHTS[signal.code])


def test_a_code_that_no_signal_has_is_found():
    assert find_unknown(["company", "same_weather"]) == ["same_weather"]


def test_the_fingerprint_changes_with_any_weight(monkeypatch):
    before = weights.fingerprint()
    assert weights.fingerprint() == before
    monkeypatch.setattr(weights, "LINE", weights.LINE + 0.1)
    assert weights.fingerprint() != before


def test_no_ballot_is_held_under_the_name_of_a_sign_that_never_counts_alone():
    assert leading("loyal_doors|from_afar|same_tempo|same_phones") == "same_tempo"
    assert leading("same_phones|loyal_doors") == "same_phones"
    assert leading("burst") == "burst"
    said = {code for code in codes_of("screening") if "从不单独作为依据" in SIGNALS[code].finding}
    assert said == NEVER_ALONE
