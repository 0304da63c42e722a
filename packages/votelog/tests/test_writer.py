# SPDX-License-Identifier: Apache-2.0
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from votelog import (
    Audit,
    Cosigner,
    Disk,
    LogWriter,
    Missing,
    Rejected,
    WriteRefused,
    open_checkpoint,
    parse_receipt,
    peek_checkpoint,
    read_past_checkpoint,
    split_note,
    verify_receipt,
)
from votelog_given import (
    ORIGIN,
    given_entries,
    given_log,
    given_policy,
    given_reader,
    given_signer,
)

SIGNER = given_signer()
OLD = [given_entries(250), given_entries(3, 250)]
BEGUN = given_entries(253)
NEXT = given_entries(270, 253)  # fills two tiles of level 0
ACTIONS = (
    *("write", "write_soon", "sync_files", "rename", "link", "remove"),
    *("make_folder", "add_folder", "sync_folder", "remove_folder"),
)


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> Path:
    """A log of the old batches, to be copied."""
    return given_log(tmp_path_factory.mktemp("begun"), OLD)


class Crash(BaseException):
    """The machine stopped here."""


class CountingDisk(Disk):
    """Calls `at_step` before and after each file operation."""

    def __init__(self) -> None:
        self.steps = 0
        self.at_step: Callable[[int, str, tuple], None] = lambda step, action, arguments: None

    def later(self, work):
        """Do it now, so that each of its steps has its number."""
        done: Future[None] = Future()
        work()
        done.set_result(None)
        return done

    def step(self, action: str, arguments: tuple) -> None:
        self.at_step(self.steps, action, arguments)
        self.steps += 1


def _stepping(action: str):
    def run(self, *arguments):
        self.step(action, arguments)
        result = getattr(Disk, action)(self, *arguments)
        self.step("after", ())
        return result

    return run


for _action in ACTIONS:
    setattr(CountingDisk, _action, _stepping(_action))


