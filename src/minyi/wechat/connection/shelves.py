# SPDX-License-Identifier: Apache-2.0
"""Where kept values lie: in the database for all processes, or in memory for one (tests)."""

import asyncio
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connections
from django.db.models import Q
from django.utils.crypto import salted_hmac

from ..client.api_errors import Unanswered
from ..models import AccountStop, Loan
from .kept import Kept, Refusal
from .stops import Scope, Stop

_SALT = "minyi.wechat.connection.shelves"
_LONGEST_MESSAGE = 500

T = TypeVar("T")


def mark_of(secret: str) -> str:
    """Return a short mark that changes with the secret and tells nothing about it."""
    return salted_hmac(f"{_SALT}.mark", secret, algorithm="sha256").hexdigest()[:16]


class DatabaseShelf:
    """Rows of `Loan`, read and written in a thread of its own: the loop must not wait for disks."""

    def __init__(self) -> None:
        key = salted_hmac(f"{_SALT}.key", "", secret=settings.SECRET_KEY, algorithm="sha256")
        self._box = Fernet(urlsafe_b64encode(key.digest()))
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="wechat-shelf")

    async def read(self, key: str) -> Kept:
        return await self._run(lambda: self._kept(Loan.objects.filter(key=key).first()))

    async def take_lease(self, key: str, holder: str, *, now: datetime, until: datetime) -> bool:
        return await self._run(lambda: self._take_lease(key, holder, now, until))

    async def end_lease(self, key: str, holder: str) -> None:
        await self._change(key, holder)

    async def put(
        self, key: str, holder: str, value: str, *, now: datetime, good_until: datetime
    ) -> None:
        await self._change(
            key,
            holder,
            sealed_value=self._box.encrypt(value.encode()).decode(),
            fetched_at=now,
            good_until=good_until,
            refused_code=None,
            refused_times=0,
        )

    async def put_refusal(self, key: str, holder: str, refusal: Refusal) -> None:
        await self._change(
            key,
            holder,
            refused_path=refusal.path,
            refused_code=refusal.code,
            refused_message=refusal.message[:_LONGEST_MESSAGE],
            refused_times=refusal.times,
            refused_until=refusal.until,
        )

    async def take_away(self, key: str, value: str, *, before: datetime) -> None:
        await self._run(lambda: self._take_away(key, value, before))

    async def forget_refusal(self, key: str) -> None:
        rows = Loan.objects.filter(key=key)
        await self._run(lambda: rows.update(refused_code=None, refused_times=0))

    async def stops(self, account: str) -> Sequence[Stop]:
        rows = AccountStop.objects.filter(account=account)
        return await self._run(lambda: [_stop_of(row) for row in rows])

    async def put_stop(self, account: str, stop: Stop) -> None:
        await self._run(lambda: _write_stop(account, stop))

    async def forget_stops(self, account: str, *, path: str = "") -> None:
        rows = AccountStop.objects.filter(account=account)
        if path:
            rows = rows.filter(path=path)
        await self._run(lambda: rows.delete())

    def close(self) -> None:
        self._thread.shutdown()

    def _kept(self, row: Loan | None) -> Kept:
        if row is None:
            return Kept()
        refusal = None
        if row.refused_code is not None:
            refusal = Refusal(
                row.refused_path,
                row.refused_code,
                row.refused_message,
                row.refused_times,
                row.refused_until,
            )
        return Kept(
            value=self._open(row.sealed_value),
            fetched_at=row.fetched_at,
            good_until=row.good_until,
            lease_until=row.lease_until,
            refusal=refusal,
        )

    def _open(self, sealed: str) -> str:
        try:
            return self._box.decrypt(sealed.encode()).decode() if sealed else ""
        except InvalidToken:  # the platform's key has changed: fetch anew
            return ""

    def _take_lease(self, key: str, holder: str, now: datetime, until: datetime) -> bool:
        if not Loan.objects.filter(key=key).exists():
            Loan.objects.bulk_create([Loan(key=key)], ignore_conflicts=True)
        is_free = Q(lease_until=None) | Q(lease_until__lte=now)
        taken = Loan.objects.filter(is_free, key=key)
        return taken.update(lease_holder=holder, lease_until=until) == 1

    def _take_away(self, key: str, value: str, before: datetime) -> None:
        row = Loan.objects.filter(key=key, fetched_at__lte=before).first()
        if row is not None and self._open(row.sealed_value) == value:
            # This very seal: what has been laid down since our look stays.
            Loan.objects.filter(key=key, sealed_value=row.sealed_value).update(sealed_value="")

    async def _change(self, key: str, holder: str, **columns: object) -> None:
        """Write what the holder of the lease alone may write, and end the lease."""
        rows = Loan.objects.filter(key=key, lease_holder=holder)
        await self._run(lambda: rows.update(lease_holder="", lease_until=None, **columns))

    async def _run(self, work: Callable[[], T]) -> T:
        def closing() -> T:
            try:
                return work()
            finally:
                # Rarely used, so not worth a connection of its own all day.
                connections["default"].close()

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, closing)
        except DatabaseFault as error:
            raise Unanswered("database", reason=type(error).__name__) from error


