# SPDX-License-Identifier: Apache-2.0
"""Single ballots as a reviewer may see them: when and how they were cast, never by whom.

Places, times and choices follow the gate of the counts; the caller asks it first.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minyi.campaigns.models import Ballot, Round
from minyi.core.clock import moment_at
from minyi.integrity.pictures import label_of, traits_of
from minyi.integrity.queries.visits import Seen, find_visits
from minyi.ledger import folders
from minyi.ledger.fold import COUNTED, QUARANTINED, VOID
from minyi.ledger.queries.logs import states_of, tally

from .cluster_pictures import KINDS

NEAR_MS = 10 * 60_000
MOST_COMPARED = 1000  # ballots that a blind sample is held against

STANDING: dict[int, str | Promise] = {
    COUNTED: _("计票"),
    QUARANTINED: _("核查中"),
    VOID: _("认定无效"),
}


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a ballot was cast. What nobody saw is empty: a ballot of the chat, or without script."""

    door: str = ""
    model: str = ""
    system: str = ""
    wechat: str = ""
    way: str = ""
    age: str = ""
    seconds: float | None = None  # on the page
    touches: int | None = None
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """One ballot of a cluster: its place in the log, when and how it was cast, how it stands."""

    place: int
    at: datetime
    conduct: Conduct
    standing: str | Promise


def list_members(*, paper: Round, places: Sequence[int]) -> list[Member]:
    """Return the ballots at these places of the log, in their order."""
    entries = _entries(paper.log, places)
    refs = [str(entry["tag"]) for _place, entry in entries]
    conduct = conduct_of(paper.pk, refs)
    states = states_of(paper.log, [(place, place + 1) for place, _entry in entries])
    return [
        Member(
            place,
            moment_at(int(str(entry["t"]))),
            conduct.get(str(entry["n"]), Conduct()),
            STANDING.get(state, ""),
        )
        for (place, entry), state in zip(entries, states, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How common a trait of one ballot is, as shares from 0 to 1."""

    kind: str | Promise
    label: str
    near: float  # among the ballots of ten minutes before and after
    overall: float  # among ballots of the whole vote


@dataclass(frozen=True, slots=True)
class Facts:
    """A ballot and its neighbourhood in time, without what the engine thinks of it."""

    at: datetime
    conduct: Conduct
    choice: tuple[int, ...]  # empty while it may not be told
    likeness: tuple[Likeness, ...]


def facts_of(*, paper: Round, place: int, shows_counts: bool) -> Facts | None:
    """Return the facts of the ballot at that place of the log; None: there is none.

    The neighbourhood is given in shares, which tell no turnout.
    """
    entries = _entries(paper.log, [place])
    if not entries:
        return None
    own = Ballot.objects.filter(round=paper, nonce=str(entries[0][1]["n"])).first()
    if own is None:
        return None
    around = {"cast_ms__gte": own.cast_ms - NEAR_MS, "cast_ms__lte": own.cast_ms + NEAR_MS}
    others = Ballot.objects.filter(round=paper).exclude(pk=own.pk)
    near = others.filter(**around).order_by("cast_ms")
    step = max(1, others.count() // MOST_COMPARED)
    overall = others.annotate(turn=F("id") % step).filter(turn=0)
    compared = [list(rows[:MOST_COMPARED]) for rows in (near, overall.order_by("id"))]
    refs = {own.voter_ref, *(one.voter_ref for rows in compared for one in rows)}
    seen = find_visits(round_id=paper.pk, voters=refs)
    traits = [[set(_traits(one, seen)) for one in rows] for rows in compared]
    return Facts(
        at=moment_at(own.cast_ms),
        conduct=_conduct(own, seen.get(own.voter_ref)),
        choice=tuple(json.loads(own.picks)) if shows_counts and own.picks[:1] == "[" else (),
        likeness=tuple(
            Likeness(
                KINDS[trait[0]],
                gettext(label_of(trait)),
                *(_share(trait, rows) for rows in traits),
            )
            for trait in _traits(own, seen)
            if trait[0] in KINDS
        ),
    )


def _traits(ballot: Ballot, seen: Mapping[str, Seen]) -> list[tuple[str, str]]:
    return list(traits_of(row_of(ballot, seen.get(ballot.voter_ref))))


def _share(trait: tuple[str, str], ballots: Sequence[Collection[tuple[str, str]]]) -> float:
    return sum(trait in one for one in ballots) / len(ballots) if ballots else 0.0


def conduct_of(round_id: int, refs: Sequence[str]) -> dict[str, Conduct]:
    """Return how the ballots of these pseudonyms were cast, by their nonce."""
    seen = find_visits(round_id=round_id, voters=refs)
    ballots = Ballot.objects.filter(round_id=round_id, voter_ref__in=refs)
    return {one.nonce: _conduct(one, seen.get(one.voter_ref)) for one in ballots}


def row_of(ballot: Ballot, seen: Seen | None) -> dict[str, str]:
    """Return what was seen of a ballot in the columns of the engine's event log."""
    dwell, touches, pages = [*ballot.conduct.split(","), "", "", ""][:3]
    row = {"ts": str(ballot.cast_ms), "dwell_ms": dwell, "touch_n": touches, "pv": pages}
    if seen is None:
        return row
    return row | {
        "ip": seen.ip,
        "model": seen.model,
        "os": seen.os,
        "osv": seen.osv,
        "wxver": seen.wxver,
        "src": seen.src,
        "first_seen": str(seen.first_seen or ""),
    }


def _conduct(ballot: Ballot, seen: Seen | None) -> Conduct:
    row = row_of(ballot, seen)
    labels = {trait[0]: label_of(trait) for trait in traits_of(row)}
    return Conduct(
        door=labels.get("door", ""),
        model=labels.get("model", ""),
        system=labels.get("os", ""),
        wechat=labels.get("wxver", ""),
        way=gettext(labels.get("way", "")),
        age=gettext(labels.get("age", "")),
        seconds=round(int(row["dwell_ms"]) / 1000, 1) if row["dwell_ms"].isdecimal() else None,
        touches=int(row["touch_n"]) if row["touch_n"].isdecimal() else None,
        pages=int(row["pv"]) if row["pv"].isdecimal() else None,
    )


def _entries(log: str, places: Iterable[int]) -> list[tuple[int, dict[str, object]]]:
    """Return the ballots among the entries at these places, as the log has them."""
    size = tally(log).size
    known = [place for place in places if place < size]
    entries = [(place, json.loads(folders.read_entry(log, place, size))) for place in known]
    return [(place, entry) for place, entry in entries if "tag" in entry]
