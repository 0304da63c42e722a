# SPDX-License-Identifier: Apache-2.0
"""A verifiable log of ballots: write it, prove it, audit it, recount it.

The format is in docs/protocol/log-format.md; what it protects against, and what not, in
docs/protocol/threat-model.md.
"""

from votelog._audit import Audit
from votelog._canonical import MAX_CANONICAL_BYTES, decode_canonical, encode_canonical
from votelog._checkpoint import (
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    peek_checkpoint,
    sign_checkpoint,
)
from votelog._choices import ChoiceOpener, ChoiceSealer, SealedChoice, bind, check_key
from votelog._cosignature import Cosigner, CosignerKey, cosigned_at, parse_cosigner_vkey
from votelog._disk import Disk
from votelog._entries import Manifest, parse_manifest
from votelog._errors import (
    Malformed,
    Missing,
    Rejected,
    Unavailable,
    VotelogError,
    WriteRefused,
)
from votelog._evidence import Evidence, encode_json, plan_evidence, zipapp
from votelog._evidence_check import Checked, check_evidence
from votelog._hpke import public_of
from votelog._note import (
    Note,
    Signature,
    Signer,
    Verifier,
    VerifierKey,
    join_note,
    open_note,
    parse_signature,
    parse_vkey,
    sign_note,
    split_note,
)
from votelog._opening import SealedBallots
from votelog._policy import Group, Policy, parse_policy, policy_for
from votelog._proof import (
    ProvenEntry,
    Receipt,
    check_receipts_apart,
    parse_receipt,
    verify_receipt,
)
from votelog._reader import LogReader, open_log, read_past_checkpoint
from votelog._recount import Count, Recount, recount_log
from votelog._sealed import Sealed
from votelog._source import FolderSource, HttpSource, Source, open_source
from votelog._tiles import (
    MAX_ENTRY_BYTES,
    bundle_path,
    decode_bundle,
    encode_bundle,
    tile_path,
    tile_spans,
    tile_width,
)
from votelog._tree import (
    EMPTY_ROOT,
    CompactRange,
    Nodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)
from votelog._witness import AddCheckpoint, Reply, Witness, parse_add_checkpoint
from votelog._witness_client import check_address, request_cosignature
from votelog._witness_server import WitnessServer
from votelog._writer import MAX_BATCH, LogWriter

__all__ = [
    "EMPTY_ROOT",
    "MAX_BATCH",
    "MAX_CANONICAL_BYTES",
    "MAX_ENTRY_BYTES",
    "AddCheckpoint",
    "Audit",
    "Checked",
    "Checkpoint",
    "ChoiceOpener",
    "ChoiceSealer",
    "CompactRange",
    "Cosigner",
    "CosignerKey",
    "Count",
    "Disk",
    "Evidence",
    "FolderSource",
    "Group",
    "HttpSource",
    "LogReader",
    "LogWriter",
    "Malformed",
    "Manifest",
    "Missing",
    "Nodes",
    "Note",
    "Policy",
    "ProvenEntry",
    "Receipt",
    "Recount",
    "Rejected",
    "Reply",
    "Sealed",
    "SealedBallots",
    "SealedChoice",
    "Signature",
    "Signer",
    "Source",
    "Unavailable",
    "Verifier",
    "VerifierKey",
    "VotelogError",
    "Witness",
    "WitnessServer",
    "WriteRefused",
    "bind",
    "bundle_path",
    "check_address",
    "check_evidence",
    "check_key",
    "check_receipts_apart",
    "consistency_proof",
    "cosigned_at",
    "decode_bundle",
    "decode_canonical",
    "encode_bundle",
    "encode_canonical",
    "encode_json",
    "inclusion_proof",
    "join_note",
    "leaf_hash",
    "node_hash",
    "open_checkpoint",
    "open_log",
    "open_note",
    "open_source",
    "parse_add_checkpoint",
    "parse_checkpoint",
    "parse_cosigner_vkey",
    "parse_manifest",
    "parse_policy",
    "parse_receipt",
    "parse_signature",
    "parse_vkey",
    "peek_checkpoint",
    "plan_evidence",
    "policy_for",
    "public_of",
    "read_past_checkpoint",
    "recount_log",
    "request_cosignature",
    "root",
    "sign_checkpoint",
    "sign_note",
    "split_note",
    "tile_path",
    "tile_spans",
    "tile_width",
    "verify_consistency",
    "verify_inclusion",
    "verify_receipt",
    "zipapp",
]
