# SPDX-License-Identifier: Apache-2.0
"""Drawing ballots from a checkpoint, so that anybody can draw them again (docs/protocol/sample.md).

seed  = H("minyi/sample/v1\\n" ‖ text of the checkpoint ‖ cosignatures ‖ many ‖ "\\n")
k-th  = ballot number (uint64 of the first 8 bytes of H(seed ‖ uint64 k)) mod n, k = 0, 1, …
"""

from collections.abc import Sequence
from hashlib import sha256


def seed_of(checkpoint: str, cosignatures: str, many: int) -> bytes:
    """Return the seed of a draw.

    `checkpoint` is the signed text: origin, size, root, newline; `cosignatures` the witnesses'
    lines as they stand under it, which whoever seals the log cannot foresee. Empty: no witnesses.
    """
    return sha256(f"minyi/sample/v1\n{checkpoint}{cosignatures}{many}\n".encode()).digest()


def draw(seed: bytes, ballots: Sequence[int], many: int) -> list[int]:
    """Return `many` of these places in the log, in the order drawn; all where there are no more.

    The bias of the remainder is below n / 2^64. One drawn before is passed over.
    """
    if many >= len(ballots):
        return list(ballots)
    drawn: dict[int, None] = {}
    k = 0
    while len(drawn) < many:
        number = sha256(seed + k.to_bytes(8, "big")).digest()[:8]
        drawn[ballots[int.from_bytes(number, "big") % len(ballots)]] = None
        k += 1
    return list(drawn)
