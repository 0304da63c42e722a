# SPDX-License-Identifier: Apache-2.0
"""The engine on a local Spark answers what it answers on one machine, file by file."""

import logging
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from minyi.integrity.engine import files, reading
from minyi.integrity.engine.engine import score

from .given import HOUR, given_candidates, given_log, given_public
from .test_engine import HASTY, SEEN_NOW, a_crowd, spread_exits

pytestmark = pytest.mark.once
if shutil.which("java") is None:
    pytest.skip("scoring on a cluster: Spark needs Java", allow_module_level=True)
pytest.importorskip("pyspark", reason="scoring on a cluster: see make test-cluster")


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    from pyspark.sql import SparkSession

    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master("local[1]").appName("minyi")
    small = {
        "spark.ui.enabled": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    }
    found = builder.config(map=small).getOrCreate()
    logging.getLogger("py4j").setLevel(logging.ERROR)  # it speaks after the output is closed
    yield found
    found.stop()
    monkeypatch.undo()


def script(seed: int, choice: str) -> list[dict[str, object]]:
    return a_crowd(
        200, within=HOUR, seed=seed, choices=choice, tls="tX", ip=spread_exits, **SEEN_NOW, **HASTY
    )


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, pl.DataFrame]]:
    """Two campaigns in one log of several parts, as a cluster holds it, and each by itself."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "events").mkdir()
    campaigns = {
        "7": given_log(given_public(1500), script(3, "3")),
        "8": given_log(given_public(1200, seed=2), script(4, "5")),
        "9": given_log(given_public(60, seed=3)).with_columns(choices=pl.lit("")),
    }
    whole = pl.concat([log.with_columns(campaign=pl.lit(name)) for name, log in campaigns.items()])
    whole = whole.with_columns(note=pl.lit("a column nobody asked for"))
    for part in range(3):
        whole.gather_every(3, part).write_parquet(folder / "events" / f"part-{part}.parquet")
    names = [given_candidates().with_columns(campaign=pl.lit(name)) for name in campaigns]
    pl.concat(names).write_parquet(folder / "candidates.parquet")
    return folder, campaigns


@pytest.mark.filterwarnings("ignore")  # Spark's own
def test_each_campaign_of_a_cluster_gets_the_answer_of_one_machine(session, logs):
    from minyi.integrity.engine.cluster import score_campaigns

    folder, campaigns = logs
    (folder / "out").mkdir()
    summary = score_campaigns(
        session,
        events=str(folder / "events"),
        candidates=str(folder / "candidates.parquet"),
        out=folder / "out",
    )
    assert [row["campaign"] for row in summary] == ["7", "8", "9"]
    assert "has no choices" in summary[2]["refusal"]
    for row in summary[:2]:
        name = row["campaign"]
        alone = score(reading.checked_events(campaigns[name], name), given_candidates())
        written = pl.read_parquet(folder / "out" / f"{name}.parquet")
        assert written.sort("event_id").equals(alone.ballots.sort("event_id"))
        assert row["ballots"] == alone.ballots.height
        assert row["quarantined"] == alone.ballots["quarantine"].sum() > 150
        struck = written.filter(pl.col("quarantine") == 1)["event_id"][0]
        assert "已隔离待查" in files.explain(folder / "out" / f"{name}.parquet", struck)


@pytest.mark.filterwarnings("ignore")
def test_a_log_without_campaigns_is_refused(session, tmp_path):
    from minyi.integrity.engine.cluster import score_campaigns
    from minyi.integrity.engine.columns import Refusal

    given_log(given_public(10)).write_parquet(tmp_path / "events.parquet")
    with pytest.raises(Refusal, match="column campaign is missing"):
        score_campaigns(
            session, events=str(tmp_path / "events.parquet"), candidates="", out=tmp_path
        )
