# SPDX-License-Identifier: Apache-2.0
"""One product per worker, one Chromium per module, one record of what pages complain of."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from chromium import Visitors, running_chromium
from live import Product, copy_data, running_product


@pytest.fixture(scope="session")
def seeded(tmp_path_factory, worker_id) -> Iterator[Path]:
    """The data of a product that has been started once; made by whichever worker comes first."""
    own = tmp_path_factory.getbasetemp()
    kept = (own if worker_id == "master" else own.parent) / "seeded"
    with _alone(kept.with_suffix(".lock")):
        if not kept.exists():
            first = own / "first-start"
            first.mkdir()
            with running_product(first) as product:
                copy_data(product.var, kept)
    return kept


@pytest.fixture(scope="session")
def product(seeded, tmp_path_factory) -> Iterator[Product]:
    """The running product, with a copy of the sample data that belongs to this worker alone."""
    var = tmp_path_factory.mktemp("product") / "var"
    copy_data(seeded, var)
    with running_product(var) as started:
        yield started


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A Chromium for this module: its event loop must not stay for tests that use Django."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def visitors(chromium) -> Iterator[Visitors]:
    """People with a browser each. A page that breaks its policy or throws fails the test."""
    everybody = Visitors(chromium)
    yield everybody
    everybody.leave()
    assert everybody.complaints == [], "\n".join(everybody.complaints)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
