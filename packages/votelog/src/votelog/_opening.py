# SPDX-License-Identifier: Apache-2.0
"""What a recount keeps of sealed ballots until the key is published, and then makes of it.

About 60 bytes of memory a ballot. frontend/verify/opening.js is the same in another language.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from votelog._canonical import Json
from votelog._choices import BINDING_BYTES, ChoiceOpener, bind, check_key, sealed_bytes
from votelog._entries import Manifest
from votelog._errors import Rejected, VotelogError


@dataclass(frozen=True, slots=True)
class Move:
    """An adjudication that took effect at entry `index`: these ballots count, or no longer do."""

    index: int
    ballots: Sequence[range]
    counts: bool


@dataclass(frozen=True, slots=True)
class Announced:
    """A count the office announced while choices were sealed: of the entries below `at`."""

    index: int
    at: int
    ballots: int
    tally: dict[str, int]


class SealedBallots:
    """The sealed ballots of one log, in its order."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._campaign = manifest.campaign.encode()
        self._length = sealed_bytes(len(manifest.candidates))
        self._indices = array("I")
        self._contexts = array("I")  # into _sent
        self._places = array("Q")
        self._sealed = bytearray()
        self._bindings = bytearray()
        self._sent: list[bytes] = []
        self._known: dict[str, int] = {}

    def keep(self, index: int, ballot: dict[str, Json]) -> None:
        """Keep a ballot whose shape is right."""
        context = self._known.get(ballot["e"])
        if context is None:
            context = self._known[ballot["e"]] = len(self._sent)
            self._sent.append(bytes.fromhex(ballot["e"]))
        self._indices.append(index)
        self._contexts.append(context)
        self._places.append(ballot["i"])
        self._sealed += bytes.fromhex(ballot["x"])
        self._bindings += bind(self._campaign, ballot["tag"], ballot["n"])

    def open(self, private: bytes) -> Iterator[tuple[int, tuple[int, ...] | VotelogError]]:
        """Yield each ballot's index with its picks, or with what is wrong with them.

        Raises Rejected: key_false.
        """
        manifest, length = self._manifest, self._length
        check_key(manifest.seal, private)
        opener = ChoiceOpener(
            campaign=manifest.campaign, candidates=manifest.candidates, private=private
        )
        for at, index in enumerate(self._indices):
            sealed = bytes(self._sealed[at * length : (at + 1) * length])
            binding = bytes(self._bindings[at * BINDING_BYTES : (at + 1) * BINDING_BYTES])
            try:
                sent = self._sent[self._contexts[at]]
                picks = opener.open(sent, self._places[at], sealed, binding)
                _check_number(picks, manifest)
            except VotelogError as error:
                error.facts["index"] = index
                yield index, error
            else:
                yield index, picks


def check_announced(
    announced: Sequence[Announced],
    moves: Sequence[Move],
    votes_of: Callable[[int], tuple[int, ...] | None],
    candidates: Sequence[str],
) -> Iterator[VotelogError]:
    """Yield what is wrong with announced counts, now that each ballot's picks are known.

    `votes_of` gives the picks of an entry, None where it is no ballot that can count.
    """
    votes = [0] * len(candidates)
    counting = bytearray()
    waiting = list(reversed(moves))
    for one in announced:
        while len(counting) < one.at:
            index = len(counting)
            counting.append(0)
            if votes_of(index) is not None:
                _set(index, True, counting, votes, votes_of)
            while waiting and waiting[-1].index == index:
                move = waiting.pop()
                for ballot in (ballot for span in move.ballots for ballot in span):
                    if votes_of(ballot) is not None:
                        _set(ballot, move.counts, counting, votes, votes_of)
        tally = dict(zip(candidates, votes, strict=True))
        if (one.tally, one.ballots) != (tally, sum(counting)):
            yield Rejected("count_differs", index=one.index, at=one.at)


def _set(
    ballot: int,
    counts: bool,
    counting: bytearray,
    votes: list[int],
    votes_of: Callable[[int], tuple[int, ...] | None],
) -> None:
    step = counts - counting[ballot]
    counting[ballot] = counts
    for place in votes_of(ballot) or ():
        votes[place] += step


def _check_number(picks: Sequence[int], manifest: Manifest) -> None:
    rule = manifest.rule
    if not rule.min <= len(picks) <= rule.max:
        raise Rejected("picks_number", picks=len(picks), min=rule.min, max=rule.max)