class MemoryOfDisk(CountingDisk):
    """Knows what a power cut may leave: names of synced folders, bytes of synced files."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.soft: set[int] = set()  # inodes whose bytes are not on stable storage
        self.stable = self._now()

    def write(self, path: Path, content: bytes) -> None:
        super().write(path, content)
        self.soft.discard(path.stat().st_ino)

    def write_soon(self, path: Path, content: bytes) -> None:
        super().write_soon(path, content)
        self.soft.add(path.stat().st_ino)

    def sync_files(self, paths) -> None:
        super().sync_files(paths)
        self.soft -= {path.stat().st_ino for path in paths if path.exists()}

    def sync_folder(self, path: Path) -> None:
        super().sync_folder(path)
        now = self._now()
        self.stable = {
            file: old
            for file, old in self.stable.items()
            if file.parent != path and (file.parent.parent != path or file.parent.is_dir())
        }
        self.stable |= {file: new for file, new in now.items() if file.parent == path}

    def cut_power(self, dice: random.Random) -> None:
        """Each name is its newest file or the last synced one; unsynced bytes are torn."""
        now = self._now()
        left = {
            file: dice.choice([self.stable.get(file), now.get(file)])
            for file in sorted({*now, *self.stable})
        }
        for file in now:
            file.unlink()
        for file, kept in left.items():
            if kept is not None:
                inode, content = kept
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(torn(content, dice) if inode in self.soft else content)

    def _now(self) -> dict[Path, tuple[int, bytes]]:
        files = (file for file in self.folder.rglob("*") if file.is_file())
        return {file: (file.stat().st_ino, file.read_bytes()) for file in files}


def torn(content: bytes, dice: random.Random) -> bytes:
    """Nothing of it, a half with zeros behind, or all of it."""
    half = len(content) // 2
    return dice.choice([b"", content[:half], content[:half] + bytes(half), content])


def stop_at(disk: CountingDisk, last: int) -> None:
    """Crash at a step; if it is a write, half of the bytes are in the file."""

    def at_step(step, action, arguments):
        if step == last:
            if action in ("write", "write_soon"):
                path, content = arguments
                path.write_bytes(content[: len(content) // 2])
            raise Crash

    disk.at_step = at_step


def check_one_history(folder: Path, acknowledged: list[bytes], receipts: list[bytes]) -> int:
    """Reopen; nothing acknowledged is lost, the log is clean and goes on. Return its size."""
    with LogWriter.open(folder, SIGNER) as writer:
        before = writer.size
        writer.append([b"after the crash"])
    reader = given_reader(folder)
    assert Audit(reader, SIGNER.verifier).run() == []
    for index, entry in enumerate(acknowledged):
        if index % 50 == 0 or index > len(acknowledged) - 5:
            assert reader.entry(index) == entry
    for raw in receipts:
        proven = verify_receipt(parse_receipt(raw), given_policy())
        reader.consistency(proven.checkpoint)
    return before


def test_a_batch_is_answered_with_receipts_that_prove_it(tmp_path):
    with LogWriter.create(tmp_path, SIGNER) as writer:
        for batch in [*OLD, NEXT]:
            sealed = writer.append(batch)
            for index in range(sealed.start, sealed.end):
                proven = verify_receipt(parse_receipt(sealed.receipt(index)), given_policy())
                assert proven.entry == b"entry %d" % index
            with pytest.raises(Rejected):
                sealed.receipt(sealed.end)
            texts = [json.loads(one).encode() for one in sealed.receipts_in_json()]
            assert texts == [sealed.receipt(at) for at in range(sealed.start, sealed.end)]
    assert Audit(given_reader(tmp_path), SIGNER.verifier).run() == []


def test_partial_tiles_of_published_sizes_stay_until_the_full_one_is_there(tmp_path):
    given_log(tmp_path, OLD)
    assert (tmp_path / "tile/0/000.p/250").is_file()
    assert (tmp_path / "tile/entries/000.p/253").is_file()
    with LogWriter.open(tmp_path, SIGNER) as writer:
        writer.append(NEXT)
    assert not (tmp_path / "tile/0/000.p").exists()
    assert (tmp_path / "tile/0/000").stat().st_size == 8192
    for size in (0, 250, 253, 523):
        assert (
            open_checkpoint(
                read_past_checkpoint(given_reader(tmp_path).source, size), SIGNER.verifier
            )[0].size
            == size
        )


class Story:
    """A writer's day until it crashes: batches, a settling among them, and the close."""

    batches = (NEXT, [b"lone"], [b"x", b"y"], given_entries(250, 526))

    def __init__(self, folder: Path, disk: CountingDisk, last: int) -> None:
        self.acknowledged = list(BEGUN)
        self.receipts = [given_receipt(folder, 252)]
        writer = LogWriter.open(folder, SIGNER, disk=disk)
        stop_at(disk, disk.steps + last)
        try:
            for batch in self.batches:
                sealed = writer.append(batch)
                self.acknowledged += batch
                self.receipts.append(sealed.receipt(sealed.end - 1))
            writer.close()
            self.is_over = True
        except Crash:
            self.is_over = False
        disk.at_step = lambda step, action, arguments: None
        writer.close()


@pytest.fixture
def settles_often(monkeypatch):
    monkeypatch.setattr("votelog._storage.SETTLE_BATCHES", 2)


@pytest.mark.parametrize("reopens", [False, True])
def test_after_a_crash_at_any_step_no_acknowledged_entry_is_lost(
    begun, tmp_path, settles_often, reopens
):
    outcomes = set()
    for last in range(0, 1000, 2 + reopens):
        folder = shutil.copytree(begun, tmp_path / str(last))
        story = Story(folder, CountingDisk(), last)
        if reopens:
            crash_again_while_recovering(folder, last)
        size = check_one_history(folder, story.acknowledged, story.receipts)
        outcomes.add(size)
        if story.is_over:
            break
    assert last > 200
    # Before its journal a batch is not in the log; from it on it is.
    assert outcomes == {253, 523, 524, 526, 776}


