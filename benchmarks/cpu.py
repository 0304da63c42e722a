# SPDX-License-Identifier: Apache-2.0
"""Processor time of the servers below this process: on a busy machine steadier than the clock."""

import os
from contextlib import suppress
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def seconds_below() -> dict[int, float]:
    """Return the processor time of every living process below this one, in seconds by pid."""
    spent: dict[int, float] = {}
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(") ")[2].split()
            pid = int(stat.parent.name)
            children.setdefault(int(fields[1]), []).append(pid)
            spent[pid] = (int(fields[11]) + int(fields[12])) * _TICK_S
    below = list(children.get(os.getpid(), []))
    for pid in below:
        below += children.get(pid, [])
    return {pid: spent[pid] for pid in below}