def _stop_of(row: AccountStop) -> Stop:
    return Stop(
        row.path,
        row.code,
        row.message,
        row.rid,
        Scope(row.scope),
        since=row.since,
        until=row.until,
        ability=row.ability,
        is_alert=row.is_alert,
    )


def _write_stop(account: str, stop: Stop) -> None:
    known = {
        "message": stop.message[:_LONGEST_MESSAGE],
        "rid": stop.rid[:64],
        "scope": stop.scope.value,
        "ability": stop.ability,
        "is_alert": stop.is_alert,
        "last_at": stop.since,
        "until": stop.until,
    }
    # «Since when» stays the first time, until the row is lifted.
    AccountStop.objects.update_or_create(
        account=account,
        path=stop.path,
        code=stop.code,
        defaults=known,
        create_defaults={**known, "since": stop.since},
    )


class MemoryShelf:
    """The same within one process."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._holders: dict[str, str] = {}
        self._stops: dict[tuple[str, str, int], Stop] = {}

    async def read(self, key: str) -> Kept:
        return self._kept.get(key, Kept())

    async def take_lease(self, key: str, holder: str, *, now: datetime, until: datetime) -> bool:
        kept = self._kept.get(key, Kept())
        if kept.is_leased(now):
            return False
        self._holders[key] = holder
        self._kept[key] = replace(kept, lease_until=until)
        return True

    async def end_lease(self, key: str, holder: str) -> None:
        if self._holders.get(key) == holder:
            self._kept[key] = replace(self._kept[key], lease_until=None)

    async def put(
        self, key: str, holder: str, value: str, *, now: datetime, good_until: datetime
    ) -> None:
        if self._holders.get(key) == holder:
            self._kept[key] = Kept(value=value, fetched_at=now, good_until=good_until)

    async def put_refusal(self, key: str, holder: str, refusal: Refusal) -> None:
        if self._holders.get(key) == holder:
            self._kept[key] = replace(self._kept[key], refusal=refusal, lease_until=None)

    async def take_away(self, key: str, value: str, *, before: datetime) -> None:
        kept = self._kept.get(key, Kept())
        if kept.value == value and kept.fetched_at is not None and kept.fetched_at <= before:
            self._kept[key] = replace(kept, value="")

    async def forget_refusal(self, key: str) -> None:
        if key in self._kept:
            self._kept[key] = replace(self._kept[key], refusal=None)

    async def stops(self, account: str) -> Sequence[Stop]:
        return [stop for (whose, _, _), stop in self._stops.items() if whose == account]

    async def put_stop(self, account: str, stop: Stop) -> None:
        self._stops[account, stop.path, stop.code] = stop

    async def forget_stops(self, account: str, *, path: str = "") -> None:
        for key in [key for key in self._stops if key[0] == account and path in ("", key[1])]:
            del self._stops[key]

    def close(self) -> None:
        self._kept.clear()
