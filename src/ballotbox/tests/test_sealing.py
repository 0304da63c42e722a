# SPDX-License-Identifier: Apache-2.0
"""Ballots in the public log: answered with a proof, never twice, and brought in after a crash."""

import asyncio
import json
from pathlib import Path

import pytest
from votelog import (
    FolderSource,
    LogReader,
    LogWriter,
    encode_canonical,
    parse_receipt,
    policy_for,
    public_of,
    recount_log,
    verify_receipt,
)

from ballotbox.app import create_app
from ballotbox.ballots import Ballot, receipt_for
from ballotbox.logkeys import KeyUnusable, make_signer, read_signer
from ballotbox.places import Place, PlaceBook
from ballotbox.sealing import SEALED, LogSealer
from ballotbox.stores import open_store
from ballotbox.tests.given import (
    NONCE,
    VOTER,
    cast,
    given_ballot,
    given_round,
    given_settings,
    given_ticket,
)

KEY = b"a-ledger-key-for-tests-32-bytes!"
ORIGIN = "vote.example/ledger/windows"
MANIFEST = {
    "type": "manifest",
    "v": 1,
    "campaign": "windows",
    "candidates": [f"{number:03d}" for number in range(1, 8)],
    "opens": 0,
    "closes": 9_999_999_999_999,
    "zone": 480,
    "ph": "a" * 64,
    "rules": "b" * 64,
    "rule": {"per": "campaign", "min": 1, "max": 3},
    "tag_key": "c" * 64,
    "policy": "d" * 64,
    "code": "0.1.0",
    "screening": "0",
    "appeal": 9_999_999_999_999,
}


def given_log(database, tmp_path: Path) -> Path:
    """Give round 1 a log; return its folder."""
    folder = tmp_path / "ledger" / "windows"
    make_signer(folder, ORIGIN, key=KEY)
    database.change_round(log="windows", manifest=encode_canonical(MANIFEST).decode())
    return folder


def in_app_with_log(database, tmp_path, scenario):
    settings = given_settings(database, ledger_dir=str(tmp_path / "ledger"), ledger_key=KEY)

    async def run():
        app = create_app(settings)
        await app.start()
        try:
            return await scenario(app)
        finally:
            await app.stop()

    return asyncio.run(run())


def ballot_from(number: int) -> dict[str, object]:
    return given_ballot(
        ticket=given_ticket(voter_ref=f"{number:032x}"), nonce=f"{number + 7_000:032x}"
    )


def policy_of(folder: Path):
    return policy_for(read_signer(folder, KEY).verifier)


def open_reader(folder: Path) -> LogReader:
    note = (folder / "checkpoint").read_bytes()
    return LogReader(FolderSource(folder), policy_of(folder), note)


def count_of(folder: Path):
    return recount_log(open_reader(folder), read_signer(folder, KEY).verifier)


def stored_only(database, *voters: int) -> None:
    """Commit ballots and die before the seal."""
    store = open_store(database.url)
    store.add_ballots([Ballot(1, f"{n:032x}", f"{n + 7_000:032x}", "[3,7]", 0) for n in voters])
    store.close()


def test_the_answer_proves_that_the_ballot_is_in_the_log(database, tmp_path):
    folder = given_log(database, tmp_path)
    answer = in_app_with_log(database, tmp_path, cast)
    assert (answer.status, answer.json["index"]) == (201, 1)  # 0 is the manifest
    proven = verify_receipt(parse_receipt(answer.json["proof"].encode()), policy_of(folder))
    entry = json.loads(proven.entry)
    assert (entry["n"], entry["tag"], entry["ch"]) == (NONCE, VOTER, ["003", "007"])


def test_the_same_ballot_sent_again_is_proven_at_the_same_place(database, tmp_path):
    folder = given_log(database, tmp_path)

    async def scenario(app):
        first = await cast(app)
        await cast(app, ballot_from(1))
        return first, await cast(app)

    first, again = in_app_with_log(database, tmp_path, scenario)
    assert again.json["index"] == first.json["index"]
    assert again.json["repeated"] is True
    verify_receipt(parse_receipt(again.json["proof"].encode()), policy_of(folder))
    assert open_reader(folder).size == 3


