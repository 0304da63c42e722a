# SPDX-License-Identifier: Apache-2.0
import hashlib
import hmac
import json
from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ballotbox.refusals import Refused
from ballotbox.tests.given import KEY, SESSION, VOTER, given_ticket
from ballotbox.ticket import check_ticket, read_ticket, session_for


def refusal_of(ticket: str) -> str:
    with pytest.raises(Refused) as refused:
        read_ticket(ticket, key=KEY)
    return refused.value.code


def test_a_ticket_says_what_it_was_issued_for():
    ticket = read_ticket(given_ticket(expires_s=99, risk=7, language="en"), key=KEY)
    assert (ticket.round_id, ticket.voter_ref, ticket.expires_s) == (1, VOTER, 99)
    assert (ticket.session, ticket.risk, ticket.language) == (SESSION, 7, "en")


def test_a_ticket_is_laid_out_as_documented():
    signed, _, mac = given_ticket(expires_s=99).rpartition(".")
    version, claims = signed.split(".")
    expected = hmac.digest(KEY, signed.encode(), "sha256")
    assert version == "v1"
    assert json.loads(urlsafe_b64decode(claims + "==")) == [
        *(1, VOTER, 99, SESSION, 0, "zh-hans", "")
    ]
    assert urlsafe_b64decode(mac + "=") == expected


def test_a_session_is_the_first_half_of_the_hash_of_the_cookie():
    assert session_for("abc") == hashlib.sha256(b"abc").hexdigest()[:16]
    assert session_for(b"abc") == session_for("abc")


def test_no_ticket_is_missing_not_forged():
    assert refusal_of("") == "ticket_missing"


def test_a_ticket_signed_with_another_key_is_forged():
    assert refusal_of(given_ticket(key=b"x" * 32)) == "ticket_forged"


def test_changing_any_one_character_makes_a_ticket_forged():
    ticket = given_ticket()
    for place, character in enumerate(ticket):
        changed = ticket[:place] + ("A" if character != "A" else "B") + ticket[place + 1 :]
        assert refusal_of(changed) == "ticket_forged"


@pytest.mark.parametrize("changes", [{"voter_ref": "short"}, {"risk": 101}, {"round_id": 0}])
def test_a_genuine_signature_over_nonsense_is_forged(changes):
    assert refusal_of(given_ticket(**changes)) == "ticket_forged"


def test_a_ticket_expires_at_its_second_and_not_before():
    ticket = read_ticket(given_ticket(expires_s=1000), key=KEY)
    check_ticket(ticket, now_s=999.9, session=SESSION)
    with pytest.raises(Refused, match="ticket_expired"):
        check_ticket(ticket, now_s=1000, session=SESSION)


def test_a_ticket_works_only_in_its_own_session():
    ticket = read_ticket(given_ticket(), key=KEY)
    with pytest.raises(Refused, match="ticket_other_session"):
        check_ticket(ticket, now_s=0, session=session_for("somebody else"))


@given(st.text(max_size=600))
def test_whatever_is_sent_as_a_ticket_is_refused_not_a_crash(text):
    assert refusal_of(text) in ("ticket_missing", "ticket_forged")


@given(st.text(max_size=40), st.text(max_size=40))
def test_whatever_stands_between_the_dots_is_refused_not_a_crash(claims, mac):
    assert refusal_of(f"v1.{claims}.{mac}") == "ticket_forged"
