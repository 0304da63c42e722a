# SPDX-License-Identifier: Apache-2.0
"""Failures a developer orders, to see how the product bears them."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Fault:
    """One ordered failure for calls to `path`, for the next `times` calls."""

    path: str
    times: int = 1
    errcode: int | None = None
    delay_ms: int = 0
    http_status: int | None = None
    drop: bool = False


class Faults:
    """Keep the ordered failures in the order they were given."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []

    def order(self, fault: Fault) -> None:
        """Add a failure behind those already waiting."""
        self._orders.append(fault)

    def take(self, path: str) -> Fault | None:
        """Return the failure due for this call, if any, and use up one of its times."""
        for place, fault in enumerate(self._orders):
            if fault.path != path:
                continue
            left = replace(fault, times=fault.times - 1)
            self._orders[place : place + 1] = [left] if left.times > 0 else []
            return fault
        return None

    def waiting(self) -> tuple[Fault, ...]:
        """Return the failures still to come."""
        return tuple(self._orders)

    def clear(self) -> None:
        """Forget every failure still to come."""
        self._orders.clear()
