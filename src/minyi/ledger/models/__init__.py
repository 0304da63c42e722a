# SPDX-License-Identifier: Apache-2.0
from .logs import Log, LogEntry

__all__ = ["Log", "LogEntry"]
