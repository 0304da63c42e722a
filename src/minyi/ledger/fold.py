# SPDX-License-Identifier: Apache-2.0
"""The count as a fold over our own log: the rules of docs/protocol/log-format.md §6.3, fast.

The same as `votelog.Recount`, which checks every byte and takes ten times as long; a test holds
the two together. Here the entries are believed to be canonical, because we have written them.
About 200 bytes of memory a ballot, 60 more while choices are sealed.
"""

from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import msgspec
from votelog import Rejected, SealedBallots, VotelogError, parse_manifest

BALLOT_START = b'{"ch":'  # no other entry begins so: members are in order
SEALED_START = b'{"day":'  # nor so
NO_BALLOT, COUNTED, QUARANTINED, VOID = range(4)
FROM = {
    "quarantine": (COUNTED,),
    "release": (QUARANTINED,),
    "void": (COUNTED, QUARANTINED),
    "restore": (VOID,),
}
TO = {"quarantine": QUARANTINED, "release": COUNTED, "void": VOID, "restore": COUNTED}


class _AnyBallot(msgspec.Struct, gc=False):
    day: str
    n: str
    ph: str
    t: int
    tag: str


class _Ballot(_AnyBallot, gc=False):
    ch: tuple[str, ...]


class _SealedBallot(_AnyBallot, gc=False):
    e: str
    i: int
    x: str


_read_ballot = msgspec.json.Decoder(_Ballot).decode
_read_sealed = msgspec.json.Decoder(_SealedBallot).decode
_read_other = msgspec.json.Decoder(dict[str, object]).decode


@dataclass(frozen=True, slots=True)
class Announced:
    """A count that was announced for an hour (ms) while choices were sealed: of `size` entries."""

    hour: int
    size: int
    ballots: int
    votes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Tally:
    """What the log says up to `size` entries. `root` names the checkpoint; empty: between two.

    `ballots` are those that count; `votes` are by label; `quarantined_by_rule` and `void_by_rule`
    are ballots by the rule that put them there. `opens` and `closes` are the times in force, in
    milliseconds. While choices are `sealed` there are no votes; `announced` is the last count that
    the office has announced, and `key` what has opened them, in hex.
    """

    size: int
    root: str
    ballots: int
    votes: Mapping[str, int]
    quarantined: int
    void: int
    quarantined_by_rule: Mapping[str, int]
    void_by_rule: Mapping[str, int]
    closed_at: int | None
    opens: int
    closes: int
    sealed: bool = False
    key: str = ""
    announced: Announced | None = None


