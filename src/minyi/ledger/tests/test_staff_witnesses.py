# SPDX-License-Identifier: Apache-2.0
"""The register of witnesses on the console: who keeps it, and what it refuses."""

import pytest
from votelog import Signer

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_agency, given_client, given_staff
from minyi.core.models import AuditEntry, OutboxMessage
from minyi.ledger.models import Log, LogWitness, Witness
from minyi.ledger.services import witnesses

from .given import given_cosigner, given_witness

pytestmark = pytest.mark.django_db
ROOM = "/staff/witnesses/"


@pytest.fixture
def agency():
    return given_agency()


def said(agency, **fields: str) -> dict[str, str]:
    return {
        "agency": str(agency.pk),
        "organisation": "市公证处",
        "vkey": given_cosigner(1).verifier.vkey(),
        "url": "https://witness.example.org",
        "since": "2026-11-01",
        "until": "",
        **fields,
    }


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_supervisors_and_administrators_keep_the_register(agency, role):
    client = given_client(given_staff(agency, role))
    assert client.get(f"{ROOM}new/").status_code == 200
    assert client.post(f"{ROOM}new/", said(agency)).status_code == 302
    row = Witness.objects.get()
    assert (row.organisation, row.agency) == ("市公证处", agency)
    listed = client.get(ROOM).content.decode()
    assert "市公证处" in listed
    assert "还没有用于活动" in listed
    changed = said(agency, organisation="市公证处（新）", until="2027-01-01")
    assert client.post(f"{ROOM}edit/{row.pk}/", changed).status_code == 302
    assert AuditEntry.objects.filter(act__startswith="ledger.witness").count() == 2
    assert OutboxMessage.objects.filter(topic=witnesses.CHANGED).count() == 2


def test_others_of_the_office_read_it_and_change_nothing(agency):
    given_witness(agency)
    client = given_client(given_staff(agency, Role.ORGANISER))
    assert "公证处1" in client.get(ROOM).content.decode()
    assert client.post(f"{ROOM}new/", said(agency)).status_code in {302, 403}
    assert Witness.objects.count() == 1


def test_nobody_registers_one_for_another_agency(agency):
    client = given_client(given_staff(agency, Role.ADMINISTRATOR))
    elsewhere = given_agency("别处的单位")
    assert client.post(f"{ROOM}new/", said(elsewhere)).status_code == 200
    assert not Witness.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"vkey": "w.example+00000000+AAAA"}, "这不是一把见证公钥"),
        ({"vkey": Signer("log.example", bytes(32)).verifier.vkey()}, "这不是一把见证公钥"),
        ({"url": "ftp://witness.example.org"}, "请填写完整网址"),
        ({"url": "https://user:secret@witness.example.org"}, "请填写完整网址"),
        ({"url": "file:///etc/passwd"}, "请填写完整网址"),
        ({"until": "2026-10-01"}, "截止日期不能早于起始日期"),
        ({"vkey": given_cosigner(2).verifier.vkey()}, "已经登记了这把见证公钥"),
    ],
)
def test_what_cannot_work_is_said_on_the_form(agency, fields, words):
    given_witness(agency, 2)
    client = given_client(given_staff(agency, Role.SUPERVISOR))
    answer = client.post(f"{ROOM}new/", said(agency, **fields))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert Witness.objects.count() == 1


def test_a_key_that_a_log_names_cannot_be_exchanged(agency):
    row = given_witness(agency)
    log = Log.objects.create(
        folder="w", round_id=1, origin="o", vkey="k", opened_at="2026-11-01T00:00Z"
    )
    LogWitness.objects.create(log=log, witness=row, next_at="2026-11-01T00:00Z", state="down")
    client = given_client(given_staff(agency, Role.SUPERVISOR))
    other = given_cosigner(7).verifier.vkey()
    client.post(f"{ROOM}edit/{row.pk}/", said(agency, vkey=other, organisation="改名"))
    row.refresh_from_db()
    assert (row.organisation, row.vkey) == ("改名", given_cosigner(1).verifier.vkey())
    assert "连接不上" in client.get(ROOM).content.decode()
    assert client.post(f"{ROOM}delete/{row.pk}/").status_code in {302, 403}
    assert Witness.objects.count() == 1
