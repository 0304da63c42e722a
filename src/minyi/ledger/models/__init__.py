# SPDX-License-Identifier: Apache-2.0
from .logs import Log, LogEntry
from .trustees import SealingKey, Trustee
from .vaults import Vault, VaultOpening, VaultRow
from .witnesses import LogWitness, Witness

__all__ = [
    "Log",
    "LogEntry",
    "LogWitness",
    "SealingKey",
    "Trustee",
    "Vault",
    "VaultOpening",
    "VaultRow",
    "Witness",
]
