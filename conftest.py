# SPDX-License-Identifier: Apache-2.0
"""What every suite of the house shares."""

from collections.abc import Iterator

import pytest
from django.db import connection
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


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """PostgreSQL drops no database that a thread of some test still holds a connection to."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
