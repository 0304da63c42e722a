# SPDX-License-Identifier: Apache-2.0
"""The command `votelog`: one-line answers for people, `--json` for programs.

Exit codes: 0 proven; 1 something does not hold (named on standard error); 2 the command is
wrong; 3 the log could not be reached.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from votelog._audit import Audit
from votelog._checkpoint import Checkpoint, open_checkpoint
from votelog._cli_evidence import add_evidence_command
from votelog._cli_witness import add_witness_command
from votelog._errors import Malformed, Unavailable, VotelogError
from votelog._note import VerifierKey, encode_base64, parse_vkey
from votelog._policy import Policy, parse_policy, policy_for
from votelog._proof import check_receipts_apart, parse_receipt, verify_receipt
from votelog._reader import LogReader, open_log, read_past_checkpoint
from votelog._recount import Count, recount_log
from votelog._source import open_source

PROVEN, WRONG, UNREACHABLE = 0, 1, 3
SHOWN_FINDINGS = 20
Answer = tuple[dict[str, Any], str, Sequence[VotelogError]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], Answer] = options.run
    try:
        facts, words, findings = run(options)
    except VotelogError as error:
        return _tell({}, "", [error], as_json=options.json)
    return _tell(facts, words, findings, as_json=options.json)


def _tell(
    facts: dict[str, Any], words: str, findings: Sequence[VotelogError], *, as_json: bool
) -> int:
    if as_json:
        named = [{"code": one.code, "says": str(one), **one.facts} for one in findings]
        answer = {"ok": not findings, **facts, "findings": named}
        print(json.dumps(answer, ensure_ascii=False, sort_keys=True))
    else:
        if words:
            print(words)
        for one in findings[:SHOWN_FINDINGS]:
            print(f"{one.code}: {one}", file=sys.stderr)
        if len(findings) > SHOWN_FINDINGS:
            print(f"… and {len(findings) - SHOWN_FINDINGS} more", file=sys.stderr)
    if any(isinstance(one, Unavailable) for one in findings):
        return UNREACHABLE
    return WRONG if findings else PROVEN


def _verify(options: argparse.Namespace) -> Answer:
    policy = _policy(options)
    entry = None if options.entry is None else read_file(options.entry)
    proven = [
        verify_receipt(parse_receipt(read_file(receipt)), policy, entry=entry)
        for receipt in options.receipt
    ]
    check_receipts_apart(proven)
    words = [f"Proven: entry {one.index} of {one.checkpoint.size}." for one in proven]
    if options.log is not None:
        reader = open_log(open_source(options.log), policy)
        for one in proven:
            reader.consistency(one.checkpoint)
        words.append(f"The log of {reader.size} entries continues what was signed then.")
    rows = [
        {"index": one.index, "size": one.checkpoint.size, "entry": encode_base64(one.entry)}
        for one in proven
    ]
    return {"receipts": rows}, "\n".join(words), []


def _audit(options: argparse.Namespace) -> Answer:
    reader, log = _open(options)
    findings = Audit(reader, log, older=map(read_file, options.since)).run()
    words = "" if findings else f"Clean: {reader.size} entries under one signed root."
    return _head(reader.checkpoint), words, findings


def _prove(options: argparse.Namespace) -> Answer:
    reader, _ = _open(options)
    entry, receipt = reader.prove(options.index)
    facts = {**_head(reader.checkpoint), "index": options.index, "entry": encode_base64(entry)}
    if options.out is None:
        return {**facts, "receipt": receipt.encode().decode()}, receipt.encode().decode()[:-1], []
    options.out.write_bytes(receipt.encode())
    return facts, f"Proven: entry {options.index} of {reader.size}; see {options.out}.", []


def _consistency(options: argparse.Namespace) -> Answer:
    reader, log = _open(options)
    if options.size is None:
        note = read_file(options.old)
    else:
        note = read_past_checkpoint(reader.source, options.size)
    old, _ = open_checkpoint(note, log)
    proof = reader.consistency(old)
    facts = {**_head(reader.checkpoint), "old": old.size, "proof": [*map(encode_base64, proof)]}
    return facts, f"Proven: {reader.size} entries continue the {old.size} of then.", []


def _recount(options: argparse.Namespace) -> Answer:
    reader, log = _open(options)
    count = recount_log(reader, log, older=map(read_file, options.since))
    return {**_head(reader.checkpoint), **count_facts(count)}, _count_words(count), count.findings


def count_facts(count: Count) -> dict[str, Any]:
    """Return a count as JSON; frontend/verify/recount.mjs gives the same members."""
    return {
        "campaign": count.campaign,
        "tally": count.tally,
        "cast": count.cast,
        "counted": count.counted,
        "quarantined": count.quarantined,
        "void": count.void,
        "void_by_rule": count.void_by_rule,
        "closed_at": count.closed_at,
        "sealed": count.sealed,
        "result": count.result,
    }


def _count_words(count: Count) -> str:
    ranked = sorted(count.tally.items(), key=lambda row: (-row[1], row[0]))
    rows = [f"{votes:>12,}  {label}" for label, votes in ranked]
    if count.sealed:
        rows = ["The choices are sealed: votes can be counted when the key is in the log."]
    rows.append(
        f"{count.cast} ballots: {count.counted} counted, {count.quarantined} under review, "
        f"{count.void} void. Result in the log: {count.result}."
    )
    return "\n".join(rows)


def _head(checkpoint: Checkpoint) -> dict[str, Any]:
    return {
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": encode_base64(checkpoint.root),
    }


def _open(options: argparse.Namespace) -> tuple[LogReader, VerifierKey]:
    policy = _policy(options)
    reader = open_log(open_source(options.log), policy)
    return reader, policy.logs[reader.checkpoint.origin]


def _policy(options: argparse.Namespace) -> Policy:
    if options.policy is not None:
        return parse_policy(read_file(options.policy))
    return policy_for(parse_vkey(_text(options.vkey)))


def _text(value: str) -> str:
    """Return a key given as such, or as @file."""
    if not value.startswith("@"):
        return value
    return read_file(Path(value[1:])).decode("utf-8", "replace")


def read_file(path: Path) -> bytes:
    """Return the bytes of a file that the caller named."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Malformed("file_unreadable", path=str(path), reason=error.strerror) from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="votelog", description="Check a log of ballots.")
    commands = parser.add_subparsers(required=True, metavar="command")
    verify = _command(commands, "verify", _verify, "check receipts, without the log if need be")
    verify.add_argument("receipt", nargs="+", type=Path, help="a receipt (.tlog-proof)")
    verify.add_argument("--entry", type=Path, help="the entry, where it is not in the receipt")
    verify.add_argument("--log", help="also check that this log continues the receipts'")
    audit = _command(commands, "audit", _audit, "recompute every entry and tile of a log")
    prove = _command(commands, "prove", _prove, "make the receipt of an entry from the log")
    consistency = _command(commands, "consistency", _consistency, "check that a log has only grown")
    recount = _command(commands, "recount", _recount, "audit a log and count its ballots")
    for command in (audit, prove, consistency, recount):
        command.add_argument("log", help="the log's folder or web address")
    for command in (audit, recount):
        command.add_argument(
            "--since", action="append", default=[], type=Path, help="a checkpoint kept from before"
        )
    prove.add_argument("index", type=int)
    prove.add_argument("--out", type=Path, help="write the receipt here")
    then = consistency.add_mutually_exclusive_group(required=True)
    then.add_argument("--old", type=Path, help="a checkpoint kept from before")
    then.add_argument("--size", type=int, help="a size whose checkpoint the log still has")
    add_evidence_command(commands)
    add_witness_command(commands)
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], Answer],
    words: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=words, description=words)
    command.set_defaults(run=run)
    command.add_argument("--json", action="store_true", help="answer in JSON")
    trust = command.add_mutually_exclusive_group(required=True)
    trust.add_argument("--vkey", help="the log's key, or @file; from another place than the log")
    trust.add_argument("--policy", type=Path, help="a tlog-policy file: logs, witnesses, quorum")
    return command
