# SPDX-License-Identifier: Apache-2.0
"""What a person looks at before judging a group: its timeline, and what its members share.

No account, address or city: doors and sharers are hashes under a key that only the log yields.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from hashlib import blake2b
from math import ceil, exp
from typing import Any

import numpy as np

from . import facets
from .columns import HOUR, MINUTE
from .facets import Ballots, Codes
from .groups import Decision, Flags, reasons
from .scoring import Scores

BUCKET_MS, MOST_BUCKETS = 10 * MINUTE, 200
COMMONEST = 5
DWELL_STEP = 0.25  # a step of the dwell's logarithm
SHANGHAI = timezone(timedelta(hours=8))

Words = Callable[[int], str]  # of the row of one ballot that has the value


def draw(ballots: Ballots, scores: Scores, decision: Decision) -> list[dict[str, Any]]:
    """Return for each group `score`, `rules`, `timeline`, `traits` and `members`.

    `timeline`: start of the bucket (ms), the candidate's ballots in it, how many the candidate's
    usual share of everybody else's ballots would be. `traits`: value, how many members have it,
    its share among the ballots without this candidate.
    """
    rows_of = _split(decision.member, len(decision.groups))
    numbers = {name: k for k, name in enumerate(ballots.names)}
    picked = [
        ballots.pair_row[pairs] for pairs in _split(ballots.pair_candidate, len(ballots.names))
    ]
    usual = decision.member < 0
    drawn: list[dict[str, Any]] = []
    for group, rows in zip(decision.groups, rows_of, strict=True):
        own = picked[numbers[group.candidate]]
        drawn.append({
            "score": round(float(np.median(scores.total[decision.pair[rows]])), 2),
            "rules": _rules(scores, decision.pair[rows]),
            "timeline": _timeline(ballots, rows, own, usual),
            "traits": {},
            "members": ballots.frame["event_id"].gather(rows).to_list(),
        })  # fmt: skip
    for name, values, words in _traits(ballots):
        everywhere = np.bincount(values)
        for group, rows, entry in zip(decision.groups, rows_of, drawn, strict=True):
            own = picked[numbers[group.candidate]]
            entry["traits"][name] = _commonest(values, everywhere, rows, own, words)
    return drawn


def _split(numbers: Codes, n: int) -> list[Codes]:
    """Return the places of 0, 1, … n - 1; negative numbers are left out."""
    order = np.argsort(numbers, kind="stable")
    edges = np.searchsorted(numbers[order], np.arange(n + 1))
    return [order[edges[k] : edges[k + 1]] for k in range(n)]


def _rules(scores: Scores, pairs: Codes) -> list[str]:
    """Return the rules that at least a fifth of the members name, the commonest first."""
    counts: dict[str, int] = {}
    for words in reasons(scores, pairs):
        for code in words.split("|"):
            counts[code] = counts.get(code, 0) + 1
    often = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [code for code, n in often if code and n * 5 >= len(pairs)]


def _timeline(ballots: Ballots, rows: Codes, own: Codes, usual: Flags) -> list[list[float]]:
    """Count the hours of the group, and a quarter of its length (at least an hour) around it."""
    first, last = int(ballots.ts[rows].min()), int(ballots.ts[rows].max())
    around = max(HOUR, (last - first) // 4)
    start = max(first - around, int(ballots.ts[0])) // BUCKET_MS * BUCKET_MS
    end = min(last + around, int(ballots.ts[-1])) + 1
    width = BUCKET_MS * ceil((end - start) / (BUCKET_MS * MOST_BUCKETS))
    edges = np.arange(start, end + width, width)
    observed = np.diff(np.searchsorted(ballots.ts[own], edges))
    inside = np.searchsorted(ballots.ts, edges)
    before = np.concatenate([[0], np.cumsum(usual[inside[0] : inside[-1]])])
    others = np.diff(before[inside - inside[0]])
    share = float(usual[own].sum()) / max(1.0, float(usual.sum()))
    return [
        [int(at), int(seen), round(float(n) * share, 2)]
        for at, seen, n in zip(edges[:-1], observed, others, strict=True)
    ]


def _commonest(
    values: Codes, everywhere: Codes, rows: Codes, own: Codes, words: Words
) -> list[list[object]]:
    counts = np.bincount(values[rows])
    counts[0] = 0  # 0 is no value
    best = [int(k) for k in np.argsort(-counts, kind="stable")[:COMMONEST] if counts[k] > 0]
    elsewhere = max(1, len(values) - len(own))
    mine = values[own]
    found: list[list[object]] = []
    for value in best:
        share = (int(everywhere[value]) - int((mine == value).sum())) / elsewhere
        example = int(rows[np.argmax(values[rows] == value)])
        found.append([words(example), int(counts[value]), round(share, 5)])
    return found


def _traits(ballots: Ballots) -> Iterator[tuple[str, Codes, Words]]:
    frame = ballots.frame

    def text(*names: str) -> Words:
        return lambda row: " ".join(str(frame[name][row]) for name in names)

    if ballots.has("ip"):
        door = facets.exit_block(ballots)
        yield "door", door, _hashed(ballots, "ip", lambda row: str(door[row]))
    if ballots.has("model"):
        yield "model", ballots.text("model"), text("model")
    for name in ("os", "osv"):
        if ballots.has("os", name):
            yield name, facets.combine(ballots.text("os"), ballots.text(name)) + 1, text("os", name)
    if ballots.has("wxver"):
        yield "wxver", ballots.text("wxver"), text("wxver")
    if ballots.has("ref"):
        yield "sharer", ballots.text("ref"), _hashed(ballots, "ref", text("ref"))
    if ballots.has("src"):
        yield "src", ballots.text("src"), text("src")
    if ballots.has("first_seen"):
        lot = ballots.number("first_seen", 0) // (2 * HOUR)
        codes = np.where(lot > 0, facets.dense(lot) + 1, 0)
        yield "first_seen", codes, lambda row: _moment(int(lot[row]) * 2 * HOUR)
    if ballots.has("dwell_ms"):
        step = facets.log_bin(ballots.number("dwell_ms", 0), DWELL_STEP)
        yield "dwell", step, lambda row: _seconds(int(step[row]))


def _hashed(ballots: Ballots, column: str, words: Words) -> Words:
    """Hash a value under a key made of the whole column: who has not the log cannot guess it."""
    key = blake2b(ballots.frame[column].str.join("\n").item().encode(), digest_size=32).digest()
    return lambda row: blake2b(words(row).encode(), key=key, digest_size=6).hexdigest()


def _moment(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(SHANGHAI).strftime("%Y-%m-%d %H:00")


def _seconds(step: int) -> str:
    return f"{exp(step * DWELL_STEP) / 1000:.1f}–{exp((step + 1) * DWELL_STEP) / 1000:.1f} s"