def crash_again_while_recovering(folder: Path, last: int) -> None:
    disk = CountingDisk()
    stop_at(disk, 6 + last % 17)
    with suppress(Crash):
        LogWriter.open(folder, SIGNER, disk=disk).close()


def given_receipt(folder: Path, index: int) -> bytes:
    return given_reader(folder).prove(index)[1].encode()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_a_power_cut_at_any_step_no_acknowledged_entry_is_lost(
    begun, tmp_path, settles_often, seed
):
    for last in range(seed, 1000, 3):
        folder = shutil.copytree(begun, tmp_path / str(last))
        disk = MemoryOfDisk(folder)
        story = Story(folder, disk, last)
        disk.cut_power(random.Random(f"{seed} {last}"))
        check_one_history(folder, story.acknowledged, story.receipts)
        shutil.rmtree(folder)
        if story.is_over:
            break
    assert last > 200


def test_power_cuts_while_the_log_recovers_from_one_lose_nothing(begun, tmp_path, settles_often):
    """Each recovery is cut off a few steps further on, until one comes through."""
    dice = random.Random(8)
    for last in (60, 110, 150, 190):
        folder = shutil.copytree(begun, tmp_path / str(last))
        disk = MemoryOfDisk(folder)
        story = Story(folder, disk, last)
        disk.cut_power(dice)
        for further in range(0, 1000, 3):
            disk = MemoryOfDisk(folder)
            stop_at(disk, further)
            with suppress(Crash):
                LogWriter.open(folder, SIGNER, disk=disk).close()
                break
            disk.cut_power(dice)
        check_one_history(folder, story.acknowledged, story.receipts)


def test_living_writers_take_turns_without_playing_journals_again(begun, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "log")
    placed: list[tuple] = []
    disks = [CountingDisk(), CountingDisk()]
    writers = []
    for disk in disks:
        writers.append(LogWriter.open(folder, SIGNER, disk=disk))
        writers[-1].rest()
        disk.at_step = lambda step, action, arguments: (
            placed.append(arguments) if action == "write_soon" else None
        )
    for turn in range(8):
        with writers[turn % 2].turn() as writer:
            writer.append([b"%d" % turn] * 9)
    assert len(placed) < 8 * 8  # each batch once: two tiles, a bundle, a past checkpoint, spare
    # One dies between its journal and its checkpoint; the other finishes its batch.
    stop_at(disks[0], disks[0].steps + 12)
    with pytest.raises(Crash), writers[0].turn() as writer:
        writer.append([b"half done"] * 300)
    with writers[1].turn() as writer:
        assert writer.recovered == range(325, 625)
        assert writer.append([b"on"]).start == 625
    for writer in writers:
        writer.close()
    assert Audit(given_reader(folder), SIGNER.verifier).run() == []


def test_what_is_settled_needs_no_journal_and_what_is_not_keeps_its_own(begun, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "log")
    journals = folder / ".writer/journal"
    with LogWriter.open(folder, SIGNER) as writer:
        writer.append(NEXT)
        writer.append([b"lone"])
        assert {one.name for one in journals.iterdir()} == {"253", "523"}
        assert {one.name for one in (folder / ".writer/settled").iterdir()} == {"253"}
    assert list(journals.iterdir()) == []
    assert {one.name for one in (folder / ".writer/settled").iterdir()} == {"524"}


def test_a_log_with_a_journal_missing_is_not_continued(begun, tmp_path):
    for lost, code in [("253", "journal_ahead"), ("524", "head_differs")]:
        folder = shutil.copytree(begun, tmp_path / lost)
        writer = LogWriter.open(folder, SIGNER)
        for batch in (NEXT, [b"lone"], [b"more"]):
            writer.append(batch)
        killed = shutil.copytree(folder, tmp_path / f"{lost} killed")
        writer.close()
        (killed / ".writer/journal" / lost).unlink()
        assert refused_code(lambda at=killed: LogWriter.open(at, SIGNER)) == code


