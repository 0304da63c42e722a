# SPDX-License-Identifier: Apache-2.0
"""The key of a log: beside the log, never served, locked with MINYI_LEDGER_KEY (AES-256-GCM)."""

import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from votelog import Signer

SEED_BYTES = 32
_NONCE_BYTES = 12
_NAME = "origin"  # the first line of a key file: the log's origin, which is the key's name


class KeyUnusable(Exception):
    """The key file is missing, damaged, or locked with another MINYI_LEDGER_KEY."""


def make_signer(folder: Path, origin: str, *, key: bytes) -> Signer:
    """Make the key of a new log and keep it in the log's private folder."""
    private = folder / ".writer"
    private.mkdir(parents=True, exist_ok=True)
    seed, nonce = os.urandom(SEED_BYTES), os.urandom(_NONCE_BYTES)
    locked = AESGCM(_locking_key(key)).encrypt(nonce, seed, origin.encode())
    path = private / "key"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{origin}\n{nonce.hex()}\n{locked.hex()}\n")
        file.flush()
        os.fsync(file.fileno())
    return Signer(origin, seed)


def read_signer(folder: Path, key: bytes) -> Signer:
    """Return the key of a log.

    Raises KeyUnusable.
    """
    try:
        origin, nonce, locked = (folder / ".writer" / "key").read_text().splitlines()
        seed = AESGCM(_locking_key(key)).decrypt(
            bytes.fromhex(nonce), bytes.fromhex(locked), origin.encode()
        )
    except (OSError, ValueError, InvalidTag) as error:
        raise KeyUnusable(folder.name) from error
    return Signer(origin, seed)


def _locking_key(key: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"minyi/log-key/v1").derive(key)
