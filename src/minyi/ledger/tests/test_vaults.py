# SPDX-License-Identifier: Apache-2.0
"""The identity vault: sealed field by field, opened by two, destroyed for everybody."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import ConnectionHandler, IntegrityError, transaction

from minyi.agencies.policies import Role
from minyi.campaigns.tests.given import NOW, given_agency, given_staff
from minyi.config.databases import database
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry
from minyi.ledger.errors import (
    BallotsNeeded,
    HoursOutOfRange,
    OpeningDecided,
    OpeningNotAllowed,
    OpeningNotFound,
    OpeningOver,
    PurposeNeeded,
    SamePersonOpens,
    VaultDamaged,
    VaultDestroyed,
    VaultLocked,
)
from minyi.ledger.models import LogEntry, Vault, VaultOpening, VaultRow
from minyi.ledger.services import logs, openings, vaults
from minyi.ledger.services.openings import NamedBallot
from minyi.ledger.services.vaults import Person
from minyi.ledger.vaultkeys import FieldKey, Unreadable, place_of

from .given import keep_logs_in

pytestmark = pytest.mark.django_db

CAMPAIGN = 7
ANNA = Person("wechat", "sandbox", "openid-of-anna")
BO = Person("wechat", "sandbox", "openid-of-bo")
PURPOSE = "核实第 12 号申诉是否本人所投"


def given_voter(person: Person = ANNA, campaign_id: int = CAMPAIGN) -> str:
    return vaults.enrol(campaign_id=campaign_id, person=person)[0]


def given_log() -> None:
    logs.open_log(
        name="windows", round_id=1, origin=lambda folder: f"vote.example/{folder}", now=NOW
    )


def who_cast(*tags: str, campaign_id: int = CAMPAIGN):
    return vaults.find_people(campaign_id=campaign_id, tags=tags)


@pytest.fixture
def office():
    agency = given_agency()
    return {
        "agency": agency,
        "organiser": given_staff(agency, Role.ORGANISER).actor,
        "supervisor": given_staff(agency, Role.SUPERVISOR).actor,
    }


def given_asked(office, tag: str, by: str = "organiser", **changes: object) -> VaultOpening:
    said = {
        "campaign_id": CAMPAIGN,
        "agency_id": office["agency"].pk,
        "ballots": [NamedBallot("RECEIPT", tag)],
        "purpose": PURPOSE,
        "hours": 24,
        "actor": office[by],
        "now": NOW,
    }
    return openings.ask(**{**said, **changes})


def allow(office, opening, by: str = "supervisor", folder: str = ""):
    return openings.allow(
        opening_id=opening.pk, folder=folder, note="同意", actor=office[by], now=NOW
    )


def look(office, opening, by: str = "organiser", now=NOW):
    return openings.look(opening_id=opening.pk, actor=office[by], now=now)


# --- Sealed ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("cipher", ["AES-256-GCM", "SM4-GCM"])
def test_who_stands_behind_a_tag_is_found_again(settings, cipher):
    settings.VAULT_CIPHER = cipher
    anna, bo = given_voter(ANNA), given_voter(BO)
    assert who_cast(anna, bo, "0" * 32) == {anna: ANNA, bo: BO}
    settings.VAULT_CIPHER = "AES-256-GCM"  # of new vaults; this one keeps its own
    assert who_cast(anna) == {anna: ANNA}
    assert Vault.objects.get().cipher == cipher


def test_sm4_gcm_is_that_of_rfc_8998():
    """Appendix A.1 of RFC 8998."""
    key = FieldKey("SM4-GCM", bytes.fromhex("0123456789abcdeffedcba9876543210"))
    sealed = bytes.fromhex(
        "00001234567800000000abcd"
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    place = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = b"".join(bytes([byte]) * 8 for byte in bytes.fromhex("aabbccddeeffeeaa"))
    assert key.open(sealed, place) == plain


@pytest.mark.parametrize("field", ["channel", "account", "subject"])
def test_a_field_changed_or_moved_to_another_row_is_noticed(field):
    anna, bo = given_voter(ANNA), given_voter(BO)
    of_bo = bytes(getattr(VaultRow.objects.get(tag=bo), field))
    VaultRow.objects.filter(tag=anna).update(**{field: of_bo})
    with pytest.raises(VaultDamaged):
        who_cast(anna)


def test_a_row_of_another_campaign_is_noticed():
    tag = given_voter(ANNA)
    vaults.tag_of(campaign_id=8, person=ANNA)
    VaultRow.objects.update(vault=Vault.objects.get(campaign_id=8))
    with pytest.raises(VaultDamaged):
        who_cast(tag, campaign_id=8)


def test_every_single_bit_of_a_sealed_field_counts():
    key = FieldKey("AES-256-GCM", b"k" * 32)
    place = place_of(CAMPAIGN, "t", "subject")
    sealed = key.seal(b"openid", place)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Unreadable):
            key.open(bytes(changed), place)


def test_without_the_master_key_nothing_opens(settings):
    tag = given_voter()
    settings.VAULT_KEY = "another master key of at least 32 characters"
    with pytest.raises(VaultLocked):
        who_cast(tag)


def test_the_master_key_is_changed_without_touching_a_row(settings, capsys):
    tag = given_voter()
    before = bytes(VaultRow.objects.get().subject)
    old, settings.VAULT_KEY = settings.VAULT_KEY, "another master key of at least 32 characters"
    settings.VAULT_KEY_OLD = old
    assert who_cast(tag) == {tag: ANNA}  # while the old one is still at hand
    call_command("vault", "rotate")
    assert "1 vaults" in capsys.readouterr().out
    settings.VAULT_KEY_OLD = ""
    assert who_cast(tag) == {tag: ANNA}
    assert bytes(VaultRow.objects.get().subject) == before
    call_command("vault", "rotate")
    assert "0 vaults" in capsys.readouterr().out


# --- Opened ---------------------------------------------------------------------------------------


def test_two_people_open_it_for_named_ballots_and_some_hours(office):
    anna, _bo = given_voter(ANNA), given_voter(BO)
    opening = allow(office, given_asked(office, anna))
    for by in ("organiser", "supervisor"):
        assert [one.person for one in look(office, opening, by)] == [ANNA]
    with pytest.raises(OpeningOver):
        look(office, opening, now=NOW + timedelta(hours=24))
    acts = AuditEntry.objects.order_by("id").values_list("act", flat=True)
    assert list(acts) == [
        f"ledger.vault.{verb}" for verb in ("asked", "allowed", "looked", "looked")
    ]
    said = str(list(AuditEntry.objects.values_list("facts", "target_name")))
    assert ANNA.subject not in said
    assert anna not in said


def test_nobody_allows_their_own_request(office):
    tag = given_voter()
    both = given_staff(office["agency"], Role.SUPERVISOR)
    given_post = both.posts.model
    given_post.objects.create(
        user=both, agency=office["agency"], role=Role.ORGANISER, since=NOW.date()
    )
    office["both"] = type(both).objects.get(pk=both.pk).actor
    opening = given_asked(office, tag, by="both")
    with pytest.raises(SamePersonOpens):
        allow(office, opening, by="both")
    with pytest.raises(IntegrityError), transaction.atomic():
        VaultOpening.objects.filter(pk=opening.pk).update(decided_by=both)


def test_an_organiser_allows_nothing_and_an_editor_asks_for_nothing(office):
    tag = given_voter()
    opening = given_asked(office, tag)
    office["second"] = given_staff(office["agency"], Role.ORGANISER).actor
    office["editor"] = given_staff(office["agency"], Role.EDITOR).actor
    with pytest.raises(NotAllowed):
        allow(office, opening, by="second")
    with pytest.raises(NotAllowed):
        given_asked(office, tag, by="editor")


def test_before_it_is_allowed_and_after_it_is_refused_nobody_looks(office):
    opening = given_asked(office, given_voter())
    with pytest.raises(OpeningNotAllowed):
        look(office, opening)
    openings.refuse(opening_id=opening.pk, note="用途不充分", actor=office["supervisor"], now=NOW)
    with pytest.raises(OpeningNotAllowed):
        look(office, opening)
    with pytest.raises(OpeningDecided):
        allow(office, opening)


def test_a_third_person_and_another_agency_see_nothing(office):
    opening = allow(office, given_asked(office, given_voter()))
    office["third"] = given_staff(office["agency"], Role.SUPERVISOR).actor
    office["stranger"] = given_staff(given_agency(), Role.SUPERVISOR).actor
    with pytest.raises(NotAllowed):
        look(office, opening, by="third")
    with pytest.raises(OpeningNotFound):
        look(office, opening, by="stranger")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"ballots": []}, BallotsNeeded),
        ({"ballots": [NamedBallot("R", "0" * 32)] * 51}, BallotsNeeded),
        ({"purpose": "  看看   "}, PurposeNeeded),
        ({"hours": 0}, HoursOutOfRange),
        ({"hours": 73}, HoursOutOfRange),
    ],
)
def test_purpose_ballots_and_hours_are_needed(office, changes, error):
    with pytest.raises(error):
        given_asked(office, given_voter(), **changes)


def test_the_public_log_says_that_it_was_opened_and_not_for_whom(office, settings, tmp_path):
    keep_logs_in(settings, tmp_path)
    logs.open_log(
        name="windows", round_id=1, origin=lambda folder: f"vote.example/{folder}", now=NOW
    )
    tag = given_voter()
    allow(office, given_asked(office, tag), folder="windows")
    (entry,) = LogEntry.objects.all()
    assert '"what":"vault_opened"' in entry.text
    assert '"ballots":1' in entry.text
    for secret in (tag, "RECEIPT", ANNA.subject, PURPOSE):
        assert secret not in entry.text


# --- Destroyed ------------------------------------------------------------------------------------


def test_a_destroyed_vault_opens_for_nobody_and_its_tags_cannot_be_made_again(office):
    tag = given_voter()
    waiting, opened = given_asked(office, tag), allow(office, given_asked(office, tag))
    vaults.destroy(campaign_id=CAMPAIGN, folder="", now=NOW)
    assert VaultRow.objects.count() == 0
    vault = Vault.objects.get()
    assert (bytes(vault.data_key), bytes(vault.tag_key)) == (b"", b"")
    for attempt in (
        lambda: given_voter(),
        lambda: who_cast(tag),
        lambda: look(office, opened),
        lambda: allow(office, waiting),
        lambda: given_asked(office, tag),
    ):
        with pytest.raises(VaultDestroyed) as refused:
            attempt()
        assert refused.value.code == "vault_destroyed"
        assert "2026-09-02" in refused.value.detail


def test_destroyed_twice_it_is_destroyed_once_and_the_log_says_so(settings, tmp_path):
    keep_logs_in(settings, tmp_path)
    logs.open_log(
        name="windows", round_id=1, origin=lambda folder: f"vote.example/{folder}", now=NOW
    )
    given_voter()
    for hours in range(2):
        vaults.destroy(campaign_id=CAMPAIGN, folder="windows", now=NOW + timedelta(hours=hours))
    assert Vault.objects.get().destroyed_at == NOW
    assert [row.text.count("vault_destroyed") for row in LogEntry.objects.all()] == [1]
    assert AuditEntry.objects.filter(act="ledger.vault.destroyed").count() == 1


def test_what_is_deleted_is_neither_in_the_file_nor_in_the_journal(tmp_path):
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    house = ConnectionHandler({"default": database(url)})["default"]
    vaults.overwrite_deleted(house)
    secret = ANNA.subject.encode()
    with house.cursor() as cursor:
        cursor.execute("CREATE TABLE people (who TEXT)")
        cursor.execute("INSERT INTO people VALUES (%s)", [ANNA.subject])
        cursor.execute("DELETE FROM people")
    assert any(secret in file.read_bytes() for file in tmp_path.iterdir())
    assert vaults.empty_journal(house)
    assert not any(secret in file.read_bytes() for file in tmp_path.iterdir())
    house.close()


def test_while_somebody_reads_the_journal_is_left_for_later(tmp_path):
    url = f"sqlite:///{tmp_path / 'db.sqlite3'}"
    house = ConnectionHandler({"default": database(url)})["default"]
    with house.cursor() as cursor:
        cursor.execute("CREATE TABLE people (who TEXT)")
    with closing(sqlite3.connect(tmp_path / "db.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM people").fetchall()
        with house.cursor() as cursor:
            cursor.execute("INSERT INTO people VALUES ('x')")
        assert not vaults.empty_journal(house)
    assert vaults.empty_journal(house)
    house.close()
