# SPDX-License-Identifier: Apache-2.0
"""What a group of ballots looks like beside everybody else's, as numbers to draw pictures from.

    python -m minyi.integrity.pictures FOLDER

reads `events.csv` and `scores.csv.groups.json` there and writes `clusters.json`. It
runs beside the engine, in the process of its own that a look has. Standard library only. Nothing
in a picture identifies a person: a network or a sharer is four hex digits of its hash.
"""

import csv
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import combinations
from pathlib import Path
from typing import TypeAlias

from minyi.integrity.signals import gettext_noop as _

Row: TypeAlias = Mapping[str, str]
Trait: TypeAlias = tuple[str, str]  # kind and full value; the value stays in this process

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
SHANGHAI = timezone(timedelta(hours=8))
WIDTHS_MIN = (1, 2, 5, 10, 30, 60, 180, 360, 1440)  # of a bucket of the timeline
MOST_BUCKETS = 120
MOST_TRAITS, MOST_EDGES = 8, 200
NODES = {"door": 25, "model": 15, "lot": 12, "sharer": 8}  # at most, per kind
ONE_BALLOT, UNCLEAR = 1.0, 0.03
LOT_MS = 2 * HOUR_MS  # as the engine cuts lots of accounts

AGES = (
    (15_000, _("到访前 15 秒内首次出现")),
    (300_000, _("到访前 5 分钟内首次出现")),
    (DAY_MS, _("到访前 1 天内首次出现")),
    (2 * DAY_MS, _("到访前 2 天内首次出现")),
)
OLD = _("2 天以前已出现过")
WAYS = {
    "group_share": _("群聊分享"),
    "single_share": _("好友分享"),
    "timeline": _("朋友圈"),
    "qr": _("扫码"),
    "menu": _("公众号菜单"),
    "article": _("图文"),
    "search": _("搜索"),
    "direct": _("直接打开"),
}


@dataclass(slots=True)
class Group:
    """Ballots that were found to belong together; `members` are event ids."""

    candidate: str
    rules: str
    members: frozenset[str]
    kept: str = ""  # why it is left alone, a code; empty: it is to be held
    expected_honest: float | None = None
    score: float | None = None
    first_ms: int = sys.maxsize
    last_ms: int = 0


@dataclass(slots=True)
class _Seen:
    """What is counted of one group's ballots."""

    minutes: Counter[int] = field(default_factory=Counter)
    traits: Counter[Trait] = field(default_factory=Counter)
    pairs: Counter[tuple[Trait, Trait]] = field(default_factory=Counter)


@dataclass(slots=True)
class _Everybody:
    """What is counted of all ballots."""

    ballots: int = 0
    minutes: Counter[int] = field(default_factory=Counter)
    traits: Counter[Trait] = field(default_factory=Counter)
    of_candidate: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))


