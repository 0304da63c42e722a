# SPDX-License-Identifier: Apache-2.0
import asyncio
import json
import logging
import time
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ballotbox.app import create_app
from ballotbox.request import LARGEST_BODY
from ballotbox.schema import SchemaMismatch
from ballotbox.settings import Settings, SettingsInvalid, read_settings
from ballotbox.tests.given import (
    COOKIE,
    FORM_HEADERS,
    JSON_HEADERS,
    KEY,
    NONCE,
    VOTER,
    ask,
    cast,
    cast_one,
    given_ballot,
    given_ballot_of,
    given_settings,
    given_ticket,
    in_app,
)

NOW_MS = int(time.time() * 1000)


def test_a_ballot_is_stored_and_answered_with_its_receipt(sqlite_database):
    reply = cast_one(sqlite_database, given_ballot(picks=[7, 3]))
    ((_, period, picks, nonce, receipt, _),) = sqlite_database.ballots()
    assert reply.status == 201
    assert (period, picks, nonce) == ("", "[3,7]", NONCE)
    assert reply.json["receipt"] == receipt
    assert len(receipt) == 20
    assert reply.json["picks"] == [3, 7]
    assert reply.json["repeated"] is False
    assert reply.json["cast_at"].endswith("+08:00")


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [("42000,7,3", "42000,7,3"), ("", ""), ("1,2", ""), ("-1,2,3", ""), ("1,2,3' OR 1", "")],
)
def test_what_the_browser_says_of_its_conduct_is_kept_or_left_out_and_refuses_nobody(
    database, claimed, kept
):
    assert cast_one(database, given_ballot(conduct=claimed)).status == 201
    assert database.run("SELECT conduct FROM campaigns_ballot") == [(kept,)]


def test_who_somebody_is_says_the_ticket_and_nothing_else_in_the_request(sqlite_database):
    claims = {"voter_ref": "f" * 32, "openid": "somebody-else", "risk": 0, "session": "x"}
    assert cast_one(sqlite_database, given_ballot(**claims)).status == 201
    assert [ballot[0] for ballot in sqlite_database.ballots()] == [VOTER]


def test_no_answer_may_be_kept_by_a_cache(sqlite_database):
    for ballot in (given_ballot(), given_ballot(ticket="")):
        headers = cast_one(sqlite_database, ballot).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]


REFUSED_BALLOTS = {
    "ticket_missing": {"ticket": ""},
    "ticket_forged": {"ticket": given_ticket(key=b"y" * 32)},
    "ticket_expired": {"ticket": given_ticket(expires_s=1)},
    "ticket_other_session": {"ticket": given_ticket(session="0" * 16)},
    "ticket_other_round": {"round": 2},
    "round_unknown": {"ticket": given_ticket(round_id=99)},
    "too_few_picks": {"picks": []},
    "too_many_picks": {"picks": [1, 2, 3, 4]},
    "same_nominee_twice": {"picks": [3, 3]},
    "not_a_nominee": {"picks": [3, 8]},
    "nonce_malformed": {"nonce": "12"},
    "malformed": {"picks": ["3"]},
}


@pytest.mark.parametrize("code", REFUSED_BALLOTS)
def test_a_wrong_ballot_is_refused_with_a_reason_and_changes_nothing(sqlite_database, code):
    reply = cast_one(sqlite_database, given_ballot(**REFUSED_BALLOTS[code]))
    problem = reply.json
    assert reply.headers["content-type"] == "application/problem+json"
    assert (problem["code"], problem["type"]) == (code, f"/help/errors#{code}")
    assert problem["status"] == reply.status
    assert problem["title"]
    assert problem["detail"].endswith("。")
    assert problem["action"].endswith("。")
    assert sqlite_database.ballots() == []


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"opens_ms": NOW_MS + 3_600_000}, "not_started"),
        ({"closes_ms": NOW_MS - 1}, "closed"),
        ({"paused": True}, "paused"),
    ],
)
def test_an_early_late_or_paused_ballot_is_refused(database, columns, code):
    database.change_round(**columns)
    reply = cast_one(database)
    assert (reply.status, reply.json["code"]) == (409, code)
    assert database.ballots() == []


