# SPDX-License-Identifier: Apache-2.0
"""`votelog witness`: one command on another machine makes it a witness."""

import argparse
import os
import secrets
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from votelog._cosignature import Cosigner
from votelog._disk import Disk
from votelog._errors import Malformed, Unavailable, VotelogError
from votelog._note import VerifierKey, decode_base64, encode_base64, parse_vkey
from votelog._witness import Witness
from votelog._witness_server import WitnessServer

LOGS = "logs"


def add_witness_command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Add the command and its options."""
    words = "cosign checkpoints of logs that only grow"
    command = commands.add_parser("witness", help=words, description=words)
    command.set_defaults(run=_witness, json=False)
    command.add_argument(
        "--name", required=True, help="the witness's name, such as witness.example"
    )
    command.add_argument("--folder", required=True, type=Path, help="its key and its memory")
    command.add_argument(
        "--log",
        default=[],
        action="append",
        help="vkey of a log, repeatable; also one a line in the file «logs» of the folder",
    )
    command.add_argument("--host", default="127.0.0.1")
    command.add_argument("--port", default=8160, type=int)


def _witness(options: argparse.Namespace) -> tuple[dict[str, Any], str, list[VotelogError]]:
    logs = [parse_vkey(vkey) for vkey in options.log]
    disk = Disk()
    disk.make_folder(options.folder.absolute())
    cosigner = Cosigner(options.name, load_seed(options.folder / "key", disk))
    folder = options.folder.absolute()
    witness = Witness(
        folder, cosigner, logs, disk=disk, find_logs=partial(read_logs, folder / LOGS)
    )
    try:
        server = WitnessServer((options.host, options.port), witness)
    except OSError as error:
        witness.close()
        address = f"{options.host}:{options.port}"
        raise Unavailable("address_unusable", address=address, reason=error.strerror) from error
    print(f"witness {options.name} {cosigner.verifier.vkey()}")
    print(f"listening on http://{options.host}:{server.server_port}", file=sys.stderr, flush=True)
    sys.stdout.flush()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return {}, "", []
    finally:
        server.server_close()
        witness.close()
    return {}, "", []


def read_logs(path: Path) -> list[VerifierKey]:
    """Return the keys of the file, one a line; a line that is no key, or a comment, is passed over.

    It is read again for each log that is not known: adding a line needs no new start.
    """
    try:
        rows = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    found = []
    for row in rows:
        with suppress(Malformed):
            found.append(parse_vkey(row))
    return found


def load_seed(path: Path, disk: Disk) -> bytes:
    """Return the private key in a file; make one, readable by its owner only, if there is none."""
    try:
        coded = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        seed = secrets.token_bytes(32)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(f"{encode_base64(seed)}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        disk.sync_folder(path.parent)
        return seed
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed("seed_malformed", path=str(path)) from error
    seed = decode_base64(coded, what="key")
    if len(seed) != 32:
        raise Malformed("seed_malformed", path=str(path))
    return seed
