# SPDX-License-Identifier: Apache-2.0
"""What every suite of the house shares."""

from collections.abc import Iterator

import pytest
from django.utils import translation
from hypothesis import HealthCheck, settings

# Runs share their machine: that an example took long says nothing about our code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


@pytest.fixture(autouse=True)
def the_language_of_one_test_is_not_the_next_ones() -> Iterator[None]:
    """Django's test client leaves the language of the last request active in its thread."""
    yield
    translation.deactivate()
