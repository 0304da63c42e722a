# SPDX-License-Identifier: Apache-2.0
"""Every claim about storing ballots is made of both databases."""

import pytest

from ballotbox.tests.given import given_postgres, given_sqlite, postgres_is_reachable


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request, tmp_path):
    if request.param == "sqlite":
        yield given_sqlite(tmp_path / "ballots.sqlite3")
        return
    if not postgres_is_reachable():
        pytest.skip("PostgreSQL is not reachable (DATABASE_URL_PG)")
    with given_postgres() as scratch:
        yield scratch


@pytest.fixture
def sqlite_database(tmp_path):
    return given_sqlite(tmp_path / "ballots.sqlite3")
