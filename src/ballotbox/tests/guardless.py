# SPDX-License-Identifier: Apache-2.0
"""The application with its guard off: proof that the race test would see the race."""

from dataclasses import replace

from ballotbox import schema

GUARD = "ON CONFLICT (round_id, voter_ref, period) DO NOTHING"

schema.SQLITE = replace(schema.SQLITE, add_ballots=schema.SQLITE.add_ballots.replace(GUARD, ""))
schema.POSTGRES = replace(
    schema.POSTGRES, add_ballots=schema.POSTGRES.add_ballots.replace(GUARD, "")
)

from ballotbox.app import app  # noqa: E402, F401
