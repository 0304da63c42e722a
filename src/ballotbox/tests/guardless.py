# SPDX-License-Identifier: Apache-2.0
"""The application with its guard off: proof that the race test would see the race."""

import os
from dataclasses import replace

from ballotbox import schema

GUARD = "ON CONFLICT DO NOTHING"

schema.SQLITE = replace(schema.SQLITE, add_ballots=schema.SQLITE.add_ballots.replace(GUARD, ""))
schema.POSTGRES = replace(
    schema.POSTGRES, add_ballots=schema.POSTGRES.add_ballots.replace(GUARD, "")
)

from ballotbox.app import create_app  # noqa: E402
from ballotbox.sequencer import NoSeal  # noqa: E402
from ballotbox.settings import read_settings  # noqa: E402

# In this process, or the sequencer's own would have its guard on.
app = create_app(read_settings(os.environ), sealer=NoSeal())
