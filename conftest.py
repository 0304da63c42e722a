# SPDX-License-Identifier: Apache-2.0
"""What every suite of the house shares."""

import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
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


@pytest.fixture(scope="session", autouse=True)
def nobody_pulls_the_plug() -> Iterator[None]:
    """What a test flushes to the disk itself need not get there: only processes are killed here.

    Programs a test starts flush as always.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)  # refuses, like fsync, what is not open
        yield


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory, worker_id) -> Path:
    """A folder that all workers of this run have in common."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def alone() -> Callable[[Path], AbstractContextManager[None]]:
    """Keep the other workers out while this one makes what lies at a path."""
    return _alone


@pytest.fixture(scope="session")
def migrated(shared_folder, alone) -> Path:
    """A migrated, empty SQLite database to copy: migrating one takes a quarter of a minute."""
    path = shared_folder / "migrated.sqlite3"
    with alone(path):
        if not path.exists():
            making = path.with_suffix(".making")
            _migrate(f"sqlite:///{making}")
            making.rename(path)
    return path


@pytest.fixture(scope="session")
def migrated_postgres(shared_folder, alone) -> Iterator[str]:
    """Return the name of a migrated, empty PostgreSQL database to copy.

    Whoever ends first drops it; a worker that comes later still makes it again.
    """
    server = os.environ["DATABASE_URL"]
    kept = shared_folder / "migrated.postgres"
    with alone(kept):
        if not kept.exists():
            name = f"test_migrated_{os.getpid()}"
            _order(server, f"CREATE DATABASE {name}")
            _migrate(urlsplit(server)._replace(path=f"/{name}").geturl())
            kept.write_text(name)
        name = kept.read_text()
    yield name
    with alone(kept):
        kept.unlink(missing_ok=True)
        _order(server, f"DROP DATABASE IF EXISTS {name}")


@pytest.fixture(scope="session")
def django_db_setup(
    request, django_test_environment, django_db_modify_db_settings, django_db_blocker
) -> Iterator[None]:
    """Give each worker a copy of what was migrated once: in memory, or a database of its own."""
    if connection.vendor == "sqlite":
        with (
            django_db_blocker.unblock(),
            closing(sqlite3.connect(request.getfixturevalue("migrated"))) as made,
        ):
            connection.settings_dict["NAME"] = connection.creation._get_test_db_name()
            connection.ensure_connection()
            made.backup(connection.connection)
        yield
        return
    connection.settings_dict["TEST"] |= {
        "NAME": f"test_minyi_{os.getpid()}",  # runs side by side may share one server
        "TEMPLATE": request.getfixturevalue("migrated_postgres"),
    }
    with django_db_blocker.unblock():
        before = setup_databases(verbosity=0, interactive=False)
    yield
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            # Nothing is dropped to which a thread of some test still holds a connection.
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        teardown_databases(before, verbosity=0)


def _order(server: str, sql: str) -> None:
    with psycopg.connect(server, autocommit=True) as told:
        told.execute(sql)


def _migrate(url: str) -> None:
    environment = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "minyi.config.settings.test",
    }
    command = [sys.executable, "-m", "minyi.config.cli", "migrate", "--verbosity", "0"]
    subprocess.run(command, env=environment, check=True)  # noqa: S603


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
