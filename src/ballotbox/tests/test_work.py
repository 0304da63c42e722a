# SPDX-License-Identifier: Apache-2.0
"""Proof of work at the ballot box. Challenges and solutions are made by ALTCHA's own library."""

import time
from copy import deepcopy
from dataclasses import dataclass
from urllib.parse import urlencode

import altcha
import pytest

from ballotbox.refusals import Refused
from ballotbox.tests.given import (
    FORM_HEADERS,
    KEY,
    NONCE,
    VOTER,
    ask,
    cast,
    cast_one,
    given_ballot,
    given_ticket,
    in_app,
    nonce_of,
)
from ballotbox.ticket import read_ticket
from ballotbox.work import ALGORITHM, COST, MARK_CHARACTERS, check_work, work_key

OTHER = VOTER[::-1]


@dataclass
class Step:
    """A ticket that asks for work, and its challenge as the page shows it."""

    ticket: str
    challenge: altcha.Challenge

    def solve(self, **easier: object) -> str:
        """Return the derived key that this challenge, or an easier one, leads to."""
        challenge = deepcopy(self.challenge)
        for name, value in easier.items():
            setattr(challenge.parameters, name, value)
        return altcha.solve_challenge(challenge).derived_key


def given_step(*, counter: int = 4, **claims: object) -> Step:
    challenge = altcha.create_challenge(
        ALGORITHM, COST, counter=counter, hmac_secret=KEY, hmac_key_secret=work_key(KEY)
    )
    mark = challenge.parameters.key_signature[:MARK_CHARACTERS]
    return Step(given_ticket(work=mark, **claims), challenge)


def code_of(database, step: Step, work: str, **changes: object) -> str:
    ballot = given_ballot(ticket=step.ticket, work=work, **changes)
    return cast_one(database, ballot).json.get("code", "taken")


def test_a_ballot_with_its_work_done_is_taken(database):
    step = given_step()
    assert code_of(database, step, step.solve()) == "taken"
    assert len(database.ballots()) == 1


def test_a_ticket_without_a_raised_score_asks_for_nothing_and_minds_nothing(sqlite_database):
    for work in ("", "ff"):
        check_work(read_ticket(given_ticket(), key=KEY), work, key=KEY)
    assert cast_one(sqlite_database, given_ballot(work="ff")).status == 201


def test_without_work_the_ballot_is_refused_and_told_where_none_is_needed(sqlite_database):
    reply = cast_one(sqlite_database, given_ballot(ticket=given_step().ticket))
    assert (reply.status, reply.json["code"]) == (428, "work_needed")
    assert "对话框中发送“投票”" in reply.json["action"]
    assert "没有计入" in reply.json["detail"]
    assert sqlite_database.ballots() == []


def test_the_solution_of_another_ticket_is_refused_also_of_the_same_voter(sqlite_database):
    mine, earlier, others = given_step(), given_step(), given_step(voter_ref=OTHER)
    for work in (earlier.solve(), others.solve()):
        assert code_of(sqlite_database, mine, work) == "work_wrong"
    assert sqlite_database.ballots() == []


@pytest.mark.parametrize("easier", [{"key_prefix": "0"}, {"cost": 1, "key_prefix": "0"}])
def test_the_solution_of_an_easier_challenge_is_refused(sqlite_database, easier):
    step = given_step()
    assert code_of(sqlite_database, step, step.solve(**easier)) == "work_wrong"


def test_an_altered_solution_is_refused(sqlite_database):
    step = given_step()
    work = step.solve()
    last = "0" if work[-1] != "0" else "1"
    prefix = step.challenge.parameters.key_prefix
    for altered in (work[:-1] + last, work[:-2], work + "00", prefix, "zz", "é", "00" * 32):
        assert code_of(sqlite_database, step, altered) == "work_wrong"
    assert sqlite_database.ballots() == []


def test_a_solution_ends_with_its_ticket(sqlite_database):
    step = given_step(expires_s=int(time.time()) - 1)
    assert code_of(sqlite_database, step, step.solve()) == "ticket_expired"


def test_a_solution_works_only_in_the_session_of_its_ticket(sqlite_database):
    step = given_step()
    ballot = given_ballot(ticket=step.ticket, work=step.solve())
    reply = in_app(sqlite_database, lambda app: cast(app, ballot, cookie="minyi_citizen=stolen"))
    assert reply.json["code"] == "ticket_other_session"


def test_a_solution_is_good_for_one_ballot_because_the_database_counts_a_voter_once(database):
    step = given_step()
    work = step.solve()

    async def scenario(app):
        ballot = given_ballot(ticket=step.ticket, work=work)
        first = await cast(app, ballot)
        again = await cast(app, ballot)
        other = await cast(app, ballot | {"nonce": nonce_of(OTHER), "picks": [1]})
        return first.json, again.json, other.json

    first, again, other = in_app(database, scenario)
    assert again["repeated"]
    assert again["receipt"] == first["receipt"]
    assert other["code"] == "already_voted"
    assert len(database.ballots()) == 1


def test_a_form_sent_without_script_is_sent_on_to_what_to_do(sqlite_database):
    fields = {"ticket": given_step().ticket, "nonce": NONCE, "pick": [3], "work": ""}
    body = urlencode(fields, doseq=True).encode()
    reply = in_app(sqlite_database, lambda app: ask(app, headers=FORM_HEADERS, chunks=(body,)))
    assert reply.status == 303
    assert reply.headers["location"] == "/c/shi-jia-chuangkou/ballot/?code=work_needed"


def test_who_is_late_is_told_that_and_not_to_do_work(sqlite_database):
    sqlite_database.change_round(closes_ms=1)
    assert code_of(sqlite_database, given_step(), "") == "closed"


def test_altchas_own_check_agrees_with_ours():
    step = given_step()
    solution = altcha.solve_challenge(step.challenge)
    payload = altcha.Payload(step.challenge, solution)
    theirs = altcha.verify_solution(payload, KEY, hmac_key_secret=work_key(KEY))
    assert theirs.verified
    check_work(read_ticket(step.ticket, key=KEY), solution.derived_key, key=KEY)
    solution.derived_key = "00" * 32
    assert not altcha.verify_solution(payload, KEY, hmac_key_secret=work_key(KEY)).verified
    with pytest.raises(Refused):
        check_work(read_ticket(step.ticket, key=KEY), solution.derived_key, key=KEY)
