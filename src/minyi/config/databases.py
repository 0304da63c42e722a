# SPDX-License-Identifier: Apache-2.0
"""How Django talks to its database."""

from typing import Any

import environ


def database(url: str) -> dict[str, Any]:
    """Return Django's settings for the database at that address."""
    settings: dict[str, Any] = environ.Env.db_url_config(url)
    if settings["ENGINE"].endswith("sqlite3"):
        settings["OPTIONS"] = {
            # Take the write lock at BEGIN: a transaction that reads first and writes later would
            # otherwise fail at once instead of waiting its turn.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
            "PRAGMA cache_size=-16000; PRAGMA temp_store=MEMORY;",
        }
    else:
        # Under ASGI each request has a thread of its own, and a kept connection would die with it.
        settings["CONN_MAX_AGE"] = 0
    return settings
