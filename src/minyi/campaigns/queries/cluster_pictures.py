# SPDX-License-Identifier: Apache-2.0
"""The pictures of a cluster, each as the numbers of a chart or drawing and the rows of its table.

Drawn from `Cluster.picture` (services/clusters.py), of which every part may be absent.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minyi.core.clock import moment_at

Words: TypeAlias = str | Promise

KINDS: Mapping[str, Words] = {
    "door": _("网络出口"),
    "model": _("机型"),
    "os": _("系统版本"),
    "wxver": _("微信版本"),
    "tempo": _("停留和触摸"),
    "age": _("账号首次出现"),
    "lot": _("同批账号"),
    "way": _("进入方式"),
    "sharer": _("分享者"),
}
PLACES = ("place", "province", "city")  # traits that make the map, where they are collected
# The drawing: a column per kind, a row per node; units are SVG's own, 16 to the em of its text.
COLUMNS = ("sharer", "door", "model", "lot")
WIDTH, ROW, TOP, MARGIN = 600, 32, 52, 24
LABEL = 110  # room for the words beside the last column
LARGEST, SMALLEST = 13, 4  # radius of a node
MOST_NODES = 12  # per column; the table has them all


@dataclass(frozen=True, slots=True)
class TraitRow:
    """How common a trait is here and among everybody else, as shares from 0 to 1."""

    label: str
    ballots: int
    here: float
    elsewhere: float

    @property
    def times(self) -> float | None:
        """How many times as common as elsewhere; None: nobody else has it."""
        return self.here / self.elsewhere if self.elsewhere else None


@dataclass(frozen=True, slots=True)
class TraitTable:
    kind: str
    words: Words
    rows: tuple[TraitRow, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """A thing that several ballots share; `x`, `y`, `radius` in the units of the drawing."""

    id: str
    kind: str
    words: Words
    label: str
    ballots: int
    x: int
    y: int
    radius: int
    is_drawn: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """Two things that come together in so many ballots; `width` in the units of the drawing."""

    first: Node
    second: Node
    ballots: int
    width: float


@dataclass(frozen=True, slots=True)
class Network:
    """What the ballots have in common with each other, in columns from sharer to account lot."""

    width: int
    height: int
    heads: tuple[tuple[int, Words], ...]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    @property
    def drawn_nodes(self) -> list[Node]:
        return [node for node in self.nodes if node.is_drawn]

    @property
    def drawn_edges(self) -> list[Edge]:
        return [edge for edge in self.edges if edge.first.is_drawn and edge.second.is_drawn]


@dataclass(frozen=True, slots=True)
class Branch:
    """A sharer, with the networks their link was opened from."""

    label: str
    ballots: int
    doors: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Pictures:
    """What may be shown of a cluster; empty where nothing is known or nothing may be told."""

    timeline: tuple[dict[str, object], ...]  # rows of ui/_chart.html
    traits: tuple[TraitTable, ...]
    places: TraitTable | None
    network: Network | None
    tree: tuple[Branch, ...]


def draw_pictures(picture: Mapping[str, Any], *, shows_counts: bool) -> Pictures:
    """Return the pictures of a cluster; while counts are hidden no timeline, which tells votes."""
    traits: Mapping[str, Sequence[Sequence[Any]]] = picture.get("traits") or {}
    tables = {kind: _table(kind, rows) for kind, rows in traits.items() if rows}
    place = next((kind for kind in PLACES if kind in tables), None)
    graph = picture.get("graph") or {}
    return Pictures(
        timeline=_timeline(picture.get("timeline") or ()) if shows_counts else (),
        traits=tuple(sorted((tables[k] for k in KINDS if k in tables), key=_difference)),
        places=tables[place] if place else None,
        network=_network(graph.get("nodes") or (), graph.get("edges") or ()),
        tree=_tree(graph.get("nodes") or (), graph.get("edges") or ()),
    )


def received_meanwhile(picture: Mapping[str, Any], first_ms: int, last_ms: int) -> int | None:
    """Return what the candidate received in the buckets over which `expected` is summed.

    Beside it alone says the expectation anything: it is of all ballots, not of the cluster's.
    """
    buckets: Sequence[Sequence[float]] = picture.get("timeline") or ()
    if len(buckets) < 2:
        return None
    starts = [one[0] for one in buckets]
    begin = first_ms - (starts[1] - starts[0])
    return sum(int(seen) for at, seen, _expected in buckets if begin < at <= last_ms)


def _timeline(buckets: Sequence[Sequence[float]]) -> tuple[dict[str, object], ...]:
    return tuple(
        {
            "key": str(int(start)),
            "label": f"{moment_at(int(start)):%m-%d %H:%M}",
            "values": [int(observed), round(expected, 1)],
        }
        for start, observed, expected in buckets
    )


def _table(kind: str, rows: Sequence[Sequence[Any]]) -> TraitTable:
    found = tuple(TraitRow(gettext(str(row[0])), int(row[1]), row[2], row[3]) for row in rows)
    return TraitTable(kind, KINDS.get(kind, _("地区")), found)


def _difference(table: TraitTable) -> float:
    """Order tables so that what differs most from everybody else comes first."""
    return -max((row.here - row.elsewhere for row in table.rows), default=0.0)


def _network(nodes: Sequence[Sequence[Any]], edges: Sequence[Sequence[Any]]) -> Network | None:
    """Lay things out in columns, those that come together at one height as far as may be."""
    columns: dict[str, list[Sequence[Any]]] = defaultdict(list)
    for node in sorted(nodes, key=lambda one: (-one[3], str(one[0]))):
        columns[node[1]].append(node)
    kinds = [kind for kind in COLUMNS if columns[kind]]
    if not kinds or not edges:
        return None
    step = (WIDTH - MARGIN - LABEL) // max(len(kinds) - 1, 1)
    most = max(node[3] for node in nodes) or 1
    placed: dict[str, Node] = {}
    for place, kind in enumerate(kinds):
        column = _in_height_of(columns[kind], edges, placed)
        for row, node in enumerate(column):
            placed[str(node[0])] = Node(
                id=str(node[0]),
                kind=kind,
                words=KINDS[kind],
                label=str(node[2]),
                ballots=int(node[3]),
                x=MARGIN + place * step,
                y=TOP + row * ROW,
                radius=round(SMALLEST + (LARGEST - SMALLEST) * (node[3] / most) ** 0.5),
                is_drawn=row < MOST_NODES,
            )
    heads = tuple((MARGIN + place * step, KINDS[kind]) for place, kind in enumerate(kinds))
    deepest = min(max(len(columns[kind]) for kind in kinds), MOST_NODES)
    return Network(WIDTH, TOP + deepest * ROW, heads, tuple(placed.values()), _edges(edges, placed))


def _in_height_of(
    column: Sequence[Sequence[Any]],
    edges: Sequence[Sequence[Any]],
    placed: Mapping[str, Node],
) -> list[Sequence[Any]]:
    """Order a column by the mean height of what its things come together with (barycentre)."""
    shown = list(column[:MOST_NODES])
    heights: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for first, second, weight in edges:
        for own, other in ((str(first), str(second)), (str(second), str(first))):
            if other in placed:
                heights[own].append((placed[other].y, weight))

    def height(node: Sequence[Any]) -> float:
        found = heights.get(str(node[0]))
        if not found:
            return float("inf") if placed else 0.0
        return sum(y * weight for y, weight in found) / sum(weight for _y, weight in found)

    return sorted(shown, key=height) + list(column[MOST_NODES:])


def _edges(edges: Sequence[Sequence[Any]], placed: Mapping[str, Node]) -> tuple[Edge, ...]:
    known = [edge for edge in edges if str(edge[0]) in placed and str(edge[1]) in placed]
    most = max((edge[2] for edge in known), default=1) or 1
    return tuple(
        Edge(
            placed[str(first)], placed[str(second)], int(weight), round(0.6 + 5 * weight / most, 1)
        )
        for first, second, weight in sorted(known, key=lambda edge: -edge[2])
    )


def _tree(nodes: Sequence[Sequence[Any]], edges: Sequence[Sequence[Any]]) -> tuple[Branch, ...]:
    kinds = {str(node[0]): node[1] for node in nodes}
    labels = {str(node[0]): str(node[2]) for node in nodes}
    doors: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for first, second, weight in edges:
        for sharer, door in ((str(first), str(second)), (str(second), str(first))):
            if (kinds.get(sharer), kinds.get(door)) == ("sharer", "door"):
                doors[sharer].append((labels[door], int(weight)))
    sharers = [node for node in nodes if node[1] == "sharer"]
    return tuple(
        Branch(
            str(node[2]),
            int(node[3]),
            tuple(sorted(doors[str(node[0])], key=lambda one: (-one[1], one[0]))),
        )
        for node in sorted(sharers, key=lambda one: (-one[3], str(one[2])))
    )