def test_everybody_in_a_crowd_gets_a_place_of_their_own_and_the_recount_agrees(database, tmp_path):
    folder = given_log(database, tmp_path)

    async def scenario(app):
        return await asyncio.gather(*(cast(app, ballot_from(n)) for n in range(700)))

    answers = in_app_with_log(database, tmp_path, scenario)
    policy = policy_of(folder)
    proven = [verify_receipt(parse_receipt(a.json["proof"].encode()), policy) for a in answers]
    assert sorted(one.index for one in proven) == list(range(1, 701))
    count = count_of(folder)
    assert count.findings == []
    assert count.tally["003"] == count.tally["007"] == 700


def test_what_a_crash_left_between_table_and_log_is_brought_in_at_the_start(database, tmp_path):
    folder = given_log(database, tmp_path)
    in_app_with_log(database, tmp_path, cast)
    stored_only(database, 1, 2, 3)

    async def nothing(app):
        return None

    in_app_with_log(database, tmp_path, nothing)
    assert open_reader(folder).size == 5
    again = in_app_with_log(database, tmp_path, lambda app: cast(app, ballot_from(2)))
    assert (again.status, again.json["index"]) == (200, 3)


@pytest.mark.parametrize("left", [None, bytes(64), b"torn"])
def test_a_lost_or_torn_book_of_places_is_read_from_the_log_again(database, tmp_path, left):
    folder = given_log(database, tmp_path)

    async def three(app):
        return [await cast(app, ballot_from(n)) for n in range(3)]

    before = in_app_with_log(database, tmp_path, three)
    book = folder / ".writer" / "places"
    book.unlink() if left is None else book.write_bytes(book.read_bytes()[:32] + left)
    after = in_app_with_log(database, tmp_path, three)
    assert [a.json["index"] for a in after] == [b.json["index"] for b in before]
    assert open_reader(folder).size == 4


def test_after_a_restore_nobody_is_handed_the_proof_of_another_ballot(database, tmp_path):
    """The table went back and gave the id of a sealed ballot to another; the log did not."""
    given_log(database, tmp_path)
    in_app_with_log(database, tmp_path, lambda app: cast(app, ballot_from(1)))
    database.run("UPDATE campaigns_ballot SET voter_ref = ?, nonce = ?", "9" * 32, "8" * 32)
    mine = given_ballot(ticket=given_ticket(voter_ref="9" * 32), nonce="8" * 32)
    receipt = receipt_for(1, "9" * 32, "", "8" * 32, "[3,7]")
    database.run("UPDATE campaigns_ballot SET receipt = ?", receipt)
    answer = in_app_with_log(database, tmp_path, lambda app: cast(app, mine))
    assert (answer.status, answer.json["code"]) == (503, "storage_unavailable")


def test_a_log_that_is_ahead_of_a_restored_table_stops_its_own_vote_and_no_other(
    database, tmp_path, capfd
):
    """The table was put back from a backup of before the first ballot; the book of places too."""
    folder = given_log(database, tmp_path)
    in_app_with_log(database, tmp_path, cast)
    database.run("DELETE FROM campaigns_ballot")
    (folder / ".writer" / "places").unlink()
    given_round(database, id=2)
    other = given_ballot(ticket=given_ticket(round_id=2))

    async def scenario(app):
        return await asyncio.gather(cast(app, ballot_from(1)), cast(app, other))

    ahead, sound = in_app_with_log(database, tmp_path, scenario)
    assert (ahead.status, ahead.json["code"]) == (503, "storage_unavailable")
    assert sound.status == 201
    assert "log_not_recovered" in capfd.readouterr().err
    assert open_reader(folder).size == 2


@pytest.mark.parametrize("live", [True, False])
def test_what_a_restored_table_takes_behind_the_log_is_refused_instead_of_left_out(
    sqlite_database, tmp_path, live
):
    """The table went back by two ballots: the next one gets an id that the log has passed."""
    folder = given_log(sqlite_database, tmp_path)
    sqlite_database.change_round(log_live=live)

    async def three(app):
        return [await cast(app, ballot_from(number)) for number in range(3)]

    in_app_with_log(sqlite_database, tmp_path, three)
    sqlite_database.run("DELETE FROM campaigns_ballot WHERE id > 1")
    sqlite_database.run("UPDATE sqlite_sequence SET seq = 1 WHERE name = 'campaigns_ballot'")
    answer = in_app_with_log(sqlite_database, tmp_path, lambda app: cast(app, ballot_from(9)))
    assert (answer.status, answer.json["code"]) == (503, "storage_unavailable")
    assert open_reader(folder).size == 4


