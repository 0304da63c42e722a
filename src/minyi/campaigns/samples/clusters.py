# SPDX-License-Identifier: Apache-2.0
"""What screening would have found in the sample vote, so that the review desk has what to show."""

import json
import random
from dataclasses import dataclass
from datetime import datetime

from minyi.campaigns.models import Ballot, Cluster, Round
from minyi.campaigns.services import clusters, screening
from minyi.campaigns.services.clusters import Found
from minyi.core.models import OutboxMessage
from minyi.integrity.pictures import Group, Row, draw

HELD = (101, 141)  # places in the log of forty ballots that look like one programme's
HOUSE = (400, 436)  # … of people of one office
BURST = (700, 760)  # … of a hall that scanned one code
SETTINGS = {"note": "示例数据，未经筛查引擎计算"}


@dataclass(frozen=True, slots=True)
class _Crowd:
    source: Cluster.Source
    span: tuple[int, int]
    rules: str
    kept: str
    facts: dict[str, str]


CROWDS = (
    _Crowd(
        Cluster.Source.BATCH, HELD, "same_tempo|same_phones|account_lot", "",
        {"model": "示例 W1", "osv": "9", "wxver": "8.0.30", "dwell_ms": "2100", "touch_n": "1"},
    ),
    _Crowd(
        Cluster.Source.BATCH, HOUSE, "same_standing|same_haste", "one_house",
        {"ip": "fd00:0ff1:ce00:1::", "src": "group_share"},
    ),
    _Crowd(
        Cluster.Source.STREAM, BURST, "burst", clusters.WATCHED,
        {"ip": "fd00:4a11:0000:1::", "src": "qr"},
    ),
)  # fmt: skip


def find_clusters(paper: Round, *, now: datetime) -> None:
    """Write down three clusters: one held, a look-alike, and a burst that was only watched."""
    luck = random.Random(paper.slug)  # noqa: S311 - the same sample every time
    ballots = list(Ballot.objects.filter(round=paper).order_by("id"))
    rows = [_row(ballot, place, luck) for place, ballot in enumerate(ballots, 1)]
    found = [_found(crowd, rows) for crowd in CROWDS]
    clusters.record(paper=paper, found=found, now=now)


def nothing_to_screen() -> None:
    """Take back the looks asked for: sample ballots come from no phones."""
    OutboxMessage.objects.filter(topic=screening.TOPIC, key__endswith=":opened").delete()


def _found(crowd: _Crowd, rows: list[Row]) -> Found:
    places = range(*crowd.span)
    picked = [number for place in places for number in rows[place - 1]["choices"].split("|")]
    candidate = max(sorted(set(picked)), key=picked.count)
    group = Group(
        candidate, crowd.rules, frozenset(map(str, places)), expected_honest=0.4, score=4.2
    )
    picture = draw(rows, [group])[0]
    return Found(
        crowd.source, int(candidate), crowd.rules, frozenset(places), group.first_ms,
        group.last_ms, picture, crowd.kept, SETTINGS,
    )  # fmt: skip


def _row(ballot: Ballot, place: int, luck: random.Random) -> Row:
    row = {
        "event_id": str(place),
        "ts": str(ballot.cast_ms),
        "choices": "|".join(map(str, json.loads(ballot.picks))),
        "ip": f"fd00:{luck.randrange(600):04x}:0:1::",
        "model": f"示例 M{int(luck.paretovariate(0.8)) % 40}",
        "os": "Android",
        "osv": str(luck.randint(10, 15)),
        "wxver": luck.choice(["8.0.42", "8.0.47", "8.0.50"]),
        "src": luck.choice(["article", "menu", "timeline", "group_share", "direct"]),
        "dwell_ms": str(int(luck.lognormvariate(10, 0.7))),
        "touch_n": str(luck.randrange(2, 12)),
        "first_seen": str(ballot.cast_ms - luck.choice([9_000, 200_000, 40_000_000, 10**10])),
    }
    for crowd in CROWDS:
        if crowd.span[0] <= place < crowd.span[1]:
            row |= crowd.facts
    return row
