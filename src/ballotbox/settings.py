# SPDX-License-Identifier: Apache-2.0
"""What the ballot box takes from its environment."""

from collections.abc import Mapping
from dataclasses import dataclass

SHORTEST_KEY = 32  # bytes, the strength of HMAC-SHA256


class SettingsInvalid(Exception):
    """The environment does not let the ballot box start."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one ballot box; `queue_limit` counts ballots that wait for a commit."""

    database_url: str
    ticket_key: bytes
    queue_limit: int = 20_000
    metrics_token: str = ""
    ledger_dir: str = "var/ledger"
    ledger_key: bytes = b""  # without one no log is written


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables."""
    key = environ.get("MINYI_TICKET_KEY", "").encode()
    if len(key) < SHORTEST_KEY:
        raise SettingsInvalid(f"MINYI_TICKET_KEY must have at least {SHORTEST_KEY} characters.")
    queue = environ.get("MINYI_BALLOT_QUEUE", "20000")
    if not queue.isdecimal() or int(queue) < 1:
        raise SettingsInvalid("MINYI_BALLOT_QUEUE must be a positive whole number.")
    return Settings(
        database_url=environ.get("DATABASE_URL", "sqlite:///var/db.sqlite3"),
        ticket_key=key,
        queue_limit=int(queue),
        metrics_token=environ.get("MINYI_METRICS_TOKEN", ""),
        ledger_dir=environ.get("MINYI_LEDGER_DIR", "var/ledger"),
        ledger_key=environ.get("MINYI_LEDGER_KEY", "").encode(),
    )


def environ_of(settings: Settings) -> dict[str, str]:
    """Return the environment that says the same, for a process of our own."""
    return {
        "DATABASE_URL": settings.database_url,
        "MINYI_TICKET_KEY": settings.ticket_key.decode(),
        "MINYI_BALLOT_QUEUE": str(settings.queue_limit),
        "MINYI_LEDGER_DIR": settings.ledger_dir,
        "MINYI_LEDGER_KEY": settings.ledger_key.decode(),
    }