class Fold:
    """Feed it every entry once, in log order. Not for several threads at a time.

    `choices` are nonce and labels of the sealed ballots in their order, where somebody knows them
    already; `add` raises ValueError where they are of other ballots.
    """

    def __init__(self, choices: Iterator[tuple[str, tuple[str, ...]]] | None = None) -> None:
        self._known = choices
        self._sealed: SealedBallots | None = None
        self._announced: Announced | None = None
        self._key = ""
        self.closed_at: int | None = None
        self._votes: dict[str, int] = {}
        self._window = (0, 0)
        self._phase = ""
        self._picks = (0, 0)
        self._per_day = False
        self._states = bytearray()  # by index
        self._choices = array("I")  # by index, into _choice_sets
        self._choice_ids: dict[tuple[str, ...], int] = {(): 0}
        self._choice_sets: list[tuple[str, ...]] = [()]
        self._tags: dict[str, set[int]] = {}  # by day, or under "" for the whole campaign
        self._nonces: set[int] = set()
        self._rules: dict[int, str] = {}  # by index: why a ballot does not count now

    @property
    def size(self) -> int:
        return len(self._states)

    def add(self, raw: bytes) -> None:
        """Take the next entry in; what breaks a rule counts for nothing."""
        self._states.append(NO_BALLOT)
        self._choices.append(0)
        if raw.startswith(BALLOT_START):
            self._take_ballot(_read_ballot(raw))
        elif raw.startswith(SEALED_START):
            self._take_sealed(_read_sealed(raw))
        else:
            self._take_other(_read_other(raw))

    def tally(self, root: str) -> Tally:
        """Return the count so far; `root` is that of the checkpoint of this size."""
        return Tally(
            size=self.size,
            root=root,
            ballots=self._states.count(COUNTED),
            votes=dict(self._votes),
            quarantined=self._states.count(QUARANTINED),
            void=self._states.count(VOID),
            quarantined_by_rule=self._by_rule(QUARANTINED),
            void_by_rule=self._by_rule(VOID),
            closed_at=self.closed_at,
            opens=self._window[0],
            closes=self._window[1],
            sealed=self._sealed is not None,
            key=self._key,
            announced=self._announced,
        )

    def states(self, low: int, high: int) -> bytes:
        """Return the state of each entry in [low, high): NO_BALLOT, COUNTED, QUARANTINED, VOID."""
        return bytes(self._states[low:high])

    def choices(self) -> tuple[Sequence[int], list[tuple[str, ...]]]:
        """Return, by entry, which of the choices it holds, and the choices; copies."""
        return self._choices[:], list(self._choice_sets)

    def rule_of(self, index: int) -> str:
        """Return the rule by which a ballot does not count now; empty if it counts."""
        return self._rules.get(index, "")

    def _by_rule(self, state: int) -> dict[str, int]:
        rules = (rule for index, rule in self._rules.items() if self._states[index] == state)
        return dict(sorted(Counter(rules).items()))

    def _take_ballot(self, ballot: _Ballot) -> None:
        if not (self._is_in_order(ballot) and self._is_choice(ballot.ch)):
            return
        if self._is_first(ballot):
            self._states[-1] = COUNTED
            self._choose(self.size - 1, ballot.ch)

    def _take_sealed(self, ballot: _SealedBallot) -> None:
        """Keep a ballot for the day its choice is opened."""
        known: tuple[str, ...] = ()
        if self._known is not None:
            nonce, known = next(self._known, ("", ()))
            if nonce != ballot.n:
                raise ValueError(f"entry {self.size - 1} is not our ballot")
        if self._sealed is None or not self._is_in_order(ballot) or not self._is_first(ballot):
            return
        self._states[-1] = COUNTED
        if self._known is not None:
            self._choose(self.size - 1, known)
            return
        facts = {"tag": ballot.tag, "n": ballot.n, "e": ballot.e, "i": ballot.i, "x": ballot.x}
        self._sealed.keep(self.size - 1, facts)

    def _choose(self, index: int, labels: tuple[str, ...]) -> None:
        """Note the choice of a ballot, and give its votes if it counts."""
        choice = self._choice_ids.get(labels)
        if choice is None:
            choice = self._choice_ids[labels] = len(self._choice_sets)
            self._choice_sets.append(labels)
        self._choices[index] = choice
        if self._states[index] == COUNTED:
            for label in labels:
                self._votes[label] += 1

    def _is_in_order(self, ballot: _AnyBallot) -> bool:
        if self.closed_at is not None or not self._window[0] <= ballot.t < self._window[1]:
            return False
        return ballot.ph == self._phase

    def _is_choice(self, labels: tuple[str, ...]) -> bool:
        if not self._picks[0] <= len(labels) <= self._picks[1]:
            return False
        if labels in self._choice_ids:
            return True  # it was looked at before: most voters pick alike
        ascending = all(first < second for first, second in pairwise(labels))
        return ascending and all(label in self._votes for label in labels)

    def _is_first(self, ballot: _AnyBallot) -> bool:
        """One ballot for each tag and period, one ballot for each nonce; if so, note them."""
        nonce, tag = int(ballot.n, 16), int(ballot.tag, 16)
        tags = self._tags.setdefault(ballot.day if self._per_day else "", set())
        if nonce in self._nonces or tag in tags:
            return False
        self._nonces.add(nonce)
        tags.add(tag)
        return True

    def _take_other(self, entry: dict[str, object]) -> None:
        read = msgspec.convert
        match entry["type"]:
            case "manifest" if self.size == 1:
                self._open(entry)
            case "stage":
                self._window = (read(entry["opens"], int), read(entry["closes"], int))
                self._phase = read(entry["ph"], str)
            case "close" if self.closed_at is None:
                self.closed_at = self.size - 1
            case "quarantine" | "release" | "void" | "restore" as kind:
                ranges = read(entry["ballots"], list[tuple[int, int]])
                self._adjudicate(kind, ranges, read(entry["rule"], str))
            case "count" if self._sealed is not None and self.closed_at is None:
                self._announced = Announced(
                    hour=read(entry["hour"], int),
                    size=read(entry["at"], int),
                    ballots=read(entry["ballots"], int),
                    votes=read(entry["tally"], dict[str, int]),
                )
            case "key" if self._sealed is not None and self.closed_at is not None:
                self._open_choices(self._sealed, bytes.fromhex(read(entry["key"], str)))

    def _open(self, manifest: dict[str, object]) -> None:
        read = msgspec.convert
        rule = read(manifest["rule"], dict[str, object])
        self._votes = dict.fromkeys(read(manifest["candidates"], list[str]), 0)
        self._window = (read(manifest["opens"], int), read(manifest["closes"], int))
        self._phase = read(manifest["ph"], str)
        self._picks = (read(rule["min"], int), read(rule["max"], int))
        self._per_day = rule["per"] == "day"
        if manifest.get("seal"):
            self._sealed = SealedBallots(parse_manifest(manifest))

    def _open_choices(self, sealed: SealedBallots, key: bytes) -> None:
        """Give every ballot its choice; one that does not open, or breaks the rule, is none."""
        labels = list(self._votes)
        try:
            for index, picks in sealed.open(key):
                if isinstance(picks, VotelogError):
                    self._states[index] = NO_BALLOT
                    self._rules.pop(index, None)
                else:
                    self._choose(index, tuple([labels[place] for place in picks]))
        except Rejected:
            return  # another vote's key
        self._sealed, self._key = None, key.hex()

    def _adjudicate(self, kind: str, ranges: list[tuple[int, int]], rule: str) -> None:
        """Move ballots from state to state; all of them or, with a fault, none."""
        ballots = [index for low, high in ranges for index in range(low, high)]
        last = self.size - 1
        if any(index >= last or self._states[index] not in FROM[kind] for index in ballots):
            return
        for index in ballots:
            step = (TO[kind] == COUNTED) - (self._states[index] == COUNTED)
            self._states[index] = TO[kind]
            for label in self._choice_sets[self._choices[index]]:
                self._votes[label] += step
            if TO[kind] == COUNTED:
                self._rules.pop(index, None)
            else:
                self._rules[index] = rule
