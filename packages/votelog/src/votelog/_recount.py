# SPDX-License-Identifier: Apache-2.0
"""Recount a ballot log: the result is a pure fold over its entries, in log order.

About 180 bytes of memory a ballot: tags and nonces as numbers, choices and states as arrays.
frontend/verify/recount.js is the same fold in another language; change both.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from votelog._audit import Audit
from votelog._canonical import Json, decode_canonical
from votelog._entries import (
    ADJUDICATIONS,
    Manifest,
    check_ballot,
    check_entry,
    parse_manifest,
)
from votelog._errors import Malformed, Rejected, VotelogError
from votelog._note import VerifierKey
from votelog._opening import Announced, Move, SealedBallots, check_announced
from votelog._reader import LogReader

MAX_FINDINGS = 1000
_NO_BALLOT, _COUNTED, _QUARANTINED, _VOID = range(4)
_STATE_NAMES = ("no ballot", "counted", "quarantined", "void")
_FROM = {
    "quarantine": (_COUNTED,),
    "release": (_QUARANTINED,),
    "void": (_COUNTED, _QUARANTINED),
    "restore": (_VOID,),
}
_TO = {"quarantine": _QUARANTINED, "release": _COUNTED, "void": _VOID, "restore": _COUNTED}
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Count:
    """What the log says, up to `size` entries; `findings` empty means it obeys its own rules."""

    size: int
    campaign: str
    tally: dict[str, int]
    cast: int
    counted: int
    quarantined: int
    void: int
    void_by_rule: dict[str, int]
    closed_at: int | None  # index of the close entry
    sealed: bool  # choices are sealed and the key is not published: the tally is not known
    result: str  # "absent", "equal" or "differs"
    findings: list[VotelogError] = field(default_factory=list)


class Recount:
    """The fold. Feed every entry once, in log order."""

    def __init__(self) -> None:
        self.findings: list[VotelogError] = []
        self._manifest: Manifest | None = None
        self._places: dict[str, int] = {}  # candidate -> place in the tally
        self._votes: list[int] = []
        self._window = (0, 0)
        self._ph = ""
        self._states = bytearray()  # by entry index
        self._choices = array("I")  # by entry index, into _choice_sets
        self._choice_ids: dict[tuple[int, ...], int] = {(): 0}
        self._choice_sets: list[tuple[int, ...]] = [()]
        self._tags: defaultdict[str, set[int]] = defaultdict(set)  # by period
        self._nonces: set[int] = set()
        self._void_rules: dict[int, str] = {}
        self._days: dict[int, str] = {}
        self._changed_at = -1  # index of the last entry that moved the count
        self._closed_at: int | None = None
        self._sealed: SealedBallots | None = None  # until they are opened
        self._opened_at: int | None = None
        self._moves: list[Move] = []  # of a sealed log
        self._announced: list[Announced] = []
        self._result = "absent"

    def add(self, index: int, raw: bytes) -> None:
        """Take the next entry in; a fault becomes a finding and the entry counts for nothing."""
        self._states.append(_NO_BALLOT)
        self._choices.append(0)
        try:
            self._take(index, decode_canonical(raw))
        except VotelogError as error:
            error.facts.setdefault("index", index)
            self._find(error)

    def skip(self) -> None:
        """Leave an entry out that cannot be read; the audit has named the fault."""
        self._states.append(_NO_BALLOT)
        self._choices.append(0)

    def count(self) -> Count:
        """Return the count so far."""
        states = Counter(self._states)
        manifest = self._manifest
        return Count(
            size=len(self._states),
            campaign=manifest.campaign if manifest else "",
            tally={label: self._votes[place] for label, place in self._places.items()},
            cast=len(self._states) - states[_NO_BALLOT],
            counted=states[_COUNTED],
            quarantined=states[_QUARANTINED],
            void=states[_VOID],
            void_by_rule=dict(sorted(Counter(self._void_rules.values()).items())),
            closed_at=self._closed_at,
            sealed=self._sealed is not None,
            result=self._result,
            findings=self.findings,
        )

    def _take(self, index: int, value: dict[str, Json]) -> None:
        kind = value.get("type")
        if type(kind) is not str:
            raise Malformed("entry_malformed", member="type")
        if index == 0:
            if kind != "manifest":
                raise Rejected("manifest_missing")
            self._open(parse_manifest(value))
        elif self._manifest is None:
            return  # named at entry 0; nothing can be counted without rules
        elif kind == "ballot":
            self._take_ballot(index, value, self._manifest)
        elif kind == "manifest":
            raise Rejected("manifest_repeated")
        else:
            check_entry(value)
            self._take_other(index, kind, value)

    def _open(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._places = {label: place for place, label in enumerate(manifest.candidates)}
        self._votes = [0] * len(manifest.candidates)
        self._window = (manifest.opens, manifest.closes)
        self._ph = manifest.ph
        if manifest.seal:
            self._sealed = SealedBallots(manifest)

    def _take_ballot(self, index: int, ballot: dict[str, Json], manifest: Manifest) -> None:
        check_ballot(ballot, manifest)
        if self._closed_at is not None:
            raise Rejected("ballot_after_close", closed=self._closed_at)
        at = ballot["t"]
        if not self._window[0] <= at < self._window[1]:
            raise Rejected("ballot_outside_time", t=at)
        if ballot["day"] != self._day_of(at, manifest.zone):
            raise Rejected("ballot_day_false", day=ballot["day"])
        if ballot["ph"] != self._ph:
            raise Rejected("ballot_rules_differ")
        choice = 0 if manifest.seal else self._choice_of(ballot["ch"], manifest)
        self._use_once(ballot, manifest)
        self._states[index] = _COUNTED
        self._choices[index] = choice
        self._vote(choice, +1)
        self._changed_at = index
        if self._sealed is not None:
            self._sealed.keep(index, ballot)

    def _choice_of(self, picks: list[str], manifest: Manifest) -> int:
        rule = manifest.rule
        if not rule.min <= len(picks) <= rule.max:
            raise Rejected("picks_number", picks=len(picks), min=rule.min, max=rule.max)
        places = tuple([self._places.get(label, -1) for label in picks])
        if -1 in places:
            raise Rejected("pick_unknown", pick=picks[places.index(-1)])
        if any(first >= second for first, second in pairwise(picks)):
            raise Rejected("picks_order")
        return self._choice_id(places)

    def _choice_id(self, places: tuple[int, ...]) -> int:
        found = self._choice_ids.get(places)
        if found is None:
            found = self._choice_ids[places] = len(self._choice_sets)
            self._choice_sets.append(places)
        return found

    def _use_once(self, ballot: dict[str, Json], manifest: Manifest) -> None:
        """One ballot for each tag and period, one ballot for each nonce."""
        nonce = int(ballot["n"], 16)
        if nonce in self._nonces:
            raise Rejected("nonce_replayed", nonce=ballot["n"])
        tags = self._tags[ballot["day"] if manifest.rule.per == "day" else ""]
        tag = int(ballot["tag"], 16)
        if tag in tags:
            raise Rejected("tag_repeated", tag=ballot["tag"], day=ballot["day"])
        self._nonces.add(nonce)
        tags.add(tag)

    def _take_other(self, index: int, kind: str, value: dict[str, Json]) -> None:
        """Apply what moves the count; an appeal or an event is on record only."""
        if kind in ADJUDICATIONS:
            self._adjudicate(index, kind, value)
        elif kind == "stage":
            self._window = (value["opens"], value["closes"])
            self._ph = value["ph"]
        elif kind == "close":
            self._close(index, value)
        elif kind == "count":
            self._announce(index, value)
        elif kind == "key":
            self._open_choices(index, bytes.fromhex(value["key"]))
        elif kind == "result":
            self._compare_result(index, value)

    def _adjudicate(self, index: int, kind: str, value: dict[str, Json]) -> None:
        """Move ballots from state to state; all of them or, with a fault, none."""
        ranges = [range(low, high) for low, high in value["ballots"]]
        if ranges[-1].stop > index:
            raise Rejected("ballot_ahead", ballot=ranges[-1].stop - 1)
        for one in ranges:
            for ballot in one:
                state = self._states[ballot]
                if state not in _FROM[kind]:
                    raise Rejected(
                        "state_wrong", kind=kind, ballot=ballot, state=_STATE_NAMES[state]
                    )
        for one in ranges:
            for ballot in one:
                self._move(ballot, _TO[kind], value["rule"])
        self._changed_at = index
        if self._sealed is not None:
            self._moves.append(Move(index, ranges, _TO[kind] == _COUNTED))

    def _move(self, ballot: int, state: int, rule: str) -> None:
        before = self._states[ballot]
        self._states[ballot] = state
        self._vote(self._choices[ballot], (state == _COUNTED) - (before == _COUNTED))
        if state == _VOID:
            self._void_rules[ballot] = rule
        else:
            self._void_rules.pop(ballot, None)

    def _vote(self, choice: int, step: int) -> None:
        if step:
            for place in self._choice_sets[choice]:
                self._votes[place] += step

    def _close(self, index: int, value: dict[str, Json]) -> None:
        if self._closed_at is not None:
            raise Rejected("close_repeated", closed=self._closed_at)
        if value["size"] != index:
            raise Rejected("close_size_false", size=value["size"])
        self._closed_at = index

    def _announce(self, index: int, value: dict[str, Json]) -> None:
        """Keep an announced count until it can be compared; at a close they come to an end."""
        before = self._announced[-1].at if self._announced else 1
        if self._sealed is None or self._closed_at is not None:
            raise Rejected("count_misplaced", at=value["at"])
        if not before <= value["at"] <= index:
            raise Rejected("count_misplaced", at=value["at"])
        self._announced.append(Announced(index, value["at"], value["ballots"], value["tally"]))

    def _open_choices(self, index: int, private: bytes) -> None:
        """Open every ballot, then compare what was announced; a wrong choice is no ballot."""
        if self._opened_at is not None:
            raise Rejected("key_repeated", opened=self._opened_at)
        if self._sealed is None or self._manifest is None:
            raise Rejected("key_unwanted")
        if self._closed_at is None:
            raise Rejected("key_before_close")
        for ballot, picks in self._sealed.open(private):
            if isinstance(picks, VotelogError):
                self._find(picks)
                self._states[ballot] = _NO_BALLOT
                self._void_rules.pop(ballot, None)
                continue
            self._choices[ballot] = self._choice_id(picks)
            self._vote(self._choices[ballot], self._states[ballot] == _COUNTED)
        candidates = self._manifest.candidates
        for error in check_announced(self._announced, self._moves, self._picks_of, candidates):
            self._find(error)
        self._sealed, self._opened_at, self._changed_at = None, index, index

    def _picks_of(self, index: int) -> tuple[int, ...] | None:
        if self._states[index] == _NO_BALLOT:
            return None
        return self._choice_sets[self._choices[index]]

    def _compare_result(self, index: int, value: dict[str, Json]) -> None:
        """A result must be the fold at `at`; the last result of a log is the one that stands."""
        self._result = "differs"
        if self._closed_at is None:
            raise Rejected("result_before_close")
        if self._sealed is not None:
            raise Rejected("result_before_key")
        if not self._changed_at < value["at"] <= index:
            raise Rejected("result_stale", at=value["at"], changed=self._changed_at)
        tally = {label: self._votes[place] for label, place in self._places.items()}
        if value["tally"] != tally:
            wrong = sorted(
                label
                for label in tally.keys() | value["tally"].keys()
                if tally.get(label) != value["tally"].get(label)
            )
            raise Rejected("result_differs", candidates=", ".join(wrong))
        self._result = "equal"

    def _day_of(self, at: int, zone: int) -> str:
        number = (at + zone * 60_000) // _DAY_MS
        found = self._days.get(number)
        if found is None:
            found = datetime.fromtimestamp(number * 86_400, UTC).strftime("%Y-%m-%d")
            self._days[number] = found
        return found

    def _find(self, error: VotelogError) -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(error)


def recount_log(reader: LogReader, log: VerifierKey, *, older: Iterable[bytes] = ()) -> Count:
    """Audit a log and count it in the same pass; the audit's findings come first."""
    audit = Audit(reader, log, older=older)
    fold = Recount()
    for start, entries in audit.bundles():
        if entries is None:
            for _ in range(start, min(start + 256, reader.size)):
                fold.skip()
            continue
        for index, raw in enumerate(entries, start=start):
            fold.add(index, raw)
    if reader.size == 0:
        fold.findings.append(Rejected("manifest_missing", index=0))
    fold.findings[:0] = audit.findings
    return fold.count()
