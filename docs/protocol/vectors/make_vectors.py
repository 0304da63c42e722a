# SPDX-License-Identifier: Apache-2.0
"""Make the test vectors of docs/protocol/log-format.md.

    PYTHONPATH=packages/votelog/src python docs/protocol/vectors/make_vectors.py

Everything is fixed: running it again must change nothing (a test checks that).
"""

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from votelog import (
    Checkpoint,
    Cosigner,
    LogWriter,
    Recount,
    Signer,
    VotelogError,
    bundle_path,
    consistency_proof,
    decode_canonical,
    encode_bundle,
    encode_canonical,
    inclusion_proof,
    join_note,
    leaf_hash,
    parse_policy,
    parse_receipt,
    policy_for,
    public_of,
    root,
    sign_checkpoint,
    split_note,
    tile_path,
    tile_spans,
    verify_receipt,
)

FOLDER = Path(__file__).parent
SIGNER = Signer("vote.example/c/vectors", bytes(range(32)))
WITNESS = Cosigner("witness.example/w1", bytes(range(32, 64)))
ENTRIES = [bytes.fromhex(one) for one in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
OPENS = 1_790_000_000_000
PH = hashlib.sha256(b"phase").hexdigest()


class Listed:
    """The nodes over a list of entries."""

    def node(self, level: int, index: int) -> bytes:
        return root(map(leaf_hash, ENTRIES[index << level : (index + 1) << level]))


def code_of(call: Callable[..., Any], *arguments: Any) -> str:
    """Return the code with which a call is refused, or "" if it is not."""
    try:
        call(*arguments)
    except VotelogError as error:
        return error.code
    return ""


def tree() -> dict[str, Any]:
    sizes = range(len(ENTRIES) + 1)
    return {
        "entries": [entry.hex() for entry in ENTRIES],
        "roots": [root(map(leaf_hash, ENTRIES[:size])).hex() for size in sizes],
        "inclusion": [
            {"index": index, "size": size, "proof": hexed(inclusion_proof(index, size, Listed()))}
            for size in sizes
            for index in range(size)
        ],
        "consistency": [
            {"old": old, "new": new, "proof": hexed(consistency_proof(old, new, Listed()))}
            for new in sizes
            for old in range(new + 1)
        ],
    }


def hexed(hashes: list[bytes]) -> list[str]:
    return [one.hex() for one in hashes]


def checkpoints() -> dict[str, Any]:
    head = Checkpoint(SIGNER.name, 8, root(map(leaf_hash, ENTRIES)))
    note = sign_checkpoint(head, SIGNER)
    text, lines = split_note(note)
    cosigned = join_note(text, [*lines, WITNESS.cosign(text, seconds=1_790_000_000)])
    policy = policy_text()
    refused = {
        "another size": note.replace(b"\n8\n", b"\n9\n"),
        "size with a leading zero": note.replace(b"\n8\n", b"\n08\n"),
        "no signature of the log": join_note(text, [WITNESS.cosign(text, seconds=1)]),
        "carriage return": note.replace(b"\n", b"\r\n"),
        "nothing after the empty line": text + b"\n",
        "the quorum is missing": note,
        "another time in the cosignature": join_note(
            text, [*lines, type(lines[0])(
                WITNESS.name, WITNESS.verifier.key_id,
                bytes(8) + WITNESS.cosign(text, seconds=1).signature[8:],
            )],
        ),
    }  # fmt: skip
    return {
        "log": {"seed": bytes(range(32)).hex(), "vkey": SIGNER.verifier.vkey()},
        "witness": {"seed": bytes(range(32, 64)).hex(), "vkey": WITNESS.verifier.vkey()},
        "checkpoint": note.decode(),
        "cosigned": cosigned.decode(),
        "policy": policy,
        "accepted": code_of(parse_policy(policy.encode()).open, cosigned) == "",
        "refused": [
            {
                "why": why,
                "note": raw.decode(),
                "code": code_of(parse_policy(policy.encode()).open, raw),
            }
            for why, raw in refused.items()
        ],
    }


def policy_text() -> str:
    return (
        f"log {SIGNER.verifier.vkey()}\n"
        f"witness W1 {WITNESS.verifier.vkey()} https://witness.example/w1\n"
        "group G any W1\n"
        "quorum G\n"
    )


def tiles() -> dict[str, Any]:
    places = [(0, 0, 256), (0, 273, 112), (2, 0, 1), (0, 1_234_067, 256), (63, 1000, 7)]
    return {
        "paths": [
            {"level": level, "number": number, "width": width,
             "tile": tile_path(level, number, width), "bundle": bundle_path(number, width)}
            for level, number, width in places
        ],
        "spans": [
            {"size": size, "levels": [list(span) for span in tile_spans(size)]}
            for size in (0, 1, 255, 256, 257, 65_536, 70_000)
        ],
        "bundle": {"entries": hexed(ENTRIES), "bytes": encode_bundle(ENTRIES).hex()},
    }  # fmt: skip


def receipts() -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, LogWriter.create(Path(folder), SIGNER) as writer:
        sealed = writer.append(ENTRIES)
        raw = sealed.receipt(5)
        others = sealed.receipt(6).decode().split("\n")[1]
    proof = raw.decode().split("\n")
    refused = {
        "another index": raw.replace(b"index 5", b"index 4"),
        "index outside": raw.replace(b"index 5", b"index 8"),
        "a hash too few": "\n".join(proof[:3] + proof[4:]).encode(),
        "a hash too many": "\n".join(proof[:3] + proof[3:4] + proof[3:]).encode(),
        "the entry of another": "\n".join([proof[0], others, *proof[2:]]).encode(),
        "no entry": "\n".join([proof[0], *proof[2:]]).encode(),
        "another version": raw.replace(b"@v1", b"@v2"),
    }  # fmt: skip
    policy = policy_for(SIGNER.verifier)
    return {
        "vkey": SIGNER.verifier.vkey(),
        "receipt": raw.decode(),
        "index": 5,
        "entry": ENTRIES[5].hex(),
        "refused": [
            {"why": why, "receipt": one.decode(),
             "code": code_of(lambda one=one: verify_receipt(parse_receipt(one), policy))}
            for why, one in refused.items()
        ],
    }  # fmt: skip


def canonical() -> dict[str, Any]:
    values = [{}, {"b": 1, "a": [True, None, "民意"]}, {"a": "\u0001\n\"\\/\u007f\u2028😀"},
              {"Z": -(2**53) + 1, "_": {"z": [], "a": {}}}]  # fmt: skip
    refused = ['{"b":1,"a":1}', '{"a":1.0}', '{"a":1e3}', '{"a": 1}', '{"a":1,"a":1}', "[]",
               '{"a":"\\u0041"}', '{"a":9007199254740992}', '{"ä":1}', '{"a":-0}']  # fmt: skip
    return {
        "accepted": [{"value": one, "text": encode_canonical(one).decode()} for one in values],
        "refused": [
            {"text": one, "code": code_of(decode_canonical, one.encode())} for one in refused
        ],
    }


def entry(kind: str, **members: Any) -> dict[str, Any]:
    return {"type": kind, "t": OPENS + 5000, **members}


def ballot(number: int, **changes: Any) -> dict[str, Any]:
    digest = hashlib.sha256(b"%d" % number).hexdigest()
    return entry("ballot", tag=digest[:32], n=digest[32:], day="2026-09-21", ph=PH,
                 ch=["02", "07"] if number % 2 else ["12"]) | changes  # fmt: skip


# Sealed once for KEY (an ephemeral key is random), so that these files stay what they are.
KEY = hashlib.sha256(b"sealed vectors").digest()
SENT = "7756f2810d3cd558f6f98e1a3c996e9e9a3b0f392bbbc3f54809ca9a1329217e"
SEALED = [
    "bd6ef952436b721c13d47ccae202b19da4bf3d01fa68074af5f35cb32d13539752",
    "20952d91b47b0c99ea9bddd07383e88fc81165273a46e674fa2864a4cc4c8bc03c",
    "cb0bdd0d89f44e262e79df2472602d6ac98d374bf7edff1c57db70b486b31cb330",
]


def sealed_ballot(number: int, **changes: Any) -> dict[str, Any]:
    clear = ballot(number)
    del clear["ch"]
    return clear | {"e": SENT, "i": number - 1, "x": SEALED[number - 1]} | changes


def judged(kind: str, ballots: list[list[int]]) -> dict[str, Any]:
    return entry(kind, ballots=ballots, rule="R12", ev=PH, by="supervisor")


def recounts() -> dict[str, Any]:
    manifest = {
        "type": "manifest", "v": 1, "campaign": "vectors", "candidates": ["02", "07", "12"],
        "opens": OPENS, "closes": OPENS + 10_000, "zone": 480, "ph": PH, "rules": PH,
        "rule": {"per": "day", "min": 1, "max": 2}, "tag_key": PH, "policy": PH,
        "code": "vectors", "screening": "none", "appeal": OPENS + 20_000,
    }  # fmt: skip
    votes = [manifest, ballot(1), ballot(2), ballot(3)]
    cases = {
        "a clean vote": [
            *votes, judged("quarantine", [[1, 3]]), judged("release", [[2, 3]]),
            judged("void", [[1, 2]]), entry("close", size=7, tally_code=PH),
            entry("result", at=8, tally={"02": 1, "07": 1, "12": 1}),
        ],
        "a voter votes twice": [*votes, ballot(4, tag=ballot(1)["tag"])],
        "a nonce is replayed": [*votes, ballot(4, n=ballot(1)["n"])],
        "picks out of order": [*votes, ballot(4, ch=["07", "02"])],
        "a ballot outside the time": [*votes, ballot(4, t=OPENS + 10_000)],
        "a ballot after the close": [*votes, entry("close", size=4, tally_code=PH), ballot(4)],
        "a wrong result": [
            *votes, entry("close", size=4, tally_code=PH),
            entry("result", at=4, tally={"02": 9, "07": 2, "12": 1}),
        ],
        "a restore of what is not void": [*votes, judged("restore", [[1, 2]])],
        "no manifest": [ballot(1)],
        **sealed_cases(manifest | {"seal": public_of(KEY).hex()}),
    }  # fmt: skip
    return {"cases": [recounted(why, rows) for why, rows in cases.items()]}


def sealed_cases(manifest: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    votes = [manifest, sealed_ballot(1), sealed_ballot(2), sealed_ballot(3)]
    close, key = entry("close", size=5, tally_code=PH), entry("key", key=KEY.hex())
    told = entry("count", hour=OPENS, at=3, ballots=2, tally={"02": 1, "07": 1, "12": 1})
    tally = {"02": 2, "07": 2, "12": 1}
    copied = sealed_ballot(3, i=0, x=SEALED[0])
    return {
        "a sealed vote, opened": [*votes, told, close, key, entry("result", at=7, tally=tally)],
        "a sealed choice that was changed": [
            *votes[:3], sealed_ballot(3, x="00" * 33), told, close, key,
        ],
        "a sealed choice that was copied": [*votes[:3], copied, told, close, key],
        "a sealed vote opened with another key": [
            *votes, told, close, entry("key", key="11" * 32),
        ],
        "an announced count that was wrong": [*votes, told | {"ballots": 3}, close, key],
        "a result before the choices are open": [
            *votes, told, close, entry("result", at=6, tally=tally),
        ],
    }  # fmt: skip


def recounted(why: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    fold = Recount()
    texts = [encode_canonical(one) for one in rows]
    for index, raw in enumerate(texts):
        fold.add(index, raw)
    count = fold.count()
    return {
        "why": why,
        "entries": [raw.decode() for raw in texts],
        "tally": count.tally,
        "counted": count.counted,
        "quarantined": count.quarantined,
        "void": count.void,
        "result": count.result,
        "findings": [{"index": one.facts["index"], "code": one.code} for one in count.findings],
    }


def all_vectors() -> dict[str, str]:
    """Return each file's name and text."""
    made = {
        "tree": tree(), "checkpoint": checkpoints(), "tiles": tiles(), "receipt": receipts(),
        "canonical": canonical(), "recount": recounts(),
    }  # fmt: skip
    return {
        f"{name}.json": json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        for name, content in made.items()
    }


if __name__ == "__main__":
    for name, text in all_vectors().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
