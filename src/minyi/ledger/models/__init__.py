# SPDX-License-Identifier: Apache-2.0
from .logs import Log, LogEntry
from .witnesses import LogWitness, Witness

__all__ = ["Log", "LogEntry", "LogWitness", "Witness"]
