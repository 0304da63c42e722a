# SPDX-License-Identifier: Apache-2.0
"""Sealed choices (docs/protocol/log-format.md §6.4): what a ballot holds until its key is public.

The text is as long for one pick as for ten, and says whose ballot it is: copied into another
ballot it is recognised. About 3 µs a ballot; a context is shared by up to ten minutes of ballots.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from time import monotonic
from typing import NamedTuple

from votelog._errors import Rejected
from votelog._hpke import (
    KEY_BYTES,
    TAG_BYTES,
    Context,
    Unopenable,
    begin_opening,
    begin_sealing,
    public_of,
)

BINDING_BYTES = 16
CONTEXT_S = 600.0
MOST_BITMAPS = 4096
_INFO = b"votelog sealed choice v1\n"


class SealedChoice(NamedTuple):
    """`e` names the context, `i` the place in it, `x` is the ciphertext; hex but for `i`."""

    e: str
    i: int
    x: str


class ChoiceSealer:
    """Seals the choices of one campaign for its key; not for several threads at a time."""

    def __init__(
        self,
        *,
        campaign: str,
        candidates: Sequence[str],
        public: bytes,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._campaign = campaign.encode()
        self._bits = {label: 1 << place for place, label in enumerate(candidates)}
        self._length = bitmap_bytes(len(candidates))
        self._bitmaps: dict[tuple[str, ...], bytes] = {}  # most voters pick alike
        self._public = public
        self._clock = clock
        self._sent = ""
        self._context: Context | None = None
        self._until = 0.0
        self._next = 0

    def seal(self, picks: tuple[str, ...], *, tag: str, nonce: str) -> SealedChoice:
        """Seal the picks, labels of candidates, of the ballot with that tag and nonce.

        A later context does not know the key of an earlier one: who takes this process over
        reads what was cast in the last ten minutes, and nothing before.
        """
        now = self._clock()
        if self._context is None or now >= self._until:
            sent, self._context = begin_sealing(self._public, _info_of(self._campaign))
            self._sent, self._next, self._until = sent.hex(), 0, now + CONTEXT_S
        bitmap = self._bitmaps.get(picks)
        if bitmap is None:
            if len(self._bitmaps) == MOST_BITMAPS:
                self._bitmaps.clear()
            bits = sum(self._bits[label] for label in picks)
            bitmap = self._bitmaps[picks] = bits.to_bytes(self._length, "little")
        text = bind(self._campaign, tag, nonce) + bitmap
        place, self._next = self._next, self._next + 1
        return SealedChoice(self._sent, place, self._context.seal(place, text).hex())


class ChoiceOpener:
    """Opens the sealed choices of one campaign with its key."""

    def __init__(self, *, campaign: str, candidates: Sequence[str], private: bytes) -> None:
        self._campaign = campaign.encode()
        self._candidates = tuple(candidates)
        self._private = private
        self._contexts: dict[bytes, Context | None] = {}
        self._known: dict[bytes, tuple[int, ...]] = {}

    def open(self, sent: bytes, place: int, sealed: bytes, binding: bytes) -> tuple[int, ...]:
        """Return the picks as places of the manifest's list, ascending.

        Raises Rejected: choice_unopenable, choice_copied, pick_unknown.
        """
        context = self._context_of(sent)
        try:
            if context is None:
                raise Unopenable
            text = context.open(place, sealed)
        except Unopenable as error:
            raise Rejected("choice_unopenable") from error
        if text[:BINDING_BYTES] != binding:
            raise Rejected("choice_copied")
        return self._picks(text[BINDING_BYTES:])

    def labels(self, picks: Sequence[int]) -> tuple[str, ...]:
        """Return the labels of picks."""
        return tuple(self._candidates[place] for place in picks)

    def _context_of(self, sent: bytes) -> Context | None:
        if sent not in self._contexts:
            try:
                info = _info_of(self._campaign)
                self._contexts[sent] = begin_opening(self._private, sent, info)
            except Unopenable:
                self._contexts[sent] = None
        return self._contexts[sent]

    def _picks(self, bitmap: bytes) -> tuple[int, ...]:
        known = self._known.get(bitmap)
        if known is None:
            bits = int.from_bytes(bitmap, "little")
            if bits >> len(self._candidates):
                raise Rejected("pick_unknown", pick=bits.bit_length() - 1)
            known = tuple(at for at in range(len(self._candidates)) if bits >> at & 1)
            self._known[bitmap] = known
        return known


def bind(campaign: bytes, tag: str, nonce: str) -> bytes:
    """Return what ties a choice to its campaign, its voter and its ballot."""
    text = b"ballot v1\n%b\n%b\n%b" % (campaign, tag.encode(), nonce.encode())
    return sha256(text).digest()[:BINDING_BYTES]


def bitmap_bytes(candidates: int) -> int:
    """Return how long a choice among so many candidates is."""
    return -(-candidates // 8)


def sealed_bytes(candidates: int) -> int:
    """Return the length of `x` in bytes."""
    return BINDING_BYTES + bitmap_bytes(candidates) + TAG_BYTES


def check_key(public: bytes, private: bytes) -> None:
    """Check that a private key is that of a manifest.

    Raises Rejected: key_false.
    """
    if len(private) != KEY_BYTES or public_of(private) != public:
        raise Rejected("key_false")


def _info_of(campaign: bytes) -> bytes:
    return _INFO + campaign
