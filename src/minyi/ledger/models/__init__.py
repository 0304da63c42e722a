# SPDX-License-Identifier: Apache-2.0
from .logs import Log, LogEntry
from .trustees import SealingKey, Trustee
from .witnesses import LogWitness, Witness

__all__ = ["Log", "LogEntry", "LogWitness", "SealingKey", "Trustee", "Witness"]
