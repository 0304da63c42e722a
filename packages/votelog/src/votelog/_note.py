# SPDX-License-Identifier: Apache-2.0
"""Signed notes (C2SP signed-note v1.0.0): a text and the signatures under it."""

import binascii
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

from votelog import _ed25519 as ed25519
from votelog._errors import Malformed, Rejected

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
MAX_SIGNATURES = 100  # the specification asks for at least 16
MAX_NOTE_BYTES = 1 << 20
_DASH = "\N{EM DASH} "


class Verifier(Protocol):
    """A public key that we trust under a name."""

    @property
    def name(self) -> str: ...

    @property
    def key_id(self) -> bytes: ...

    def verify(self, text: bytes, signature: bytes) -> bool:
        """Tell whether `signature`, without its key ID, is ours over `text`."""


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Return the line as it stands in a note, newline included."""
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """A note of which at least one known key's signature holds, and none fails."""

    text: bytes
    verified: tuple[Signature, ...]
    unknown: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """An Ed25519 public key under a name: signature type 0x01."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, ED25519, self.public_key)

    def verify(self, text: bytes, signature: bytes) -> bool:
        return ed25519.holds(self.public_key, text, signature)

    def vkey(self) -> str:
        """Return the key in the vkey form that is published."""
        return encode_vkey(self.name, ED25519, self.public_key)


class Signer:
    """An Ed25519 private key under a name; for a log, the name is its origin."""

    def __init__(self, name: str, seed: bytes) -> None:
        check_name(name)
        self.name = name
        self._key = ed25519.private_key(seed)
        self.verifier = VerifierKey(name, self._key.public_key().public_bytes_raw())

    def sign(self, text: bytes) -> Signature:
        """Return our signature over `text` (RFC 8032, deterministic)."""
        return Signature(self.name, self.verifier.key_id, self._key.sign(text))


def key_id(name: str, kind: int, public_key: bytes) -> bytes:
    """Return SHA-256(name || 0x0A || type || public key)[:4] (signed-note, Signatures)."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


def encode_vkey(name: str, kind: int, public_key: bytes) -> str:
    """Return `name+hex(key ID)+base64(type || public key)`."""
    identity = key_id(name, kind, public_key).hex()
    return f"{name}+{identity}+{encode_base64(bytes([kind]) + public_key)}"


def split_vkey(vkey: str) -> tuple[str, int, bytes]:
    """Return name, type and public key of a vkey of any known type.

    Raises Malformed: vkey_malformed, vkey_id_false, key_type_unknown.
    """
    parts = vkey.strip().split("+", 2)
    if len(parts) != 3:
        raise Malformed("vkey_malformed", vkey=vkey)
    name, identity, coded = parts
    check_name(name)
    material = decode_base64(coded, what="vkey")
    if not material or material[0] not in (ED25519, COSIGNATURE_V1) or len(material) != 33:
        raise Malformed("key_type_unknown", vkey=vkey)
    kind, public_key = material[0], material[1:]
    if identity != key_id(name, kind, public_key).hex():
        raise Malformed("vkey_id_false", vkey=vkey)
    return name, kind, public_key


def parse_vkey(vkey: str) -> VerifierKey:
    """Return the log key (type 0x01) that a vkey describes."""
    name, kind, public_key = split_vkey(vkey)
    if kind != ED25519:
        raise Malformed("key_type_unknown", vkey=vkey)
    return VerifierKey(name, public_key)


def sign_note(text: bytes, signers: Iterable[Signer]) -> bytes:
    """Return `text` with the signatures of `signers` as a note."""
    return join_note(text, [signer.sign(text) for signer in signers])


def join_note(text: bytes, signatures: Iterable[Signature]) -> bytes:
    """Return the note made of `text` and signature lines, in the order given."""
    if not text.endswith(b"\n"):
        raise Malformed("note_malformed", reason="the text does not end in a newline")
    note = text + b"\n" + "".join(signature.line() for signature in signatures).encode()
    split_note(note)
    return note


def split_note(note: bytes) -> tuple[bytes, list[Signature]]:
    """Return text and signatures of a note without believing any of it.

    Raises Malformed: note_malformed, base64_malformed, key_name_malformed.
    """
    if len(note) > MAX_NOTE_BYTES:
        raise Malformed("note_malformed", reason="it is too long")
    try:
        decoded = note.decode()
    except UnicodeDecodeError as error:
        raise Malformed("note_malformed", reason="it is not UTF-8") from error
    if any(character < " " and character != "\n" for character in decoded):
        raise Malformed("note_malformed", reason="it has a control character")
    text, divider, lines = decoded.rpartition("\n\n")  # the *last* empty line divides
    if not divider or not lines.endswith("\n"):
        raise Malformed("note_malformed", reason="it has no signature block")
    rows = lines.removesuffix("\n").split("\n")
    if len(rows) > MAX_SIGNATURES:
        raise Malformed("note_malformed", reason="it has too many signatures")
    return text.encode() + b"\n", [parse_signature(row) for row in rows]


def open_note(note: bytes, verifiers: Iterable[Verifier]) -> Note:
    """Return the note if a known key signed it; signatures of unknown keys are ignored.

    Raises Malformed, and Rejected: signature_false (a known key's), signature_missing.
    """
    text, signatures = split_note(note)
    known = {(verifier.name, verifier.key_id): verifier for verifier in verifiers}
    verified: list[Signature] = []
    unknown: list[Signature] = []
    for signature in signatures:
        verifier = known.get((signature.name, signature.key_id))
        if verifier is None:
            unknown.append(signature)
        elif verifier.verify(text, signature.signature):
            verified.append(signature)
        else:
            raise Rejected("signature_false", name=signature.name)
    if not verified:
        wanted = ", ".join(sorted({name for name, _ in known})) or "nobody"
        raise Rejected("signature_missing", wanted=wanted)
    return Note(text, tuple(verified), tuple(unknown))


def parse_signature(row: str) -> Signature:
    """Return the signature of one line given without its newline."""
    if not row.startswith(_DASH):
        raise Malformed("note_malformed", reason="a signature line does not start with a dash")
    name, space, coded = row.removeprefix(_DASH).partition(" ")
    if not space:
        raise Malformed("note_malformed", reason="a signature line is incomplete")
    check_name(name)
    raw = decode_base64(coded, what="signature")
    if len(raw) < 5:
        raise Malformed("note_malformed", reason="a signature is too short")
    return Signature(name, raw[:4], raw[4:])


def check_name(name: str) -> None:
    """Refuse a key name that is empty or holds a space or a plus."""
    if not name or "+" in name or any(c.isspace() or c < " " for c in name):
        raise Malformed("key_name_malformed", name=name)


def encode_base64(raw: bytes) -> str:
    """Return standard padded base64 (RFC 4648 §4)."""
    return binascii.b2a_base64(raw, newline=False).decode("ascii")


def decode_base64(coded: str, *, what: str) -> bytes:
    """Return the bytes of canonical base64; one text per value, so that no bit is free."""
    try:
        raw = b64decode(coded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("base64_malformed", what=what) from error
    if encode_base64(raw) != coded:
        raise Malformed("base64_malformed", what=what)
    return raw
