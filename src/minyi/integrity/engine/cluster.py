# SPDX-License-Identifier: Apache-2.0
"""The same engine on a cluster: Ibis reads and shares out the log, each campaign is one task.

An executor gets one campaign's rows and does with them what `minyi integrity score` does on one
machine; nothing passes through the driver. One campaign must fit one executor (1.7 GB a million
ballots). Ibis and Spark are an extra (`pip install minyi[cluster]`), imported here only.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ibis
import polars as pl
import pyarrow as pa
from pyspark.sql import SparkSession

from . import files, reading
from .columns import NUMBERS, REQUIRED, TEXTS, Refusal
from .engine import score

KEY = "campaign"
SUMMARY = f"{KEY} string, ballots long, quarantined long, refusal string"


def score_campaigns(
    session: SparkSession, *, events: str, candidates: str, out: Path
) -> list[dict[str, Any]]:
    """Score every campaign of a Parquet log; write `<out>/<campaign>.parquet` and its evidence.

    Both tables have a column `campaign` besides those of one campaign's files. `out` is a folder
    all executors can write to. Returns, campaign by campaign, how many ballots there were, how many
    are under review, and why the campaign was refused ('' if it was not).
    """
    connection = ibis.pyspark.connect(session)
    log = _campaign_table(connection, events, (*NUMBERS, *TEXTS), REQUIRED)
    names = _campaign_table(connection, candidates, ("candidate", "city"), ("candidate",))
    shared = log.groupBy(KEY).cogroup(names.groupBy(KEY))
    rows = shared.applyInArrow(_task(out), schema=SUMMARY).collect()
    return sorted((row.asDict() for row in rows), key=lambda row: str(row[KEY]))


def _campaign_table(
    connection: Any, path: str, known: tuple[str, ...], needed: tuple[str, ...]
) -> Any:
    """Read what the engine knows of a table, and leave the rest on the disks."""
    table = connection.read_parquet(path)
    missing = [name for name in (KEY, *needed) if name not in table.columns]
    if missing:
        raise Refusal(path, f"column {', '.join(missing)} is missing.", "Export the log again.")
    kept = [table[KEY].cast("string").name(KEY)]
    kept += [table[name] for name in known if name in table.columns]
    return connection._session.sql(ibis.to_sql(table.select(kept), dialect="pyspark"))


def _task(out: Path) -> Callable[[pa.Table, pa.Table], pa.Table]:
    """Return what an executor does with one campaign."""

    def score_one(log: pa.Table, names: pa.Table) -> pa.Table:
        campaign = str((log if log.num_rows else names)[KEY][0])
        ballots = quarantined = 0
        refusal = ""
        try:
            events = reading.checked_events(_frame(log), campaign)
            scored = score(events, reading.checked_candidates(_frame(names), campaign))
            files.write(scored, out / f"{campaign}.parquet")
            ballots, quarantined = events.height, int(scored.ballots["quarantine"].sum())
        except Refusal as refused:
            refusal = str(refused)
        summary = [{
            KEY: campaign, "ballots": ballots, "quarantined": quarantined, "refusal": refusal,
        }]  # fmt: skip
        return pa.Table.from_pylist(summary)

    return score_one


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table.drop_columns([KEY]))
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - of a table it always is
    return frame
