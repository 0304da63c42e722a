# SPDX-License-Identifier: Apache-2.0
"""`votelog evidence`: check an archive that was made for a dispute, without network."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from votelog._errors import VotelogError
from votelog._evidence_check import Checked, check_evidence
from votelog._note import encode_base64, parse_vkey


def add_evidence_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Add the command and its options."""
    words = "check an archive of evidence: its files, its log, its count"
    command = commands.add_parser("evidence", help=words, description=words)
    command.set_defaults(run=_evidence)
    command.add_argument("place", type=Path, help="the archive, or the folder it was unpacked to")
    command.add_argument("--vkey", help="the log's key, from the official notice")
    command.add_argument("--json", action="store_true", help="answer in JSON")


def _evidence(options: argparse.Namespace) -> tuple[dict[str, Any], str, Sequence[VotelogError]]:
    key = parse_vkey(options.vkey) if options.vkey else None
    checked = check_evidence(options.place, key=key)
    return _facts(checked), _words(checked, is_key_known=key is not None), checked.findings


def _facts(checked: Checked) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "witnesses": checked.witnesses,
        "seen": list(checked.seen),
        "quorum": checked.has_quorum,
    }
    if checked.checkpoint is not None:
        head = checked.checkpoint
        facts |= {"origin": head.origin, "size": head.size, "root": encode_base64(head.root)}
    if checked.count is not None:
        count = checked.count
        facts |= {"tally": count.tally, "counted": count.counted, "void": count.void}
        facts |= {"quarantined": count.quarantined, "result": count.result}
    return facts


def _words(checked: Checked, *, is_key_known: bool) -> str:
    count, head = checked.count, checked.checkpoint
    if checked.findings or count is None or head is None:
        return ""
    rows = [
        f"Clean: {head.size} entries of {head.origin} under one signed root.",
        f"Counted: {count.counted} ballots; void {count.void}; result: {count.result}.",
    ]
    if count.sealed:
        rows.append("Choices are sealed, and the key is not published: there is no tally yet.")
    else:
        rows += [f"  {label}  {votes}" for label, votes in sorted(count.tally.items())]
    if checked.witnesses:
        enough = "enough" if checked.has_quorum else "not enough"
        rows.append(
            f"Witnesses: {len(checked.seen)} of {checked.witnesses} have seen it, {enough}."
        )
    if not is_key_known:
        rows.append("The key is the archive's own: compare it with the official notice (--vkey).")
    return "\n".join(rows)
