# SPDX-License-Identifier: Apache-2.0
"""Check evidence (`votelog._evidence`) as a stranger does: all of it, and offline."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from votelog._canonical import Json, decode_canonical
from votelog._checkpoint import Checkpoint
from votelog._errors import Malformed, Missing, Rejected, VotelogError
from votelog._evidence import (
    DECISIONS,
    FORMAT,
    INDEX,
    LOG,
    encode_decisions,
    encode_json,
    entries_of,
    is_act,
    proof_path,
)
from votelog._note import VerifierKey, encode_base64, parse_vkey
from votelog._policy import Policy, parse_policy, policy_for
from votelog._proof import parse_receipt, verify_receipt
from votelog._reader import COSIGNED, MAX_CHECKPOINT_BYTES, LogReader
from votelog._recount import Count, recount_log
from votelog._source import FolderSource, Source
from votelog._zip import ZipSource

MAX_FILE_BYTES = 1 << 26
_MEMBERS = {"format", "origin", "vkey", "size", "root", "files"}


@dataclass(frozen=True, slots=True)
class Checked:
    """What evidence proves. `seen`: the witnesses, by their key names, that have cosigned."""

    checkpoint: Checkpoint | None = None
    count: Count | None = None
    witnesses: int = 0
    seen: tuple[str, ...] = ()
    has_quorum: bool = False  # False also where the policy asks for no witness
    findings: tuple[VotelogError, ...] = ()


def check_evidence(place: Path, *, key: VerifierKey | None = None) -> Checked:
    """Check an archive, or the folder it has been unpacked into.

    `key` is the log's key from another place than the archive, such as the official notice;
    without it the archive is only proven to be of one piece.
    """
    try:
        source = open_evidence(place)
    except VotelogError as error:
        return Checked(findings=(error,))
    return _Check(source, key).run()


def open_evidence(place: Path) -> Source:
    """Return the files of an archive or of a folder."""
    return FolderSource(place) if place.is_dir() else ZipSource(place)


class _Below:
    """The files of a source under a prefix."""

    read_ahead = 0

    def __init__(self, source: Source, prefix: str) -> None:
        self._source = source
        self._prefix = prefix

    def read(self, path: str, limit: int) -> bytes:
        return self._source.read(self._prefix + path, limit)

    def paths(self) -> list[str]:
        every = self._source.paths() or []
        return [one.removeprefix(self._prefix) for one in every if one.startswith(self._prefix)]


@dataclass
class _Check:
    source: Source
    key: VerifierKey | None
    findings: list[VotelogError] = field(default_factory=list)

    def run(self) -> Checked:
        try:
            if isinstance(self.source, ZipSource):
                self.source.check_form(MAX_FILE_BYTES)
        except VotelogError as error:
            self.findings.append(error)  # go on: what is changed inside has a better name
        try:
            index = self._read_index()
            self._check_files(index["files"])
            return self._check_log(index)
        except VotelogError as error:
            self.findings.append(error)
            return Checked(findings=tuple(self.findings))

    def _read_index(self) -> dict[str, Json]:
        raw = self._read(INDEX)
        try:
            index = json.loads(raw)
            is_whole = encode_json(index) == raw and set(index) == _MEMBERS
            is_whole = is_whole and index["format"] == FORMAT and isinstance(index["files"], dict)
        except (ValueError, TypeError, RecursionError):
            is_whole = False
        if not is_whole:
            raise Malformed("index_malformed", path=INDEX)
        return dict(index)

    def _check_files(self, listed: dict[str, str]) -> None:
        present = set(self.source.paths() or []) - {INDEX}
        for path in sorted(present - set(listed)):
            self.findings.append(Rejected("stray_file", path=path))
        for path in sorted(listed):
            try:
                if sha256(self._read(path)).hexdigest() != listed[path]:
                    self.findings.append(Rejected("file_changed", path=path))
            except (Missing, Malformed) as error:
                self.findings.append(error)

    def _check_log(self, index: dict[str, Json]) -> Checked:
        key = parse_vkey(str(index["vkey"]))
        if self.key is not None and self.key != key:
            raise Rejected("key_differs", found=key.vkey(), wanted=self.key.vkey())
        log = _Below(self.source, LOG)
        reader = LogReader(log, policy_for(key), log.read("checkpoint", MAX_CHECKPOINT_BYTES))
        self._check_head(index, reader)
        count = recount_log(reader, key)
        self.findings += count.findings
        self._note_all(self._check_beside(log, reader, key))
        self._note_all(self._check_acts(log, reader, key))
        policy = self._policy(log, key)
        seen, has_quorum = self._seen(log, policy)
        return Checked(
            checkpoint=reader.checkpoint,
            count=count,
            witnesses=len(policy.witnesses),
            seen=seen,
            has_quorum=has_quorum,
            findings=tuple(self.findings),
        )

    def _check_head(self, index: dict[str, Json], reader: LogReader) -> None:
        head = reader.checkpoint
        said = {"origin": head.origin, "size": head.size, "root": encode_base64(head.root)}
        for member, value in said.items():
            if index[member] != value:
                self.findings.append(Rejected("index_differs", path=INDEX, member=member))

    def _note_all(self, findings: Iterator[VotelogError]) -> None:
        try:
            self.findings.extend(findings)
        except VotelogError as error:
            self.findings.append(error)

    def _check_beside(
        self, log: Source, reader: LogReader, key: VerifierKey
    ) -> Iterator[VotelogError]:
        """What lies beside the log must be what entry 0 promised."""
        if self._read("vkey").decode("utf-8", "replace").strip() != key.vkey():
            yield Rejected("promise_broken", path="vkey")
        first = next(entries_of(log, reader.size))[1]
        manifest = decode_canonical(first)
        for name in ("rules", "policy"):
            if sha256(self._read(name)).hexdigest() != manifest.get(name):
                yield Rejected("promise_broken", path=name)

    def _check_acts(
        self, log: Source, reader: LogReader, key: VerifierKey
    ) -> Iterator[VotelogError]:
        """decisions.json and the proofs must be what the log itself says."""
        acts = [(index, raw) for index, raw in entries_of(log, reader.size) if is_act(raw)]
        if self._read(DECISIONS) != encode_decisions(acts):
            yield Rejected("promise_broken", path=DECISIONS)
        for index, raw in acts:
            path = proof_path(index, raw)
            try:
                proven = verify_receipt(parse_receipt(self._read(path)), policy_for(key))
            except VotelogError as error:
                yield Rejected("evidence_proof_false", path=path, reason=str(error))
                continue
            if (proven.index, proven.entry) != (index, raw):
                yield Rejected("evidence_proof_false", path=path, reason="it is of another entry")

    def _policy(self, log: Source, key: VerifierKey) -> Policy:
        policy = parse_policy(self._read("policy"))
        if policy.logs != {key.name: key}:
            raise Rejected("promise_broken", path="policy")
        return policy

    def _seen(self, log: Source, policy: Policy) -> tuple[tuple[str, ...], bool]:
        """Return who has cosigned the newest checkpoint, and whether they are enough."""
        note = log.read("checkpoint", MAX_CHECKPOINT_BYTES)
        asks = Policy(policy.logs, policy.witnesses, policy.groups, "none")
        _head, opened = asks.open(note)
        keys = {(one.name, one.key_id) for one in opened.verified}
        seen = [key.name for key in policy.witnesses.values() if (key.name, key.key_id) in keys]
        if COSIGNED in (log.paths() or []):
            policy.open(log.read(COSIGNED, MAX_CHECKPOINT_BYTES))
        try:
            policy.open(note)
        except Rejected:
            return tuple(seen), False
        return tuple(seen), bool(policy.witnesses)

    def _read(self, path: str) -> bytes:
        return self.source.read(path, MAX_FILE_BYTES)
