# SPDX-License-Identifier: Apache-2.0
"""Read event logs and lists of candidates, CSV or Parquet; refuse what would be scored wrongly."""

from pathlib import Path

import polars as pl

from .columns import NUMBERS, REQUIRED, TEXTS, Refusal


def read_events(path: Path) -> pl.DataFrame:
    """Return the event log with the contract's types; absent columns stay absent."""
    return checked_events(_read(path), str(path), is_text=path.suffix != ".parquet")


def checked_events(frame: pl.DataFrame, source: str, *, is_text: bool = False) -> pl.DataFrame:
    """Return the contract's columns with its types, or refuse what would be scored wrongly."""
    missing = [name for name in REQUIRED if name not in frame.columns]
    if missing:
        raise Refusal(
            source,
            f"column {', '.join(missing)} is missing.",
            "The log needs event_id, ts and choices.",
        )
    if frame.is_empty():
        raise Refusal(source, "there is not one ballot in it.", "Export the log again.")
    known = [name for name in frame.columns if name in NUMBERS or name in TEXTS]
    if is_text:
        frame = _typed(frame.select(known), source)
    else:
        frame = frame.select(
            _number(name)
            if name in NUMBERS
            else pl.col(name).cast(pl.String).fill_null("").alias(name)
            for name in known
        )
    _check_rows(frame, source, is_text=is_text)
    return frame


def read_candidates(path: Path) -> pl.DataFrame:
    """Return candidate and city; the city may be empty."""
    return checked_candidates(_read(path), str(path))


def checked_candidates(frame: pl.DataFrame, source: str) -> pl.DataFrame:
    """Return candidate and city, each candidate once."""
    if "candidate" not in frame.columns:
        raise Refusal(
            source, "column candidate is missing.", "The list needs candidate; city may follow."
        )
    if frame.is_empty():
        raise Refusal(source, "there is not one candidate in it.", "Export the list again.")
    twice = frame.filter(pl.col("candidate").is_duplicated())
    if not twice.is_empty():
        raise Refusal(
            source, f"candidate {twice['candidate'][0]} stands in it twice.", "Leave one line."
        )
    city = pl.col("city") if "city" in frame.columns else pl.lit("")
    return frame.select(
        pl.col("candidate").cast(pl.String), city.cast(pl.String).fill_null("").alias("city")
    )


def _read(path: Path) -> pl.DataFrame:
    if path.is_dir():
        raise Refusal(str(path), "it is a folder.", "Name one file in it.")
    try:
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
            lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
            return frame.with_columns(
                pl.col(name).cast(pl.List(pl.String)).list.join("|") for name in lists
            )
        return pl.read_csv(path, infer_schema=False)
    except FileNotFoundError:
        raise Refusal(str(path), "there is no such file.", "Check the path.") from None
    except pl.exceptions.NoDataError:
        raise Refusal(str(path), "the file is empty.", "Export the log again.") from None
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise Refusal(
            str(path), f"it is not a readable table ({reason}).", "Write CSV (UTF-8) or Parquet."
        ) from None


def _number(name: str) -> pl.Expr:
    return pl.col(name).cast(pl.Float64, strict=False).cast(pl.Int64, strict=False).alias(name)


def _typed(frame: pl.DataFrame, source: str) -> pl.DataFrame:
    typed = frame.with_columns(
        _number(name) if name in NUMBERS else pl.col(name).fill_null("") for name in frame.columns
    )
    for name in NUMBERS:
        if name not in frame.columns:
            continue
        bad = typed[name].is_null() & (frame[name].fill_null("") != "")
        if bad.any():
            row = int(bad.arg_max() or 0)
            raise Refusal(
                source,
                f"line {row + 2}: {name} is “{frame[name][row]}”, not a number.",
                "Times are in milliseconds.",
            )
    return typed


def _check_rows(frame: pl.DataFrame, source: str, *, is_text: bool) -> None:
    first_line, word = (2, "line") if is_text else (1, "row")
    checks = (
        (frame["ts"].is_null(), "has no ts.", "Every ballot needs its moment in milliseconds."),
        (
            frame["ts"].is_between(10**12, 10**14).not_().fill_null(False),
            "has a ts outside 2001–5138.",
            "Times are in milliseconds, not seconds.",
        ),
        (
            frame["choices"].str.strip_chars(" |") == "",
            "has no choices.",
            "Write the numbers with | between them.",
        ),
        (frame["event_id"] == "", "has no event_id.", "Every ballot needs its own."),
        (frame["event_id"].is_first_distinct().not_(), "repeats an event_id.", "Each stands once."),
    )
    for wrong, what, advice in checks:
        if wrong.any():
            row = int(wrong.arg_max() or 0)
            raise Refusal(source, f"{word} {row + first_line} {what}", advice)