def test_cosignatures_of_a_size_that_is_not_settled_survive_a_crash(begun, tmp_path):
    folder = shutil.copytree(begun, tmp_path / "log")
    witness = Cosigner("w.example", bytes(32))
    writer = LogWriter.open(folder, SIGNER)
    writer.append(NEXT)
    line = witness.cosign(split_note(writer.note)[0], seconds=1)
    cosigned = writer.add_cosignatures(523, [line], [witness.verifier])
    writer.append([b"lone"])
    killed = shutil.copytree(folder, tmp_path / "killed")
    writer.close()
    LogWriter.open(killed, SIGNER).close()
    assert (killed / "checkpoints/523").read_bytes() == cosigned


def test_a_log_whose_creation_was_cut_off_can_be_created(tmp_path):
    for last in range(100):
        folder = tmp_path / str(last)
        disk = CountingDisk()
        stop_at(disk, last)
        try:
            LogWriter.create(folder, SIGNER, disk=disk).close()
        except Crash:
            if not (folder / "checkpoint").exists():
                LogWriter.create(folder, SIGNER).close()
            assert check_one_history(folder, [], []) == 0
        else:
            break
    assert last > 10


def test_a_full_disk_refuses_the_batch_and_loses_nothing(begun, tmp_path):
    for last in range(0, 1000, 5):
        folder = tmp_path / str(last)
        shutil.copytree(begun, folder)
        disk = CountingDisk()
        writer = LogWriter.open(folder, SIGNER, disk=disk)

        def no_space(step, action, arguments, last=disk.steps + last):
            if step == last:
                raise OSError(28, "No space left on device")

        disk.at_step = no_space
        try:
            writer.append(NEXT)
            break
        except WriteRefused as error:
            assert error.code == "writer_broken"
            assert "No space" in str(error)
        with pytest.raises(WriteRefused):
            writer.append([b"more"])
        writer.close()
        check_one_history(folder, BEGUN, [])
    assert last > 50


WRITE_FOR_EVER = """
import sys
from pathlib import Path
from votelog import LogWriter, Signer
with LogWriter.open(Path(sys.argv[1]), Signer(sys.argv[2], bytes([1]) * 32)) as writer:
    while True:
        start = writer.size
        sealed = writer.append([b"entry %d" % index for index in range(start, start + 100)])
        sys.stdout.write(f"{sealed.end}\\n")
        sys.stdout.flush()
"""


def test_a_writer_killed_at_random_moments_loses_nothing_it_acknowledged(tmp_path):
    LogWriter.create(tmp_path, SIGNER).close()
    dice = random.Random(8)
    heads = []
    for _ in range(12):
        with given_child(WRITE_FOR_EVER, tmp_path) as child:
            first = child.stdout.readline()
            time.sleep(dice.random() * 0.06)
            child.send_signal(signal.SIGKILL)
            acknowledged = int((first + child.stdout.read()).split()[-1])
        with LogWriter.open(tmp_path, SIGNER) as writer:
            assert writer.size >= acknowledged
            assert writer.size % 100 == 0
            heads.append(writer.note)
    reader = given_reader(tmp_path)
    assert Audit(reader, SIGNER.verifier, older=heads).run() == []
    for index in range(0, reader.size, 97):
        assert reader.entry(index) == b"entry %d" % index


def given_child(program: str, folder: Path) -> subprocess.Popen:
    source = Path(__file__).parent.parent / "src"
    return subprocess.Popen(
        [sys.executable, "-c", program, str(folder), ORIGIN],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(source)},
        text=True,
    )


def test_a_second_writer_is_refused(tmp_path):
    given_log(tmp_path, OLD)
    with given_child(WRITE_FOR_EVER, tmp_path) as child:
        child.stdout.readline()
        with pytest.raises(WriteRefused) as caught:
            LogWriter.open(tmp_path, SIGNER)
        assert caught.value.code == "log_locked"
        with pytest.raises(WriteRefused):
            LogWriter.create(tmp_path, SIGNER)
        child.kill()
    LogWriter.open(tmp_path, SIGNER).close()


