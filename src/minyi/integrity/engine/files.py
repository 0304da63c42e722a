# SPDX-License-Identifier: Apache-2.0
"""The output file, the evidence beside it, and the explanation of one ballot out of both."""

import json
from dataclasses import asdict, fields
from datetime import datetime, timedelta, timezone
from math import exp
from pathlib import Path
from typing import Any

import polars as pl

from .columns import Refusal
from .engine import Scored
from .groups import Group
from .rules import KEPT, RULES, in_words
from .weights import LINE, MATTERS, RULE_OF, base, fingerprint, settings

SHANGHAI = timezone(timedelta(hours=8))


def write(scored: Scored, out: Path) -> None:
    """Write the answer, and beside it `<out>.evidence.parquet` and `<out>.groups.json`."""
    if out.suffix == ".parquet":
        scored.ballots.write_parquet(out)
    else:
        scored.ballots.write_csv(out)
    scored.evidence.write_parquet(_evidence_path(out))
    record = {
        "settings": settings(),
        "fingerprint": fingerprint(),
        "without": scored.without,
        "groups": [
            asdict(group) | picture
            for group, picture in zip(scored.groups, scored.pictures, strict=True)
        ],
    }
    _groups_path(out).write_text(json.dumps(record, ensure_ascii=False) + "\n")


def explain(out: Path, event_id: str) -> str:
    """Say in words why a ballot is quarantined, or that it is not."""
    row = _find(_read_answer(out), event_id, out)
    if not row["quarantine"]:
        return (
            f"选票 {event_id}：未隔离，得分 {row['score']:.2f}（界线 {LINE}）。\n"
            f"Ballot {event_id}: not quarantined, score {row['score']:.2f} (line {LINE})."
        )
    try:
        evidence = pl.read_parquet(_evidence_path(out))
        record = json.loads(_groups_path(out).read_text())
    except FileNotFoundError as error:
        raise Refusal(
            str(error.filename), "the evidence beside the output is gone.", "Score the log again."
        ) from None
    parts = _find(evidence, event_id, _evidence_path(out))
    found = record["groups"][int(parts["group"])]
    group = Group(**{field.name: found[field.name] for field in fields(Group)})
    moment = datetime.fromtimestamp(int(row["decided_ts"]) / 1000, SHANGHAI)
    then = record["settings"]  # those of the day, should ours have changed since
    weights: dict[str, float] = then["weights"]
    lines = [
        f"选票 {event_id}：已隔离待查，得分 {row['score']:.2f}（界线 {then['line']}），"
        f"{moment:%Y-%m-%d %H:%M:%S} 列入。",
        f"Ballot {event_id}: under review, score {row['score']:.2f} (line {then['line']}), "
        f"decided {moment:%Y-%m-%d %H:%M:%S} (Shanghai).",
        _group_in_words(group),
        "",
        *in_words(str(row["rules"])),
        "",
        *(
            _signal_in_words(name, float(parts[name]), weight)
            for name, weight in weights.items()
            if parts[name] > 0.05
        ),
    ]
    if parts["company"] != 0:
        lines.append(f"  company（与已认定的异常选票相似的程度）: {parts['company']:+.2f}")
    return "\n".join(lines)


def summary(scored: Scored) -> list[str]:
    """Return what a person wants to know first: how many, for whom, and who was left alone."""
    struck = int(scored.ballots["quarantine"].sum())
    total = scored.ballots.height
    doubt = sum(group.expected_honest for group in scored.groups if group.held)
    lines = [
        f"{total} 张选票，隔离 {struck} 张（{struck / total:.2%}），"
        f"估计误隔离不超过 {doubt:.1f} 张 / "
        f"{total} ballots, {struck} under review, at most {doubt:.1f} of them expected honest"
    ]
    for group in sorted(scored.groups, key=lambda g: (-g.size, g.id))[:20]:
        if group.reason_not_held == "too_few":
            continue
        state = RULES[group.leading_rule][0] if group.held else KEPT[group.reason_not_held][0]
        lines.append(f"  候选人 {group.candidate}：{group.size} 张，{state}")
    return lines


def _group_in_words(group: Group) -> str:
    first = datetime.fromtimestamp(group.from_ms / 1000, SHANGHAI)
    last = datetime.fromtimestamp(group.to_ms / 1000, SHANGHAI)
    return (
        f"第 {group.id} 组：候选人 {group.candidate}，{group.size} 张选票，"
        f"{group.doors} 个网段，{first:%m-%d %H:%M}—{last:%m-%d %H:%M}，"
        f"其中估计正常选票 {group.expected_honest:.1f} 张。\n"
        f"Group {group.id}: candidate {group.candidate}, {group.size} ballots from "
        f"{group.doors} networks, expected honest among them {group.expected_honest:.1f}."
    )


def _signal_in_words(name: str, part: float, weight: float) -> str:
    lift = exp(part / weight)
    rule = RULE_OF.get(base(name), base(name))
    where = "含同一出口" if name.startswith("house_") else "每个出口只计少数"
    reason = "主要依据" if part >= MATTERS else "辅助"
    return f"  {name} → {rule}: ≥ {lift:.1f} × （{where}），+{part:.2f}，{reason}"


def _read_answer(out: Path) -> pl.DataFrame:
    try:
        frame = (
            pl.read_parquet(out)
            if out.suffix == ".parquet"
            else pl.read_csv(out, schema_overrides={"event_id": pl.String, "rules": pl.String})
        )
    except FileNotFoundError:
        raise Refusal(str(out), "there is no such file.", "Score the log first.") from None
    except pl.exceptions.PolarsError:
        raise Refusal(
            str(out), "it is not an output of this command.", "Score the log again."
        ) from None
    if not {"event_id", "score", "quarantine", "decided_ts", "rules"} <= set(frame.columns):
        raise Refusal(str(out), "it is not an output of this command.", "Score the log again.")
    return frame.with_columns(pl.col("rules").fill_null(""))


def _find(frame: pl.DataFrame, event_id: str, path: Path) -> dict[str, Any]:
    found = frame.filter(pl.col("event_id") == event_id)
    if found.is_empty():
        raise Refusal(str(path), f"there is no ballot {event_id}.", "Check the number.")
    return found.row(0, named=True)


def _evidence_path(out: Path) -> Path:
    return out.with_name(out.name + ".evidence.parquet")


def _groups_path(out: Path) -> Path:
    return out.with_name(out.name + ".groups.json")
