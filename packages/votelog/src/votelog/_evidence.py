# SPDX-License-Identifier: Apache-2.0
"""Evidence: one archive from which a dispute over a vote is settled, without network or office.

    bundle.json          every other file by its SHA-256; origin, key, size and root of the log
    log/…                the log up to one checkpoint, as it is served
    vkey policy rules    what is published beside a log
    decisions.json       every entry that is no ballot, with its place in the log
    proofs/<index>-<type>.tlog-proof    the proof of each of them
    …                    what the maker adds: a guide, verifiers, documents

The same log gives the same bytes: who doubts an archive has it made again, and compares.
"""

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from votelog._canonical import Json, decode_canonical
from votelog._checkpoint import Checkpoint, open_checkpoint
from votelog._note import VerifierKey, encode_base64
from votelog._policy import policy_for
from votelog._reader import LogReader, read_bundle, read_tile
from votelog._source import FolderSource, Source
from votelog._tiles import (
    TILE_WIDTH,
    bundle_path,
    encode_bundle,
    tile_path,
    tile_spans,
)
from votelog._tree import HASH_SIZE
from votelog._zip import zip_chunks, zip_length

FORMAT = "minyi-evidence/1"
INDEX = "bundle.json"
DECISIONS = "decisions.json"
LOG = "log/"
# How the canonical text of a ballot ends: no brace is opened behind it, so it is the entry's own.
_BALLOT = b'"type":"ballot"'
_BALLOT_END = re.compile(_BALLOT + rb'(,"x":"[0-9a-f]*")?\}')


@dataclass(frozen=True, slots=True)
class _File:
    path: str
    size: int
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Evidence:
    """An archive that has been planned; nothing of it is in memory."""

    checkpoint: Checkpoint
    vkey: str
    files: tuple[_File, ...]

    @property
    def length(self) -> int:
        """How many bytes `chunks` will give."""
        blank = {file.path: "0" * 64 for file in self.files}
        sizes = [(file.path, file.size) for file in self.files]
        return zip_length([*sizes, (INDEX, len(self._index(blank)))])

    def chunks(self) -> Iterator[bytes]:
        """Yield the archive, reading one file after the other."""
        return zip_chunks(self._contents())

    def _contents(self) -> Iterator[tuple[str, bytes]]:
        digests = {}
        for file in self.files:
            content = file.read()
            digests[file.path] = sha256(content).hexdigest()
            yield file.path, content
        yield INDEX, self._index(digests)

    def _index(self, digests: Mapping[str, str]) -> bytes:
        head = self.checkpoint
        return encode_json(
            {
                "format": FORMAT,
                "origin": head.origin,
                "vkey": self.vkey,
                "size": head.size,
                "root": encode_base64(head.root),
                "files": digests,
            }
        )


def plan_evidence(
    *,
    folder: Path,
    key: VerifierKey,
    notes: Mapping[str, bytes],
    beside: Mapping[str, bytes],
    others: Mapping[str, bytes],
) -> Evidence:
    """Plan the archive of the log in `folder` at the checkpoint `notes["checkpoint"]`.

    `notes` are checkpoints by their paths in the log, with their cosignatures: `cosigned`,
    `checkpoints/<size>`; later than the checkpoint are left out. `beside` has vkey, policy, rules;
    `others` whatever else is to be in it. Raises what reading a log raises.
    """
    source = FolderSource(folder)
    reader = LogReader(source, policy_for(key), notes["checkpoint"])
    decisions = [(index, raw) for index, raw in entries_of(source, reader.size) if is_act(raw)]
    texts = dict(beside) | dict(others)
    texts |= {DECISIONS: encode_decisions(decisions)}
    texts |= {LOG + path: note for path, note in _until(notes, key, reader.size)}
    for index, raw in decisions:
        _entry, receipt = reader.prove(index)
        texts[proof_path(index, raw)] = receipt.encode()
    files = [_held(path, text) for path, text in texts.items()]
    files += _tiles(source, folder, reader.size)
    return Evidence(reader.checkpoint, key.vkey(), tuple(sorted(files, key=lambda f: f.path)))


def entries_of(source: Source, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield (index, entry) of the log up to `size`; nothing is proven."""
    for number in range(-(-size // TILE_WIDTH)):
        first = number * TILE_WIDTH
        yield from enumerate(read_bundle(source, number, min(TILE_WIDTH, size - first)), first)


def is_act(raw: bytes) -> bool:
    """Tell whether an entry is anything but a ballot."""
    at = raw.rfind(_BALLOT)
    return at < 0 or _BALLOT_END.fullmatch(raw, at) is None


def encode_decisions(decisions: list[tuple[int, bytes]]) -> bytes:
    """Return the acts as a list of {index, entry}, for people to read."""
    return encode_json([{"index": at, "entry": decode_canonical(raw)} for at, raw in decisions])


def proof_path(index: int, raw: bytes) -> str:
    """Return where the proof of an act lies."""
    kind = str(decode_canonical(raw).get("type"))
    return f"proofs/{index}-{kind if kind.isalpha() else 'entry'}.tlog-proof"


def encode_json(value: Json) -> bytes:
    """Return the one text of a document of ours; one member a line, to be read by people too."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"


def zipapp() -> bytes:
    """Return this very package as one file that `python` runs (PEP 441), always the same bytes."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    files = [(f"votelog/{source.name}", source.read_bytes()) for source in sources]
    main = b"import sys\nfrom votelog._cli import main\n\nsys.exit(main())\n"
    whole = io.BytesIO()
    for piece in zip_chunks([("__main__.py", main), *files]):
        whole.write(piece)
    return whole.getvalue()


def _until(notes: Mapping[str, bytes], key: VerifierKey, size: int) -> Iterator[tuple[str, bytes]]:
    for path, note in notes.items():
        if note and open_checkpoint(note, key)[0].size <= size:
            yield path, note


def _held(path: str, content: bytes) -> _File:
    return _File(path, len(content), lambda: content)


def _tiles(source: FolderSource, folder: Path, size: int) -> Iterator[_File]:
    """Yield the tiles and entry bundles of a tree of `size`."""
    for level, full, rest in tile_spans(size):
        widths = [TILE_WIDTH] * full + [rest] * bool(rest)
        for number, width in enumerate(widths):
            yield _tile(source, level, number, width)
            if level == 0:
                yield _bundle(source, folder, number, width)


def _tile(source: Source, level: int, number: int, width: int) -> _File:
    path = LOG + tile_path(level, number, width)
    return _File(path, width * HASH_SIZE, lambda: read_tile(source, level, number, width))


def _bundle(source: Source, folder: Path, number: int, width: int) -> _File:
    def read() -> bytes:
        return encode_bundle(read_bundle(source, number, width))

    path = bundle_path(number, width)
    try:
        size = (folder / path).stat().st_size
    except FileNotFoundError:  # it has given way to the full one
        size = len(read())
    return _File(LOG + path, size, read)
