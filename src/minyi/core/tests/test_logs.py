# SPDX-License-Identifier: Apache-2.0
import json
import subprocess
import sys

# In a process of its own: pytest has hung its own handlers on the loggers of this one.
PROGRAM = """
import logging
from django.db import DataError
from minyi.core.logs import configure

configure({"json": True})
try:
    try:
        raise DataError('invalid input\\\\nDETAIL:  Token "of a citizen" is invalid.')
    except DataError as error:
        raise LookupError("no such letter") from error
except LookupError:
    logging.getLogger("minyi.test").exception("letter_not_written")
"""


def test_a_traceback_names_the_errors_of_a_database_without_what_they_quote():
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    told = json.loads(ended.stderr)
    assert told["event"] == "letter_not_written"
    assert "of a citizen" not in ended.stderr
    first, last = told["exception"].split("\n\nthen:\n\n")
    assert first.endswith("\nDataError")
    assert last.endswith("\nLookupError: no such letter")
    assert 'File "<string>", line' in last