def test_two_writers_race_and_one_of_them_writes(tmp_path):
    LogWriter.create(tmp_path, SIGNER).close()
    program = WRITE_FOR_EVER.replace("while True:", "for _ in range(20):")
    children = [given_child(program, tmp_path) for _ in range(4)]
    answers = [child.communicate()[0].split() for child in children]
    ends = sorted(int(end) for answer in answers for end in answer)
    assert ends
    assert len(ends) == len(set(ends))
    assert Audit(given_reader(tmp_path), SIGNER.verifier).run() == []
    assert given_reader(tmp_path).size == ends[-1]


def test_without_the_lock_two_writers_still_make_one_history(begun, tmp_path):
    """Somebody deletes the lock file; the second one appends at each step of the first."""
    for moment in range(1000):
        folder = tmp_path / str(moment)
        shutil.copytree(begun, folder)
        disk = CountingDisk()
        first = LogWriter.open(folder, SIGNER, disk=disk)
        (folder / ".writer/lock").unlink()
        second = LogWriter.open(folder, SIGNER)
        sealed = {}

        def interrupt(step, action, arguments, moment=disk.steps + moment, other=second, to=sealed):
            if step == moment:
                to["second"] = try_append(other, [b"second"] * 7)

        disk.at_step = interrupt
        sealed["first"] = try_append(first, [b"first"] * 9)
        first.close()
        second.close()
        won = [name for name in ("first", "second") if sealed.get(name)]
        assert len(won) == 1
        reader = given_reader(folder)
        assert Audit(reader, SIGNER.verifier).run() == []
        assert reader.entry(253) == won[0].encode()
        if "second" not in sealed:
            break
    assert moment > 30


def test_a_writer_that_slept_through_its_own_recovery_never_forks(begun, tmp_path):
    """The lock file is deleted; the second writer opens, and goes on, at each step of the first."""
    for moment in range(1000):
        folder = tmp_path / str(moment)
        shutil.copytree(begun, folder)
        disk = CountingDisk()
        first = LogWriter.open(folder, SIGNER, disk=disk)
        (folder / ".writer/lock").unlink()
        notes: list[bytes] = []

        def interrupt(step, action, arguments, moment=disk.steps + moment, folder=folder, to=notes):
            if step == moment:
                with LogWriter.open(folder, SIGNER) as second:
                    second.append([b"second"] * 7)
                    to.append(second.note)

        disk.at_step = interrupt
        for _ in range(2):
            if try_append(first, [b"first"] * 9):
                notes.append(first.note)
        first.close()
        newest = max(notes, key=lambda note: peek_checkpoint(note).size)
        (folder / "checkpoint").write_bytes(newest)
        assert Audit(given_reader(folder), SIGNER.verifier, older=notes).run() == []
        if len(notes) == 2 and peek_checkpoint(newest).size == 253 + 18:
            break
    assert moment > 30


def try_append(writer: LogWriter, entries: list[bytes]) -> bool:
    try:
        writer.append(entries)
    except WriteRefused as error:
        assert error.code in {"checkpoint_moved", "place_claimed", "writer_broken"}
        return False
    return True


def test_a_checkpoint_put_back_by_hand_is_not_continued(tmp_path):
    given_log(tmp_path, OLD[:1])
    old = (tmp_path / "checkpoint").read_bytes()
    with LogWriter.open(tmp_path, SIGNER) as writer:
        writer.append(OLD[1])
    (tmp_path / "checkpoint").write_bytes(old)
    with pytest.raises(WriteRefused) as caught:
        LogWriter.open(tmp_path, SIGNER)
    assert caught.value.code == "log_rolled_back"


def refused_code(call) -> str:
    with pytest.raises((WriteRefused, Rejected)) as caught:
        call()
    return caught.value.code


