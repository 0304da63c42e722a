# SPDX-License-Identifier: Apache-2.0
"""One product per worker, one Chromium per module, one record of what pages complain of."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from chromium import Visitors, running_chromium
from live import Product, copy_data, copy_without_sessions, running_product


@pytest.fixture(scope="session")
def first_start(
    tmp_path_factory, shared_folder, alone, migrated
) -> Iterator[tuple[Path, Product | None]]:
    """Start the product without sample data, once for all workers, and keep what it made.

    Its database lacks one migration, so that starting migrates, but not for half a minute. The
    worker that did it keeps the product; the others get None.
    """
    own = tmp_path_factory.getbasetemp()
    kept = shared_folder / "seeded"
    with ExitStack() as stack:
        product = None
        with alone(kept):
            if not kept.exists():
                (own / "first").mkdir()
                copy_without_sessions(migrated, own / "first" / "db.sqlite3")
                product = stack.enter_context(running_product(own / "first"))
                copy_data(product.var, kept)
        yield kept, product


@pytest.fixture(scope="session")
def seeded(first_start) -> Path:
    """The sample data of a product that has been started once; to be copied, not changed."""
    return first_start[0]


@pytest.fixture(scope="session")
def product(first_start, tmp_path_factory) -> Iterator[Product]:
    """The running product, with sample data that belongs to this worker alone."""
    kept, own = first_start
    if own is not None:
        yield own
        return
    var = tmp_path_factory.mktemp("product") / "var"
    copy_data(kept, var)
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
