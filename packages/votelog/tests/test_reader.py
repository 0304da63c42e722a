# SPDX-License-Identifier: Apache-2.0
import gzip
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from votelog import (
    Audit,
    FolderSource,
    HttpSource,
    LogWriter,
    Malformed,
    Missing,
    Rejected,
    Unavailable,
    VotelogError,
    leaf_hash,
    open_checkpoint,
    open_log,
    parse_receipt,
    verify_receipt,
)
from votelog_given import (
    bound,
    given_entries,
    given_log,
    given_policy,
    given_reader,
    given_signer,
    served_folder,
    serving,
)

KEY = given_signer().verifier


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> Path:
    return given_log(tmp_path_factory.mktemp("log"), [given_entries(600), given_entries(100, 600)])


def test_every_entry_is_proven_from_a_folder(log):
    reader = given_reader(log)
    for index in range(0, 700, 13):
        entry, receipt = reader.prove(index)
        assert entry == b"entry %d" % index
        assert verify_receipt(parse_receipt(receipt.encode()), given_policy()).index == index


def test_every_entry_is_proven_over_http(log):
    with served_folder(log) as address:
        reader = open_log(HttpSource(address), given_policy())
        assert reader.entry(699) == b"entry 699"
        assert Audit(reader, KEY).run() == []
        older = open_checkpoint((log / "checkpoints/600").read_bytes(), KEY)[0]
        assert reader.consistency(older)
        with pytest.raises(Missing):
            reader.source.read("tile/9/000", 10)


def test_all_tampered_tiles_of_a_big_log_are_refused(tmp_path):
    """CVE-2026-56865: at size 70,000 a reader that skips «known» tiles accepts all 273."""
    given_log(tmp_path, [given_entries(65_536), given_entries(4_464, 65_536)])
    reader = given_reader(tmp_path)
    entries = sorted(file for file in (tmp_path / "tile/entries").rglob("*") if file.is_file())
    tiles = sorted(file for file in (tmp_path / "tile/0").rglob("*") if file.is_file())
    assert len(tiles) == len(entries) == 274
    for number in range(0, 274, 9):
        tile, bundle = tiles[number], entries[number]
        whole_tile, whole_bundle = tile.read_bytes(), bundle.read_bytes()
        index = number * 256
        forged = b"entrY %d" % index
        tile.write_bytes(whole_tile.replace(leaf_hash(b"entry %d" % index), leaf_hash(forged)))
        with pytest.raises(Rejected) as caught:
            reader.prove(index + 1)
        assert caught.value.code in {"tile_changed", "head_differs"}
        bundle.write_bytes(whole_bundle.replace(b"entry %d" % index, forged, 1))
        with pytest.raises(Rejected) as caught:
            reader.prove(index)
        assert caught.value.code in {"tile_changed", "head_differs"}
        if number < 273:
            assert caught.value.facts["path"] == tile.relative_to(tmp_path).as_posix()
        tile.write_bytes(whole_tile)
        with pytest.raises(Rejected) as caught:
            reader.prove(index)
        assert caught.value.code == "entry_changed"
        bundle.write_bytes(whole_bundle)
        assert reader.entry(index) == b"entry %d" % index


def test_a_reader_of_an_older_size_falls_back_to_full_tiles(tmp_path):
    given_log(tmp_path, [given_entries(200)])
    reader = given_reader(tmp_path)
    with LogWriter.open(tmp_path, given_signer()) as writer:
        writer.append(given_entries(100, 200))
    assert not (tmp_path / "tile/0/000.p").exists()
    assert reader.size == 200
    assert reader.entry(199) == b"entry 199"
    assert Audit(reader, KEY).run() == []
    with pytest.raises(Rejected):
        reader.entry(200)


def test_a_log_that_went_back_or_split_is_named(log, tmp_path):
    reader = given_reader(given_log(tmp_path, [given_entries(300)]))
    newer = open_checkpoint((log / "checkpoint").read_bytes(), KEY)[0]
    with pytest.raises(Rejected) as caught:
        reader.consistency(newer)
    assert caught.value.code == "rolled_back"
    other = given_log(tmp_path / "other", [[b"x"] * 200])
    for size, folder in [(200, other)]:
        forked = open_checkpoint((folder / f"checkpoints/{size}").read_bytes(), KEY)[0]
        with pytest.raises(Rejected) as caught:
            reader.consistency(forked)
        assert caught.value.code == "two_histories"


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://x/y", "log", ""])
def test_only_web_addresses_are_addresses(address):
    with pytest.raises(Malformed):
        HttpSource(address)


def test_an_unreachable_log_is_said_to_be_that():
    source = HttpSource("http://127.0.0.1:1", timeout_s=0.5)
    with pytest.raises(Unavailable):
        source.read("checkpoint", 10)


class Odd(BaseHTTPRequestHandler):
    """Answers with what its path asks for."""

    def do_GET(self) -> None:
        body, status, packed = {
            "/bomb": (gzip.compress(bytes(10_000_000)), 200, True),
            "/gzip": (gzip.compress(b"hello"), 200, True),
            "/no-gzip": (b"hello", 200, True),
            "/long": (bytes(5000), 200, False),
            "/broken": (b"", 500, False),
        }[self.path]
        self.send_response(status)
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def test_a_server_cannot_make_us_read_for_ever():
    with serving(bound(lambda address: ThreadingHTTPServer(address, Odd))) as address:
        source = HttpSource(address)
        assert source.read("gzip", 5) == b"hello"
        for path, code in [
            ("bomb", "file_too_long"),
            ("long", "file_too_long"),
            ("no-gzip", "gzip_malformed"),
            ("broken", "log_unreachable"),
        ]:
            with pytest.raises(VotelogError) as caught:
                source.read(path, 4096)
            assert caught.value.code == code


def test_a_folder_gives_no_more_than_was_asked(tmp_path):
    (tmp_path / "long").write_bytes(bytes(100))
    with pytest.raises(Malformed):
        FolderSource(tmp_path).read("long", 99)
    with pytest.raises(Missing):
        FolderSource(tmp_path).read("absent", 99)
    with pytest.raises(Missing):
        FolderSource(tmp_path).read("", 99)