@pytest.mark.parametrize(
    ("columns", "code"), [({"closes_ms": NOW_MS - 1}, "closed"), ({"paused": True}, "paused")]
)
def test_a_ballot_stored_unanswered_gets_its_receipt_also_after_close_or_in_a_pause(
    database, columns, code
):
    first = cast_one(database)
    database.change_round(**columns)
    again = cast_one(database)
    assert (again.status, again.json) == (200, first.json | {"repeated": True})
    unknown = {"nonce": "0" * 32, "ticket": given_ticket(voter_ref="1" * 32)}
    for late in (unknown, {"nonce": "12"}, {"picks": [8]}, {"picks": []}):
        reply = cast_one(database, given_ballot(**late))
        assert (reply.status, reply.json["code"]) == (409, code)
    assert len(database.ballots()) == 1


def test_before_the_opening_no_ballot_reaches_the_database(sqlite_database, monkeypatch):
    sqlite_database.change_round(opens_ms=NOW_MS + 3_600_000)
    commits = []

    async def scenario(app):
        monkeypatch.setattr(app._box._store, "add_ballots", commits.append)
        return await cast(app)

    assert in_app(sqlite_database, scenario).json["code"] == "not_started"
    assert commits == []


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b'{"ticket": 1}', b"\xff\xfe", b'{"picks": [99999999999999999999]}'],
)
def test_a_body_that_is_no_ballot_is_malformed(sqlite_database, body):
    reply = in_app(sqlite_database, lambda app: ask(app, headers=JSON_HEADERS, chunks=(body,)))
    assert (reply.status, reply.json["code"]) == (400, "malformed")


@pytest.mark.parametrize("media_type", ["", "text/plain", "multipart/form-data; boundary=x"])
def test_other_formats_are_refused(sqlite_database, media_type):
    headers = JSON_HEADERS | {"content-type": media_type}
    reply = in_app(sqlite_database, lambda app: ask(app, headers=headers))
    assert (reply.status, reply.json["code"]) == (415, "unsupported_media_type")


def test_an_announced_large_body_is_refused_unread(sqlite_database):
    headers = JSON_HEADERS | {"content-length": "10000000"}
    reply = in_app(sqlite_database, lambda app: ask(app, headers=headers, chunks=()))
    assert (reply.status, reply.json["code"]) == (413, "too_large")
    assert reply.headers["connection"] == "close"


def test_an_unannounced_large_body_is_read_no_further_than_the_limit(sqlite_database):
    chunks = (b" " * LARGEST_BODY, b" ", b"never read")

    async def scenario(app):
        return await ask(app, headers=JSON_HEADERS, chunks=chunks)

    reply = in_app(sqlite_database, scenario)
    assert (reply.status, reply.json["code"]) == (413, "too_large")


def test_a_body_in_pieces_is_put_together(sqlite_database):
    body = json.dumps(given_ballot()).encode()
    pieces = (body[:10], body[10:11], body[11:])
    reply = in_app(sqlite_database, lambda app: ask(app, headers=JSON_HEADERS, chunks=pieces))
    assert reply.status == 201


def test_a_body_that_does_not_come_is_given_up(sqlite_database, monkeypatch):
    monkeypatch.setattr("ballotbox.request.BODY_S", 0)
    reply = in_app(sqlite_database, lambda app: ask(app, headers=JSON_HEADERS, chunks=()))
    assert (reply.status, reply.json["code"]) == (408, "too_slow")


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("GET", "/v/ballots", "method_not_allowed"),
        ("POST", "/v/healthz", "method_not_allowed"),
        ("GET", "/v/else", "not_found"),
    ],
)
def test_wrong_methods_and_addresses_are_refused(sqlite_database, method, path, code):
    reply = in_app(sqlite_database, lambda app: ask(app, method=method, path=path))
    assert reply.json["code"] == code


def form_of(**changes):
    fields = {"ticket": given_ticket(), "nonce": NONCE, "pick": ["3", "7"]} | changes
    return urlencode(fields, doseq=True).encode()


def send_form(database, **changes):
    body = form_of(**changes)
    return in_app(database, lambda app: ask(app, headers=FORM_HEADERS, chunks=(body,)))


def test_a_plain_form_is_sent_on_to_its_receipt(sqlite_database):
    reply = send_form(sqlite_database)
    receipt = sqlite_database.ballots()[0][4]
    assert reply.status == 303
    assert reply.headers["location"] == f"/c/shi-jia-chuangkou/ballot/?receipt={receipt}"


