# SPDX-License-Identifier: Apache-2.0
"""The command over files: what goes in, what comes out, and what it says to bad files."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from django.core.management import CommandError, call_command, execute_from_command_line

from minyi.integrity.engine import weights

from .given import HOUR, NOON, given_candidates, given_log, given_public
from .test_engine import HASTY, SEEN_NOW, a_crowd, spread_exits

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("integrity")
    script = a_crowd(300, within=HOUR, tls="tX", ip=spread_exits, **SEEN_NOW, **HASTY)
    given_log(given_public(3000), script).write_csv(folder / "events.csv")
    given_candidates().write_csv(folder / "candidates.csv")
    run_score(folder / "events.csv", folder / "out.csv")
    return folder


def run_score(events: Path, out: Path, *more: str) -> None:
    candidates = events.parent / "candidates.csv"
    files = (str(events), "--candidates", str(candidates), "--out", str(out))
    call_command("integrity", "score", *files, *more)


def refusal(folder: Path, text: str, candidates: str = "candidate,city\n1,城0\n") -> str:
    (folder / "candidates.csv").write_text(candidates)
    (folder / "events.csv").write_text(text)
    with pytest.raises(CommandError) as caught:
        run_score(folder / "events.csv", folder / "out.csv")
    assert caught.value.returncode == 2
    assert not (folder / "out.csv").exists()
    return str(caught.value)


def test_the_output_has_one_row_per_ballot_in_the_order_of_the_log(scored):
    out = pl.read_csv(scored / "out.csv")
    assert out.columns == ["event_id", "score", "quarantine", "decided_ts", "rules"]
    assert out["event_id"].to_list() == pl.read_csv(scored / "events.csv")["event_id"].to_list()
    assert 280 <= out["quarantine"].sum() <= 303


def test_parquet_gives_the_same_answer_as_csv(scored):
    log = pl.read_csv(
        scored / "events.csv", schema_overrides={"choices": pl.String, "osv": pl.String}
    )
    log.write_parquet(scored / "events.parquet")
    run_score(scored / "events.parquet", scored / "out.parquet")
    csv, parquet = pl.read_csv(scored / "out.csv"), pl.read_parquet(scored / "out.parquet")
    assert csv["quarantine"].to_list() == parquet["quarantine"].to_list()
    assert csv["score"].to_list() == parquet["score"].to_list()


def test_every_quarantined_ballot_explains_itself(scored, capsys):
    out = pl.read_csv(scored / "out.csv").filter(pl.col("quarantine") == 1)
    from minyi.integrity.engine.files import explain

    for event_id in out["event_id"].to_list():
        words = explain(scored / "out.csv", event_id)
        assert "已隔离待查" in words
        assert "候选人 3" in words
        assert words.count("≥") >= 2
    call_command("integrity", "explain", str(scored / "out.csv"), "--event", out["event_id"][0])
    assert "under review" in capsys.readouterr().out


def test_rules_left_out_are_named_beside_the_output(scored):
    run_score(scored / "events.csv", scored / "less.csv", "--without", "same_greeting, company")
    record = json.loads((scored / "less.csv.groups.json").read_text())
    assert record["without"] == ["company", "same_greeting"]
    assert record["fingerprint"] == weights.fingerprint()
    assert "same_greeting" not in (scored / "less.csv").read_text()


def test_a_rule_that_does_not_exist_cannot_be_left_out(scored):
    with pytest.raises(CommandError, match="no such rule: same_weather"):
        run_score(scored / "events.csv", scored / "less.csv", "--without", "same_weather")


def test_a_ballot_that_stands_is_told_so(scored, capsys):
    call_command("integrity", "explain", str(scored / "out.csv"), "--event", "0-1")
    assert "not quarantined" in capsys.readouterr().out


def test_an_unknown_ballot_cannot_be_explained(scored):
    with pytest.raises(CommandError, match="there is no ballot 9-9"):
        call_command("integrity", "explain", str(scored / "out.csv"), "--event", "9-9")


def test_evidence_holds_no_personal_fact(scored):
    evidence = pl.read_parquet(scored / "out.csv.evidence.parquet")
    groups = (scored / "out.csv.groups.json").read_text()
    log = pl.read_csv(scored / "events.csv")
    written = groups + evidence.write_csv()
    for column in ("openid", "ip", "dev"):
        assert not any(
            value in written for value in log[column].drop_nulls().to_list() if len(value) > 6
        )
    assert json.loads(groups)["settings"]["line"]


HEAD = "event_id,ts,choices,dwell_ms\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "empty"),
        (HEAD, "not one ballot"),
        ("event_id,ts\n1,1\n", "column choices is missing"),
        (f"{HEAD}1,{NOON},1,5\n2,soon,1,5\n", "line 3: ts is “soon”"),
        (f"{HEAD}1,{NOON},1,5\n2,{NOON},1,fast\n", "line 3: dwell_ms is “fast”"),
        (f"{HEAD}1,{NOON},1,5\n2,,1,5\n", "line 3 has no ts"),
        (f"{HEAD}1,1795492800,1,5\n", "line 2 has a ts outside"),
        (f"{HEAD}1,{NOON},,5\n", "line 2 has no choices"),
        (f"{HEAD}1,{NOON},|,5\n", "line 2 has no choices"),
        (f"{HEAD},{NOON},1,5\n", "line 2 has no event_id"),
        (f"{HEAD}1,{NOON},1,5\n1,{NOON},1,5\n", "line 3 repeats an event_id"),
        (f"{HEAD}1,{NOON},1,5,6,7\n", "not a readable table"),
    ],
)
def test_a_bad_log_is_refused_with_its_line(tmp_path, text, expected):
    assert expected in refusal(tmp_path, text)


def test_a_bad_list_of_candidates_is_refused(tmp_path):
    log = f"{HEAD}1,{NOON},1,5\n"
    assert "column candidate is missing" in refusal(tmp_path, log, "name\nA\n")
    assert "candidate 1 stands in it twice" in refusal(tmp_path, log, "candidate\n1\n1\n")


def test_a_missing_file_and_a_missing_folder_are_named(tmp_path):
    (tmp_path / "candidates.csv").write_text("candidate\n1\n")
    with pytest.raises(CommandError, match="there is no such file"):
        run_score(tmp_path / "nothing.csv", tmp_path / "out.csv")
    with pytest.raises(CommandError, match="there is no such folder") as caught:
        run_score(tmp_path / "nothing.csv", tmp_path / "no" / "out.csv")
    assert caught.value.returncode == 3


def test_a_choice_outside_the_list_is_scored_and_told(tmp_path, capsys):
    (tmp_path / "candidates.csv").write_text("candidate,city\n1,城0\n")
    (tmp_path / "events.csv").write_text(f"{HEAD}1,{NOON},1|44,5\n")
    run_score(tmp_path / "events.csv", tmp_path / "out.csv")
    assert "not in the list of candidates: 44" in capsys.readouterr().err


def test_the_web_process_never_loads_the_engine():
    code = (
        "import sys, django; django.setup(); import minyi.config.urls, minyi.integrity.verdicts; "
        "sys.exit(bool({'polars', 'numpy', 'minyi.integrity.engine.engine'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=False, timeout=60, capture_output=True)
    assert ran.returncode == 0, ran.stderr


def test_a_list_without_candidates_and_a_folder_are_refused_by_name(tmp_path):
    log = "event_id,ts,choices\n1,1793116802647,1\n"
    assert "not one candidate" in refusal(tmp_path, log, candidates="candidate,city\n")
    with pytest.raises(CommandError, match="it is a folder") as caught:
        run_score(tmp_path, tmp_path / "out.csv")
    assert caught.value.returncode == 2


def test_wrong_usage_ends_with_the_documented_status(capsys):
    with pytest.raises(SystemExit) as caught:
        execute_from_command_line(["minyi", "integrity", "score"])
    assert caught.value.code == 2
    assert "--candidates" in capsys.readouterr().err
