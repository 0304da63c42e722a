# SPDX-License-Identifier: Apache-2.0
"""Word that something the callback knows by heart has changed, for the callbacks of this process.

Other processes learn of it when they read anew, two seconds later at the most.
"""

from itertools import count

_next = count(1)
_latest = 0


def tell_change() -> None:
    """Have every endpoint of this process read anew before it answers again."""
    global _latest
    _latest = next(_next)


def latest_change() -> int:
    """Return the number of the latest change."""
    return _latest
