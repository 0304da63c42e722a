# SPDX-License-Identifier: Apache-2.0
"""Which database, by its address; which logs, by the settings."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from ballotbox.postgres import PostgresStore
from ballotbox.sealing import LogSealer
from ballotbox.sequencer import NoSeal, Sealer
from ballotbox.settings import Settings, SettingsInvalid
from ballotbox.sqlite import SqliteStore
from ballotbox.store import Store


def open_store(database_url: str) -> Store:
    """Return the store for a DATABASE_URL (`sqlite:///path` or `postgresql://…`)."""
    if database_url.startswith(("postgresql://", "postgres://")):
        return PostgresStore(database_url)
    if database_url.startswith("sqlite:///"):
        return SqliteStore(unquote(urlsplit(database_url).path[1:]))
    raise SettingsInvalid("DATABASE_URL must begin with sqlite:/// or postgresql://.")


def open_sealer(settings: Settings, store: Store) -> Sealer:
    """Return what writes the public logs; nothing does where no key is set."""
    if not settings.ledger_key:
        return NoSeal()
    return LogSealer(store, folder=Path(settings.ledger_dir), key=settings.ledger_key)