@pytest.mark.parametrize(
    ("changes", "location"),
    [
        ({"pick": ["3", "3"]}, "/c/shi-jia-chuangkou/ballot/?code=same_nominee_twice"),
        ({"ticket": given_ticket(expires_s=1)}, "/c/shi-jia-chuangkou/ballot/?code=ticket_expired"),
        ({"ticket": ""}, "/help/errors#ticket_missing"),
        ({"ticket": given_ticket(round_id=99)}, "/help/errors#round_unknown"),
        ({"pick": ["x"]}, "/help/errors#malformed"),
    ],
)
def test_a_refused_form_is_sent_on_to_the_reason(sqlite_database, changes, location):
    reply = send_form(sqlite_database, **changes)
    assert (reply.status, reply.headers["location"]) == (303, location)
    assert sqlite_database.ballots() == []


def test_the_cookie_is_found_among_others_and_in_a_header_of_its_own(sqlite_database):
    crowded = cast_one_with_cookie(sqlite_database, f"a=b; minyi_citizen={COOKIE}; c=d")
    assert crowded.status == 201
    assert cast_one_with_cookie(sqlite_database, "a=b").json["code"] == "ticket_other_session"


def cast_one_with_cookie(database, cookie):
    return in_app(database, lambda app: cast(app, cookie=cookie))


def test_a_pause_takes_effect_within_two_seconds_also_in_the_first_check(sqlite_database):
    async def scenario(app):
        await cast(app)
        sqlite_database.change_round(paused=True)
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            snapshot = await app._box.rounds.get(1)
            if snapshot.paused:
                return True
            await asyncio.sleep(0.05)
        return False

    assert in_app(sqlite_database, scenario)


def test_a_round_is_read_once_for_a_thousand_ballots(sqlite_database, monkeypatch):
    reads = []

    async def scenario(app):
        read_round = app._box._store.read_round
        monkeypatch.setattr(
            app._box._store, "read_round", lambda id_: reads.append(id_) or read_round(id_)
        )
        await asyncio.gather(*(cast(app, given_ballot_of(f"{n:032x}")) for n in range(1000)))

    in_app(sqlite_database, scenario)
    assert len(sqlite_database.ballots()) == 1000
    assert len(reads) <= 3


def test_health_tells_whether_ballots_are_taken(sqlite_database):
    app = create_app(given_settings(sqlite_database))

    async def scenario():
        before = await ask(app, method="GET", path="/v/healthz")
        await app.start()
        after = await ask(app, method="GET", path="/v/healthz")
        await app.stop()
        return before.status, after.status

    assert asyncio.run(scenario()) == (503, 200)


def test_a_box_nobody_started_starts_with_the_first_ballot(sqlite_database):
    app = create_app(given_settings(sqlite_database))

    async def scenario():
        reply = await cast(app)
        await app.stop()
        return reply

    assert asyncio.run(scenario()).status == 201


def test_a_stopped_box_can_be_started_again(sqlite_database):
    async def scenario(app):
        await cast(app)
        await app.stop()
        await app.start()
        return await cast(app)

    assert in_app(sqlite_database, scenario).json["repeated"] is True


def test_metrics_count_ballots_but_only_for_this_machine(sqlite_database):
    async def scenario(app):
        await cast(app)
        return [
            await ask(app, method="GET", path="/v/metrics"),
            await ask(app, method="GET", path="/v/metrics", client="203.0.113.9"),
            await ask(app, method="GET", path="/v/metrics", headers={"x-forwarded-for": "1.2.3.4"}),
        ]

    local, remote, proxied = in_app(sqlite_database, scenario)
    assert b"minyi_ballots_accepted_total" in local.body
    assert b"minyi_ballot_batch_size_bucket" in local.body
    assert (remote.status, proxied.status) == (404, 404)


@pytest.mark.parametrize(
    "header",
    ["x-forwarded-proto", "x-forwarded-host", "x-forwarded-for", "forwarded", "x-real-ip", "via"],
)
def test_metrics_are_not_shown_through_a_proxy_whatever_header_it_sets(sqlite_database, header):
    reply = in_app(
        sqlite_database,
        lambda app: ask(app, method="GET", path="/v/metrics", headers={header: "https"}),
    )
    assert (reply.status, reply.json["code"]) == (404, "not_found")