def test_a_log_that_was_put_back_alone_is_not_written_on(sqlite_database, tmp_path):
    folder = given_log(sqlite_database, tmp_path)
    in_app_with_log(sqlite_database, tmp_path, lambda app: cast(app, ballot_from(1)))
    book = PlaceBook(folder / ".writer" / "places")
    book.read()
    book.add(Place(2, 5, 2, 4))  # four ballots the log has no more
    answer = in_app_with_log(sqlite_database, tmp_path, lambda app: cast(app, ballot_from(2)))
    assert (answer.status, answer.json["code"]) == (503, "storage_unavailable")
    assert open_reader(folder).size == 2


def test_a_ballot_behind_the_close_is_refused_instead_of_taken_and_not_counted(database, tmp_path):
    """The office's clock is ahead: its log is closed while the table is open still."""
    folder = given_log(database, tmp_path)

    async def scenario(app):
        first = await cast(app, ballot_from(1))
        close = {"type": "close", "t": 1, "size": 2, "tally_code": "e" * 64}
        with LogWriter.open(folder, read_signer(folder, KEY)) as writer:
            writer.append([encode_canonical(close)])
        return first, await cast(app, ballot_from(2))

    first, late = in_app_with_log(database, tmp_path, scenario)
    assert first.status == 201
    assert (late.status, late.json["code"]) == (503, "storage_unavailable")
    assert open_reader(folder).size == 3


def test_two_sequencers_take_turns_and_write_one_history(database, tmp_path):
    folder = given_log(database, tmp_path)
    stores = [open_store(database.url) for _ in range(2)]
    sealers = [LogSealer(store, folder=folder.parent, key=KEY) for store in stores]
    for number in range(6):
        side = number % 2
        (stored,) = stores[side].add_ballots(
            [Ballot(1, f"{number:032x}", f"{number + 7_000:032x}", "[1]", 0)]
        )
        proofs = sealers[side].seal([stored])
        assert proofs[stored.id].index == number + 1
    for sealer, store in zip(sealers, stores, strict=True):
        sealer.close()
        store.close()
    assert count_of(folder).tally["001"] == 6


def test_a_log_that_cannot_be_written_refuses_everybody(sqlite_database, tmp_path):
    folder = given_log(sqlite_database, tmp_path)

    async def scenario(app):
        await cast(app, ballot_from(1))
        (folder / "checkpoint").write_bytes(b"something else\n")
        return await cast(app, ballot_from(2))

    refused = in_app_with_log(sqlite_database, tmp_path, scenario)
    assert (refused.status, refused.json["code"]) == (503, "storage_unavailable")


def test_one_damaged_log_stops_its_own_vote_and_no_other(sqlite_database, tmp_path, capfd):
    folder = given_log(sqlite_database, tmp_path)
    in_app_with_log(sqlite_database, tmp_path, cast)
    (folder / "checkpoint").write_bytes(b"something else\n")
    given_round(sqlite_database, id=2)
    other = given_ballot(ticket=given_ticket(round_id=2))

    async def scenario(app):
        return await asyncio.gather(cast(app, ballot_from(1)), cast(app, other))

    damaged, sound = in_app_with_log(sqlite_database, tmp_path, scenario)
    assert (damaged.status, damaged.json["code"]) == (503, "storage_unavailable")
    assert sound.status == 201
    assert "log_not_recovered" in capfd.readouterr().err


def test_a_round_without_a_log_is_answered_without_a_proof(sqlite_database, tmp_path):
    given_log(sqlite_database, tmp_path)
    given_round(sqlite_database, id=2)
    other = given_ballot(ticket=given_ticket(round_id=2))
    answer = in_app_with_log(sqlite_database, tmp_path, lambda app: cast(app, other))
    assert answer.status == 201
    assert "proof" not in answer.json


def test_while_counts_are_hidden_a_ballot_is_sealed_and_nobody_is_told_its_place(
    database, tmp_path
):
    folder = given_log(database, tmp_path)
    database.change_round(log_live=False)
    answer = in_app_with_log(database, tmp_path, cast)
    assert answer.status == 201
    assert answer.json.keys().isdisjoint({"index", "proof"})
    assert open_reader(folder).size == 2


def test_entry_0_is_what_was_printed_last_before_the_first_ballot(sqlite_database, tmp_path):
    folder = given_log(sqlite_database, tmp_path)
    given_round(sqlite_database, id=2, log="other", manifest=encode_canonical(MANIFEST).decode())
    make_signer(tmp_path / "ledger" / "other", "vote.example/ledger/other", key=KEY)

    async def scenario(app):
        await cast(app, given_ballot(ticket=given_ticket(round_id=2)))  # all logs are looked for
        printed = encode_canonical(MANIFEST | {"code": "printed again"}).decode()
        sqlite_database.change_round(manifest=printed)
        return await cast(app)

    assert in_app_with_log(sqlite_database, tmp_path, scenario).status == 201
    assert json.loads(open_reader(folder).entry(0))["code"] == "printed again"


