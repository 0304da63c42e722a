# SPDX-License-Identifier: Apache-2.0
"""What a sample says of the whole."""

from math import sqrt

Z95 = 1.959964  # two-sided 95 % of the normal distribution


def wilson(hits: int, trials: int, z: float = Z95) -> tuple[float, float]:
    """Return the interval in which a proportion lies, as shares from 0 to 1.

    Wilson, J. Am. Stat. Assoc. 22 (1927): holds for small samples and for none of many, where
    the usual interval would be a single point.
    """
    if not trials:
        return 0.0, 1.0
    share, weight = hits / trials, z * z / trials
    middle = share + weight / 2
    reach = z * sqrt(share * (1 - share) / trials + weight / (4 * trials))
    low, high = (middle - reach) / (1 + weight), (middle + reach) / (1 + weight)
    return max(0.0, low), min(1.0, high)