def test_with_a_token_metrics_need_the_token(sqlite_database):
    async def scenario(app):
        asked = {"method": "GET", "path": "/v/metrics"}
        return [
            (await ask(app, **asked)).status,
            (await ask(app, **asked, headers={"authorization": "Bearer abc"})).status,
        ]

    assert in_app(sqlite_database, scenario, metrics_token="abc") == [404, 200]


def lifespan_of(app):
    async def run():
        sent = []
        messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

        async def receive():
            return messages.pop(0)

        async def send(message):
            sent.append(message)

        await app({"type": "lifespan"}, receive, send)
        return sent

    return asyncio.run(run())


def test_the_server_starts_and_stops_the_box_by_its_lifespan(sqlite_database):
    sent = lifespan_of(create_app(given_settings(sqlite_database)))
    assert [message["type"] for message in sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


def test_the_box_refuses_to_start_without_its_columns(database):
    database.run("ALTER TABLE campaigns_ballot DROP COLUMN risk")
    with pytest.raises(SchemaMismatch, match=r"lacks campaigns_ballot\.risk\. Run the migrations"):
        in_app(database, ask)
    (failed,) = lifespan_of(create_app(given_settings(database)))
    assert failed["type"] == "lifespan.startup.failed"


@pytest.mark.parametrize(
    "database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_the_box_refuses_to_start_where_a_nonce_is_text_still(database):
    database.run("ALTER TABLE campaigns_ballot ALTER COLUMN nonce TYPE varchar(32)")
    with pytest.raises(SchemaMismatch, match=r"campaigns_ballot\.nonce"):
        in_app(database, cast)


def test_a_missing_database_is_a_clear_503_and_no_new_file(tmp_path, caplog):
    path = tmp_path / "nowhere.sqlite3"
    app = create_app(Settings(database_url=f"sqlite:///{path}", ticket_key=KEY))
    reply = asyncio.run(cast(app))
    assert (reply.status, reply.json["code"]) == (503, "storage_unavailable")
    assert reply.headers["retry-after"] == "5"
    assert not path.exists()
    assert "start_failed" in caplog.text


def test_log_lines_name_no_voter(sqlite_database, caplog):
    caplog.set_level(logging.DEBUG, logger="ballotbox")
    cast_one(sqlite_database)
    assert "batch_committed size=1 stored=1" in caplog.text
    assert NONCE not in caplog.text
    assert sqlite_database.ballots()[0][0] not in caplog.text


@pytest.mark.parametrize(
    "environ",
    [{}, {"MINYI_TICKET_KEY": "short"}, {"MINYI_TICKET_KEY": "k" * 32, "MINYI_BALLOT_QUEUE": "0"}],
)
def test_an_environment_that_is_not_enough_is_refused(environ):
    with pytest.raises(SettingsInvalid):
        read_settings(environ)


def test_the_environment_is_read():
    environ = {
        "MINYI_TICKET_KEY": "k" * 32,
        "MINYI_BALLOT_QUEUE": "7",
        "DATABASE_URL": "sqlite:///x",
    }
    assert read_settings(environ) == Settings("sqlite:///x", b"k" * 32, 7)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    bodies=st.lists(
        st.one_of(
            st.binary(max_size=200),
            st.text(max_size=200).map(str.encode),
            st.recursive(
                st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
                lambda inner: (
                    st.lists(inner, max_size=4)
                    | st.dictionaries(
                        st.sampled_from(["ticket", "nonce", "picks", "round", "x"]),
                        inner,
                        max_size=5,
                    )
                ),
            ).map(lambda value: json.dumps(value).encode()),
            st.dictionaries(
                st.sampled_from(["ticket", "nonce", "pick", "round"]), st.text(max_size=30)
            ).map(lambda fields: urlencode(fields).encode()),
        ),
        min_size=1,
        max_size=20,
    )
)
def test_no_body_whatever_is_an_error_of_ours(sqlite_database, bodies):
    async def scenario(app):
        replies = []
        for body in bodies:
            for headers in (JSON_HEADERS, FORM_HEADERS):
                replies.append((await ask(app, headers=headers, chunks=(body,))).status)
        return replies

    assert all(status < 500 for status in in_app(sqlite_database, scenario))
    assert sqlite_database.ballots() == []