def draw(rows: Iterable[Row], groups: Sequence[Group]) -> list[dict[str, object]]:
    """Return one picture per group, in their order, with one pass over all ballots.

    Sets `first_ms` and `last_ms` of the groups.
    """
    everybody, seen = _Everybody(), [_Seen() for _group in groups]
    groups_of: dict[str, list[int]] = defaultdict(list)
    for place, group in enumerate(groups):
        for member in group.members:
            groups_of[member].append(place)
    wanted = {group.candidate for group in groups}
    for row in rows:
        at, traits = int(row["ts"]), list(traits_of(row))
        everybody.ballots += 1
        everybody.minutes[at // MINUTE_MS] += 1
        everybody.traits.update(traits)
        for candidate in wanted.intersection(row["choices"].split("|")):
            everybody.of_candidate[candidate][at // MINUTE_MS] += 1
        for place in groups_of.get(row["event_id"], ()):
            groups[place].first_ms = min(groups[place].first_ms, at)
            groups[place].last_ms = max(groups[place].last_ms, at)
            seen[place].minutes[at // MINUTE_MS] += 1
            seen[place].traits.update(traits)
            joined = sorted(one for one in traits if one[0] in NODES)
            seen[place].pairs.update(combinations(joined, 2))
    return [_picture(*both, everybody) for both in zip(groups, seen, strict=True)]


def traits_of(row: Row) -> Iterator[Trait]:
    """Yield what is known of a ballot's circumstances, by kind."""
    if door := row.get("ip"):
        yield "door", door
    if model := row.get("model"):
        yield "model", model
    if system := row.get("os"):
        yield "os", f"{system} {row.get('osv', '')}".strip()
    if wxver := row.get("wxver"):
        yield "wxver", wxver
    if src := row.get("src"):
        yield "way", src
    if sharer := row.get("ref"):
        yield "sharer", sharer
    if dwell := row.get("dwell_ms"):
        yield "tempo", f"{_step(int(dwell))}|{min(int(row.get('touch_n') or 0), 20)}"
    if first := row.get("first_seen"):
        age = int(row["ts"]) - int(first)
        yield "age", next((words for limit, words in AGES if age < limit), OLD)
        yield "lot", str(int(first) // LOT_MS)


def label_of(trait: Trait) -> str:
    """Return what a reviewer reads of a trait; Chinese, and never who somebody is."""
    kind, value = trait
    match kind:
        case "door":
            return f"网络 {_four_digits(value)}"
        case "sharer":
            return f"分享者 {_four_digits(value)}"
        case "wxver":
            return f"微信 {value}"
        case "way":
            return WAYS.get(value, value)
        case "lot":
            return f"{datetime.fromtimestamp(int(value) * LOT_MS / 1000, SHANGHAI):%m-%d %H 时}"
        case "tempo":
            seconds, touches = value.split("|")
            return f"{seconds} 秒，触摸 {touches} 次"
    return value


def _four_digits(value: str) -> str:
    """Return four hex digits: of our own keyed hash of a network, else of a hash of what it is."""
    if value.startswith("fd00:"):
        return value.split(":")[1].zfill(4)
    return hashlib.sha256(value.encode()).hexdigest()[:4]


def _step(dwell_ms: int) -> str:
    """Return the stretch of seconds a stay on the page falls in."""
    for low, high in ((0, 1), (1, 2), (2, 3), (3, 5), (5, 8), (8, 15), (15, 30), (30, 60)):
        if dwell_ms < high * 1000:
            return f"{low}–{high}"
    return "60+"


def _picture(group: Group, seen: _Seen, everybody: _Everybody) -> dict[str, object]:
    timeline = _timeline(group, seen, everybody)
    width = timeline[1][0] - timeline[0][0] if len(timeline) > 1 else MINUTE_MS
    inside = [one for one in timeline if group.first_ms - width < one[0] <= group.last_ms]
    count = len(group.members)
    doubt = group.expected_honest
    return {
        "timeline": timeline,
        "traits": _traits(seen, everybody),
        "graph": _graph(seen),
        "expected": round(sum(expected for _at, _observed, expected in inside), 1),
        "precision": None if doubt is None or not count else round(max(0, 1 - doubt / count), 4),
        "score": group.score,
    }


def _timeline(group: Group, seen: _Seen, everybody: _Everybody) -> list[tuple[int, int, float]]:
    """Return bucket by bucket the candidate's ballots, and how many were to be expected.

    Expected is the candidate's usual share, without this group, of what all others received.
    """
    own, total = everybody.of_candidate[group.candidate], seen.minutes.total()
    share = (own.total() - total) / max(everybody.ballots - total, 1)
    first, last = group.first_ms // MINUTE_MS, group.last_ms // MINUTE_MS
    around = max(30, (last - first) // 4)
    begin = max(first - around, min(everybody.minutes, default=first))
    end = min(last + around, max(everybody.minutes, default=last))
    fitting = (width for width in WIDTHS_MIN if (end - begin) // width < MOST_BUCKETS)
    width = next(fitting, WIDTHS_MIN[-1])
    line = []
    for start in range(begin - begin % width, end + 1, width):
        minutes = range(start, start + width)
        others = sum(everybody.minutes[m] - seen.minutes[m] for m in minutes)
        observed = sum(own[m] for m in minutes)
        line.append((start * MINUTE_MS, observed, round(share * others, 2)))
    return line


def _traits(seen: _Seen, everybody: _Everybody) -> dict[str, list[tuple[str, int, float, float]]]:
    """Return by kind the commonest traits: label, ballots, share here, share elsewhere."""
    here, elsewhere = seen.minutes.total(), everybody.ballots - seen.minutes.total()
    found: dict[str, list[tuple[str, int, float, float]]] = {}
    for trait, count in sorted(seen.traits.items(), key=lambda one: (-one[1], one[0])):
        rows = found.setdefault(trait[0], [])
        if trait[0] != "lot" and len(rows) < MOST_TRAITS:
            others = (everybody.traits[trait] - count) / max(elsewhere, 1)
            rows.append((label_of(trait), count, round(count / here, 4), round(others, 4)))
    return {kind: rows for kind, rows in found.items() if rows}


def _graph(seen: _Seen) -> dict[str, list[tuple[object, ...]]]:
    """Return which networks, phones and lots of accounts come together in these ballots."""
    nodes: dict[Trait, str] = {}
    for kind, most in NODES.items():
        own = [one for one in seen.traits.items() if one[0][0] == kind]
        for trait, _count in sorted(own, key=lambda one: (-one[1], one[0]))[:most]:
            nodes[trait] = f"{kind}{len(nodes)}"
    edges = [
        (nodes[a], nodes[b], count)
        for (a, b), count in sorted(seen.pairs.items(), key=lambda one: (-one[1], one[0]))
        if a in nodes and b in nodes
    ]
    return {
        "nodes": [(n, one[0], label_of(one), seen.traits[one]) for one, n in nodes.items()],
        "edges": list(edges[:MOST_EDGES]),
    }


# --- Beside the engine --------------------------------------------------------------------------


def write_clusters(folder: Path) -> None:
    """Write `clusters.json`: what the engine found there, each with its members and its picture."""
    groups = _read_groups(folder)
    hold_surest(groups)
    with (folder / "events.csv").open(newline="") as file:
        pictures = draw(csv.DictReader(file), groups)
    found = [
        {
            "candidate": group.candidate,
            "rules": group.rules,
            "members": sorted(map(int, group.members)),
            "kept": group.kept,
            "first_ms": group.first_ms,
            "last_ms": group.last_ms,
            "picture": picture,
        }
        for group, picture in zip(groups, pictures, strict=True)
    ]
    (folder / "clusters.json").write_text(json.dumps(found, ensure_ascii=False))


def hold_surest(groups: Sequence[Group]) -> None:
    """Let a small vote hold what is clear, although 0.05 % of its ballots is less than one ballot.

    Groups beyond the engine's budget are held after all, the surest first, while fewer than
    `ONE_BALLOT` honest ballots are to be expected in everything held and at most `UNCLEAR` of the
    group itself. From 2,000 ballots on the engine's own budget is larger, and this changes nothing.
    """
    left = ONE_BALLOT - sum(group.expected_honest or 0 for group in groups if not group.kept)
    beyond = [group for group in groups if group.kept == "over_budget"]
    for group in sorted(beyond, key=_doubt):
        doubt = group.expected_honest or 0
        if doubt < left and _doubt(group) <= UNCLEAR:
            group.kept = ""
            left -= doubt


def _doubt(group: Group) -> float:
    return (group.expected_honest or 0) / len(group.members)


def _read_groups(folder: Path) -> list[Group]:
    record = json.loads((folder / "scores.csv.groups.json").read_text())
    return [
        Group(
            candidate=str(group["candidate"]),
            rules="|".join(dict.fromkeys([group["leading_rule"], *group["rules"]])),
            members=frozenset(map(str, group["members"])),
            kept=str(group["reason_not_held"]),
            expected_honest=float(group["expected_honest"]),
            score=float(group["score"]),
        )
        for group in record["groups"]
    ]


if __name__ == "__main__":
    write_clusters(Path(sys.argv[1]))
