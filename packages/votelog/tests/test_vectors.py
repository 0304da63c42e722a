# SPDX-License-Identifier: Apache-2.0
"""The published vectors are what the code makes, and what the slow twin says."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

import slow_twin
from votelog import verify_consistency, verify_inclusion

FOLDER = Path(__file__).parents[3] / "docs/protocol/vectors"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="docs/protocol is not here")


def published(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def test_the_published_vectors_are_what_the_code_makes():
    made = runpy.run_path(str(FOLDER / "make_vectors.py"))["all_vectors"]()
    assert {path.name for path in FOLDER.glob("*.json")} == set(made)
    for name, text in made.items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text


def test_the_tree_vectors_are_those_of_the_slow_twin():
    tree = published("tree.json")
    entries = [bytes.fromhex(one) for one in tree["entries"]]
    roots = [bytes.fromhex(one) for one in tree["roots"]]
    assert roots == [slow_twin.mth(entries[:size]) for size in range(9)]
    for one in tree["inclusion"]:
        proof = [bytes.fromhex(row) for row in one["proof"]]
        assert proof == slow_twin.path(one["index"], entries[: one["size"]])
        leaf = slow_twin.mth([entries[one["index"]]])
        verify_inclusion(leaf, one["index"], one["size"], proof, roots[one["size"]])
    for one in tree["consistency"]:
        proof = [bytes.fromhex(row) for row in one["proof"]]
        verify_consistency(one["old"], one["new"], proof, roots[one["old"]], roots[one["new"]])


def test_every_refusal_in_the_vectors_has_a_code():
    assert published("checkpoint.json")["accepted"]
    for name in ("checkpoint.json", "receipt.json", "canonical.json"):
        refused = published(name)["refused"]
        assert refused
        assert all(one["code"] for one in refused)
    cases = published("recount.json")["cases"]
    clean = [case for case in cases if case["why"] in ("a clean vote", "a sealed vote, opened")]
    assert [(case["findings"], case["result"]) for case in clean] == [([], "equal")] * 2
    assert all(case["findings"] for case in cases if case not in clean)