def test_the_key_of_a_log_opens_only_with_its_ledger_key(tmp_path):
    make_signer(tmp_path / "windows", ORIGIN, key=KEY)
    assert (tmp_path / "windows/.writer/key").stat().st_mode & 0o777 == 0o600
    with pytest.raises(KeyUnusable):
        read_signer(tmp_path / "windows", b"another-key")
    with pytest.raises(FileExistsError):
        make_signer(tmp_path / "windows", ORIGIN, key=KEY)


CAMPAIGN_KEY = bytes(range(32))
SEALED_MANIFEST = MANIFEST | {"seal": public_of(CAMPAIGN_KEY).hex()}


def given_sealed_log(database, tmp_path: Path, *, hides: bool) -> Path:
    folder = given_log(database, tmp_path)
    manifest = encode_canonical(SEALED_MANIFEST).decode()
    database.change_round(manifest=manifest, hides_choices=hides)
    return folder


def opened_count(folder: Path):
    """Close the log, publish the key of the campaign, and count."""
    size = open_reader(folder).size
    close = {"type": "close", "t": 9_999_999_999_999, "size": size, "tally_code": "e" * 64}
    key = {"type": "key", "t": 9_999_999_999_999, "key": CAMPAIGN_KEY.hex()}
    with LogWriter.open(folder, read_signer(folder, KEY)) as writer:
        writer.append([encode_canonical(close), encode_canonical(key)])
    return count_of(folder)


@pytest.mark.parametrize("hides", [True, False])
def test_a_sealed_choice_is_proven_at_once_and_counted_when_the_key_is_published(
    database, tmp_path, hides
):
    folder = given_sealed_log(database, tmp_path, hides=hides)

    async def scenario(app):
        return [await cast(app), await cast(app, ballot_from(1))]

    answer, _other = in_app_with_log(database, tmp_path, scenario)
    assert (answer.status, answer.json["index"], answer.json["picks"]) == (201, 1, [3, 7])
    proven = verify_receipt(parse_receipt(answer.json["proof"].encode()), policy_of(folder))
    assert "ch" not in json.loads(proven.entry)
    assert (count_of(folder).sealed, count_of(folder).findings) == (True, [])
    count = opened_count(folder)
    assert (count.findings, count.tally["003"], count.tally["007"]) == ([], 2, 2)


def test_hidden_choices_stand_neither_in_the_table_nor_in_the_log_nor_behind_the_receipt(
    database, tmp_path
):
    folder = given_sealed_log(database, tmp_path, hides=True)
    in_app_with_log(database, tmp_path, cast)
    ((voter, period, picks, nonce, receipt, _cast_ms),) = database.ballots()
    assert picks.startswith(SEALED)
    assert receipt != receipt_for(1, voter, period, nonce, "[3,7]")  # nor can it be tried out
    files = [one.read_bytes() for one in folder.rglob("*") if one.is_file()]
    assert not any(b"[3,7]" in content or b'"003","007"' in content for content in files[1:])


def test_a_hidden_ballot_sent_again_is_the_same_and_another_choice_is_refused(database, tmp_path):
    given_sealed_log(database, tmp_path, hides=True)

    async def scenario(app):
        return [await cast(app), await cast(app), await cast(app, given_ballot(picks=[1]))]

    first, again, other = in_app_with_log(database, tmp_path, scenario)
    assert (again.status, again.json["receipt"]) == (200, first.json["receipt"])
    assert again.json["index"] == first.json["index"]
    assert (other.status, other.json["code"]) == (409, "already_voted")


def test_hidden_ballots_between_commit_and_seal_are_brought_in(database, tmp_path):
    folder = given_sealed_log(database, tmp_path, hides=True)
    in_app_with_log(database, tmp_path, cast)
    store = open_store(database.url)
    sealer = LogSealer(store, folder=tmp_path / "ledger", key=KEY)
    store.add_ballots(sealer.cover([Ballot(1, f"{9:032x}", f"{7_009:032x}", "[2]", 0)]))
    sealer.recover()
    sealer.close()
    store.close()
    count = opened_count(folder)
    assert (count.findings, count.counted, count.tally["002"]) == ([], 2, 1)
