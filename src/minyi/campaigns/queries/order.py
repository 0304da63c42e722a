# SPDX-License-Identifier: Apache-2.0
"""The order in which nominees are shown: shuffled for each voter, always the same, open to check.

    position of nominee n = rank of SHA-256(seed "\n" reader "\n" n), ascending

`seed` is public and fixed when the ballot paper is printed; `reader` is the voter's order
reference, or "everyone" for readers we do not know. The first places of a fixed list are picked
more often, so no nominee may always be first, and no count may decide.
"""

import hashlib
from collections.abc import Iterable

EVERYONE = "everyone"


def order_numbers(*, seed: str, reader: str, numbers: Iterable[int]) -> list[int]:
    """Return the nominee numbers in this reader's order."""
    return sorted(numbers, key=lambda number: sort_key(seed=seed, reader=reader, number=number))


def sort_key(*, seed: str, reader: str, number: int) -> str:
    """Return what a nominee is sorted by: 64 hex digits that anyone can compute."""
    message = f"{seed}\n{reader or EVERYONE}\n{number}"
    return hashlib.sha256(message.encode()).hexdigest()