def test_what_cannot_be_written_changes_nothing(tmp_path):
    folder = tmp_path / "log"
    assert refused_code(lambda: LogWriter.open(folder, SIGNER)) == "log_absent"
    assert not folder.exists()
    with LogWriter.create(folder, SIGNER) as writer:
        assert refused_code(lambda: writer.append([])) == "batch_size"
        assert refused_code(lambda: writer.append([b"x" * 65_536])) == "entry_too_long"
        assert writer.append([b"x" * 65_535]).start == 0
    assert refused_code(lambda: writer.append([b"closed"])) == "writer_broken"
    assert refused_code(lambda: LogWriter.create(folder, SIGNER)) == "log_exists"
    stranger = given_signer(seed=9)
    assert refused_code(lambda: LogWriter.open(folder, stranger)) == "signature_missing"
    assert given_reader(folder).size == 1


def test_a_log_damaged_at_its_edge_is_not_continued(tmp_path):
    given_log(tmp_path, OLD)
    tile = tmp_path / "tile/0/000.p/253"
    bundle = tmp_path / "tile/entries/000.p/253"
    for path, code in [(tile, "head_differs"), (bundle, "entry_changed")]:
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        assert refused_code(lambda: LogWriter.open(tmp_path, SIGNER)) == code
        path.write_bytes(whole)
    LogWriter.open(tmp_path, SIGNER).close()


def test_every_single_bit_of_a_waiting_journal_matters(tmp_path):
    given_log(tmp_path, OLD)
    disk = CountingDisk()
    writer = LogWriter.open(tmp_path, SIGNER, disk=disk)
    stop_at(disk, disk.steps + 20)
    with pytest.raises(Crash):
        writer.append([b"a", b"b"])
    writer.close()
    journal = tmp_path / ".writer/journal/253"
    whole = journal.read_bytes()
    for bit in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        journal.write_bytes(changed)
        with pytest.raises(Exception) as caught:  # noqa: PT011 - the code is checked
            LogWriter.open(tmp_path, SIGNER)
        assert caught.value.code == "journal_corrupt"
    journal.write_bytes(whole)
    with LogWriter.open(tmp_path, SIGNER) as writer:
        assert writer.recovered == range(253, 255)


def test_cosignatures_join_the_checkpoint_that_they_are_of(tmp_path):
    given_log(tmp_path, OLD)
    witness = Cosigner("w.example", bytes(32))
    keys = [witness.verifier]
    with LogWriter.open(tmp_path, SIGNER) as writer:
        line = witness.cosign(split_note(writer.note)[0], seconds=1)
        note = writer.add_cosignatures(253, [line], keys)
        assert writer.add_cosignatures(253, [line], keys) == note == writer.note
        assert (tmp_path / "checkpoint").read_bytes() == note
        writer.append([b"and on"])
        past = read_past_checkpoint(given_reader(tmp_path).source, 250)
        late = witness.cosign(split_note(past)[0], seconds=2)
        assert writer.add_cosignatures(250, [late], keys).startswith(past)
        for size, wrong in [(254, line), (253, late)]:
            assert (
                refused_code(lambda s=size, w=wrong: writer.add_cosignatures(s, [w], keys))
                == "signature_false"
            )
        with pytest.raises(Missing):
            writer.add_cosignatures(7, [line], keys)
        writer.append([b"and on"])
    for size in (250, 253):
        assert len(split_note((tmp_path / f"checkpoints/{size}").read_bytes())[1]) == 2
    assert Audit(given_reader(tmp_path), SIGNER.verifier).run() == []


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.integers(1, 600), st.booleans()), min_size=1, max_size=8))
def test_batches_of_any_size_make_a_clean_log(tmp_path_factory, batches):
    folder = tmp_path_factory.mktemp("log")
    writer = LogWriter.create(folder, SIGNER)
    for number, reopens in batches:
        sealed = writer.append(given_entries(number, writer.size))
        for index in {sealed.start, sealed.end - 1}:
            verify_receipt(parse_receipt(sealed.receipt(index)), given_policy())
        if reopens:
            writer.close()
            writer = LogWriter.open(folder, SIGNER)
    writer.close()
    assert Audit(given_reader(folder), SIGNER.verifier).run() == []
