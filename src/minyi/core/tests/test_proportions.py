# SPDX-License-Identifier: Apache-2.0
"""What a sample says of the whole."""

import pytest

from minyi.core.proportions import wilson


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [  # R: prop.test(hits, trials, correct=FALSE)$conf.int
        (0, 10, 0.0, 0.2775),
        (1, 20, 0.0089, 0.2361),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
    ],
)
def test_the_interval_is_wilsons(hits, trials, low, high):
    assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-4)


def test_of_nothing_nothing_is_known():
    assert wilson(0, 0) == (0.0, 1.0)
