# SPDX-License-Identifier: Apache-2.0
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from votelog import (
    Audit,
    Checkpoint,
    LogWriter,
    VotelogError,
    leaf_hash,
    root,
    sign_checkpoint,
)
from votelog_given import given_entries, given_log, given_policy, given_reader, given_signer

KEY = given_signer().verifier


def audited(folder: Path, older=()) -> list[VotelogError]:
    """What a verifier finds, be it at the door or on the way."""
    try:
        return Audit(given_reader(folder), KEY, older=older).run()
    except VotelogError as error:
        return [error]


def named(folder: Path, older=()) -> list[tuple[str, object]]:
    return [(one.code, one.facts.get("path")) for one in audited(folder, older)]


def files_of(folder: Path) -> list[Path]:
    return sorted(
        file for file in folder.rglob("*") if file.is_file() and ".writer" not in file.parts
    )


def check_bit(folder: Path, file: Path, whole: bytes, bit: int) -> None:
    """Change one bit; the audit must name the file."""
    changed = bytearray(whole)
    changed[bit // 8] ^= 1 << bit % 8
    file.write_bytes(changed)
    findings = audited(folder)
    path = file.relative_to(folder).as_posix()
    assert findings, f"bit {bit} of {path} went unseen"
    if path != "checkpoint":
        assert path in {one.facts.get("path") for one in findings}, (bit, [*map(str, findings)])
    assert all(str(one) for one in findings)


def test_every_single_bit_of_a_small_log_matters(tmp_path):
    given_log(tmp_path, [[b"a", b"bb"], [b""]])
    assert audited(tmp_path) == []
    bits = 0
    for file in files_of(tmp_path):
        whole = file.read_bytes()
        for bit in range(len(whole) * 8):
            check_bit(tmp_path, file, whole, bit)
            bits += 1
        file.write_bytes(whole)
    assert bits > 6_000
    assert audited(tmp_path) == []


def test_bits_of_a_log_with_full_tiles_matter(tmp_path):
    given_log(tmp_path, [given_entries(200), given_entries(70, 200), given_entries(5, 270)])
    for file in files_of(tmp_path):
        whole = file.read_bytes()
        for bit in range(0, len(whole) * 8, 331):
            check_bit(tmp_path, file, whole, bit)
        file.write_bytes(whole)
    assert audited(tmp_path) == []


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return given_log(tmp_path, [given_entries(600), given_entries(20, 600)])


def test_a_missing_file_is_named(log):
    for path in ("tile/0/000", "tile/1/000.p/2", "tile/entries/001", "tile/0/002.p/108"):
        whole = (log / path).read_bytes()
        (log / path).unlink()
        assert named(log) == [("file_missing", path)]
        (log / path).write_bytes(whole)


def test_a_bundle_and_its_tile_both_missing_are_both_named(log):
    (log / "tile/0/001").unlink()
    (log / "tile/entries/001").unlink()
    assert named(log) == [("file_missing", "tile/entries/001"), ("file_missing", "tile/0/001")]


def test_a_truncated_file_is_named(log):
    for path, code in [
        ("tile/0/000", "tile_truncated"),
        ("tile/1/000.p/2", "tile_truncated"),
        ("tile/entries/001", "bundle_truncated"),
        ("tile/entries/002.p/108", "bundle_truncated"),
    ]:
        whole = (log / path).read_bytes()
        for length in (0, 1, len(whole) // 2, len(whole) - 1):
            (log / path).write_bytes(whole[:length])
            assert named(log) == [(code, path)]
        (log / path).write_bytes(whole + b"\0\0")
        assert named(log) in [
            [(code, path)],
            [("bundle_too_long", path)],
            [("file_too_long", path)],
        ]
        (log / path).write_bytes(whole)


def test_swapped_tiles_and_bundles_are_named_with_their_places(log):
    for one, other in [("tile/0/000", "tile/0/001"), ("tile/entries/000", "tile/entries/001")]:
        first, second = (log / one).read_bytes(), (log / other).read_bytes()
        (log / one).write_bytes(second)
        (log / other).write_bytes(first)
        findings = audited(log)
        assert [(f.code, f.facts["path"], f.facts["other"]) for f in findings] == [
            ("file_swapped", one, other),
            ("file_swapped", other, one),
        ]
        (log / one).write_bytes(first)
        (log / other).write_bytes(second)


def test_a_changed_entry_is_named_by_its_number(log):
    path = log / "tile/entries/001"
    path.write_bytes(path.read_bytes().replace(b"entry 300", b"entry 3OO"))
    (finding,) = audited(log)
    assert (finding.code, finding.facts["index"]) == ("entry_changed", 300)


def test_an_entry_changed_together_with_its_tile_is_still_found(log):
    bundle, tile = log / "tile/entries/001", log / "tile/0/001"
    bundle.write_bytes(bundle.read_bytes().replace(b"entry 300", b"entry 3OO"))
    tile.write_bytes(tile.read_bytes().replace(leaf_hash(b"entry 300"), leaf_hash(b"entry 3OO")))
    assert ("head_differs", None) in named(log)


def test_a_stray_file_is_named(log):
    (log / "tile/0/notes.txt").write_bytes(b"")
    (log / "tile/0/x000").mkdir()
    (log / "tile/0/x000/000").write_bytes(b"")
    assert named(log) == [("stray_file", "tile/0/notes.txt"), ("stray_file", "tile/0/x000/000")]


def test_files_ahead_of_the_checkpoint_are_not_its_matter(log):
    with LogWriter.open(log, given_signer()) as writer:
        older = (log / "checkpoint").read_bytes()
        writer.append(given_entries(300, 620))
    (log / "checkpoint").write_bytes(older)
    (log / "checkpoints/920").unlink()
    assert named(log) == []


def test_a_rolled_back_size_is_named(log):
    newest = (log / "checkpoint").read_bytes()
    (log / "checkpoint").write_bytes((log / "checkpoints/600").read_bytes())
    assert [one.code for one in audited(log)] == ["rolled_back"]
    (log / "checkpoints/620").unlink()
    assert audited(log) == []  # nobody can tell, except who kept a checkpoint:
    assert [one.code for one in audited(log, older=[newest])] == ["rolled_back"]


def test_a_second_history_of_the_same_key_is_named(log, tmp_path_factory):
    fork = tmp_path_factory.mktemp("fork")
    given_log(fork, [[*given_entries(599), b"another"], given_entries(20, 600)])
    assert audited(fork) == []
    older = (log / "checkpoints/600").read_bytes()
    assert [one.code for one in audited(fork, older=[older])] == ["two_histories"]
    shutil.copy(log / "checkpoints/600", fork / "checkpoints/600")
    assert [one.code for one in audited(fork)] == ["two_histories"]


def test_a_checkpoint_forged_with_another_key_is_named(log):
    head = Checkpoint(KEY.name, 620, root(map(leaf_hash, given_entries(620))))
    (log / "checkpoint").write_bytes(sign_checkpoint(head, given_signer(seed=66)))
    assert [one.code for one in audited(log)] == ["signature_missing"]


def test_a_checkpoint_over_another_tree_is_named(log):
    head = Checkpoint(KEY.name, 620, bytes(32))
    (log / "checkpoint").write_bytes(sign_checkpoint(head, given_signer()))
    assert "head_differs" in [one.code for one in audited(log)]


def test_a_past_checkpoint_in_the_wrong_place_is_named(log):
    shutil.copy(log / "checkpoints/600", log / "checkpoints/7")
    assert named(log) == [("past_checkpoint_misplaced", "checkpoints/7")]
    shutil.copy(log / "tile/0/000", log / "checkpoints/7")
    assert named(log) == [("past_checkpoint_false", "checkpoints/7")]


EDITS = st.lists(
    st.tuples(
        st.integers(0, 10_000),
        st.sampled_from(["set", "cut", "append", "delete", "swap", "insert"]),
        st.integers(0, 10_000),
        st.binary(min_size=1, max_size=4),
    ),
    min_size=1,
    max_size=3,
)


def edit(files: list[Path], which: int, kind: str, place: int, raw: bytes) -> None:
    file, other = files[which % len(files)], files[place % len(files)]
    whole = file.read_bytes()
    at = place % (len(whole) + 1)
    if kind == "delete":
        file.unlink()
    elif kind == "swap":
        file.write_bytes(other.read_bytes())
        other.write_bytes(whole)
    else:
        middle, rest = {
            "set": (raw, at + len(raw)),
            "cut": (b"", len(whole)),
            "insert": (raw, at),
            "append": (whole[at:] + raw, len(whole)),
        }[kind]
        file.write_bytes(whole[:at] + middle + whole[rest:])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(EDITS)
def test_any_edit_of_any_file_is_found(tmp_path_factory, edits):
    folder = tmp_path_factory.mktemp("log")
    given_log(folder, [given_entries(200), given_entries(70, 200)])
    before = {file: file.read_bytes() for file in files_of(folder)}
    for one in edits:
        edit(files_of(folder), *one)
    after = {file: file.read_bytes() for file in files_of(folder)}
    lost = {file for file in before.keys() - after.keys() if "checkpoints" not in file.parts}
    changed = {file for file, raw in after.items() if before[file] != raw}
    assert bool(audited(folder)) is bool(lost or changed)


def test_the_empty_log_is_clean(tmp_path):
    assert audited(given_log(tmp_path, [])) == []


def test_an_audit_gives_the_entries_in_order(log):
    audit = Audit(given_reader(log), KEY)
    entries = [entry for _, bundle in audit.bundles() for entry in bundle]
    assert entries == given_entries(620)
    assert given_policy().logs[KEY.name] == KEY
