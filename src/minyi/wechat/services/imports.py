# SPDX-License-Identifier: Apache-2.0
"""Taking a file of the back office in: all of it, or nothing."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from minyi.agencies.models import OfficialAccount
from minyi.core import audit
from minyi.core.actors import Actor

from ..backoffice import OTHER, REPORTS, Damaged, Grid, Row, Table, read_grids, read_table
from ..backoffice.reports import Value
from ..errors import FileDamaged
from ..models import FIGURES, BackofficeLine, BackofficeTable, Figures, Origin

PERMISSION = "wechat.articles"


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one table of a file."""

    table: BackofficeTable
    new: int
    changed: int
    is_repeated: bool  # this very file was imported before: nothing was touched


@transaction.atomic
def import_file(
    *, account: OfficialAccount, filename: str, content: bytes, actor: Actor, now: datetime
) -> list[Imported]:
    """Import every table of a file. Raises FileDamaged and leaves nothing behind.

    The same file a second time changes nothing.
    """
    actor.check(PERMISSION, account.agency_id)
    read = read_file(filename=filename, content=content)
    # One import of an account at a time: both would find the same rows missing.
    OfficialAccount.objects.select_for_update().get(pk=account.pk)
    digest = hashlib.sha256(content).hexdigest()
    return [
        _import_table(account, filename, digest, grid, table, actor, now) for grid, table in read
    ]


def read_file(*, filename: str, content: bytes) -> list[tuple[Grid, Table]]:
    """Return the tables of a file without keeping them; raises FileDamaged."""
    try:
        return [(grid, read_table(grid)) for grid in read_grids(content)]
    except Damaged as damage:
        raise FileDamaged(
            filename=filename, line=damage.line, column=damage.column, why=damage.why
        ) from None


def _import_table(
    account: OfficialAccount,
    filename: str,
    digest: str,
    grid: Grid,
    table: Table,
    actor: Actor,
    now: datetime,
) -> Imported:
    known = BackofficeTable.objects.filter(
        account=account, sha256=digest, sheet=grid.sheet[:64]
    ).first()
    if known is not None:
        return Imported(known, 0, 0, is_repeated=True)
    kept = BackofficeTable.objects.create(
        account=account,
        kind=table.report.kind,
        heading=table.heading[:200],
        first_day=table.first_day,
        last_day=table.last_day,
        filename=filename[:200],
        form=grid.form,
        sheet=grid.sheet[:64],
        sha256=digest,
        columns=list(table.columns),
        head_line=table.head_line,
        rows=_count_rows(grid, table),
        new=0,
        changed=0,
        imported_at=now,
        imported_by=actor.name[:80],
    )
    BackofficeLine.objects.bulk_create(
        [
            BackofficeLine(table=kept, number=number, cells=list(cells))
            for number, cells in enumerate(grid.lines, start=1)
        ],
        batch_size=500,
    )
    if table.report is not OTHER:
        kept.new, kept.changed = _keep_figures(kept, table, now)
        kept.save(update_fields=["new", "changed"])
    _record(kept, actor, now)
    return Imported(kept, kept.new, kept.changed, is_repeated=False)


def _count_rows(grid: Grid, table: Table) -> int:
    if table.report is OTHER:
        return sum(1 for cells in grid.lines[table.head_line :] if any(cells))
    return len(table.rows)


def _keep_figures(kept: BackofficeTable, table: Table, now: datetime) -> tuple[int, int]:
    """Add what is new, put later figures in the place of earlier ones; return how many of each."""
    model = FIGURES[table.report.kind]
    within = _period(kept) if table.report.needs_period else {}
    present = {
        _key_of(table, one): one
        for one in model._default_manager.filter(
            account=kept.account_id, origin=Origin.IMPORT, **within
        )
    }
    fresh: dict[tuple[Value, ...], Figures] = {}
    changed = 0
    for row in table.rows:
        key = tuple(row.values[name] for name in table.report.key)
        found = present.get(key)
        if found is None:
            fresh[key] = _figures(kept, row, within, now)
        elif _bring_up_to_date(found, row):
            found.table, found.line, found.as_of = kept, row.line, now
            found.save()
            changed += 1
    model._default_manager.bulk_create(fresh.values(), batch_size=500)
    return len(fresh), changed


def _key_of(table: Table, one: Figures) -> tuple[Value, ...]:
    return tuple(getattr(one, name) for name in table.report.key)


def _figures(
    kept: BackofficeTable, row: Row, within: Mapping[str, object], now: datetime
) -> Figures:
    return FIGURES[kept.kind](
        account_id=kept.account_id,
        origin=Origin.IMPORT,
        as_of=now,
        table=kept,
        line=row.line,
        extra=row.extra,
        **within,
        **row.values,
    )


def _bring_up_to_date(found: Figures, row: Row) -> bool:
    """Write what differs; columns that this file does not have stay as an earlier one told."""
    differs = False
    for name, value in row.values.items():
        if getattr(found, name) != value:
            setattr(found, name, value)
            differs = True
    extra = {**found.extra, **row.extra}
    if extra != found.extra:
        found.extra = extra
        differs = True
    return differs


def _period(kept: BackofficeTable) -> dict[str, object]:
    return {"first_day": kept.first_day, "last_day": kept.last_day}


def _record(kept: BackofficeTable, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        act="wechat.backoffice.imported",
        target=kept,
        now=now,
        agency_id=kept.account.agency_id,
        account=kept.account.slug,
        report=kept.kind,
        sha256=kept.sha256,
        rows=kept.rows,
        new=kept.new,
        changed=kept.changed,
    )


def title_of(kind: str) -> str:
    """Return what the report is called."""
    return str(REPORTS[kind].title if kind in REPORTS else OTHER.title)
