# SPDX-License-Identifier: Apache-2.0
"""Every code of wechat-api.md §3 has a class, and the class says what to do."""

from datetime import UTC, datetime, timedelta

import pytest

from minyi.wechat.client.api_errors import (
    AccountFault,
    ApiError,
    Busy,
    CallsPaused,
    CodeRefused,
    ContentRefused,
    DeskFault,
    GrantSpent,
    NothingToDo,
    NotPermitted,
    NotReadyYet,
    OurFault,
    OutOfStep,
    QuotaSpent,
    Reaction,
    SlowDown,
    TokenRefused,
    TooSoon,
    Unreachable,
    WindowClosed,
    error_of,
    rest_until,
)

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)

# The lines of §3, in its order.
TABLE = [
    ("-1", Busy, Reaction.REPEAT),
    ("40001 40014 42001", TokenRefused, Reaction.REFRESH_TOKEN),
    ("41001", OurFault, Reaction.MEND_CODE),
    ("40002 40013 40125 41002 41004", AccountFault, Reaction.ALERT_OPERATOR),
    ("40243 40164", AccountFault, Reaction.ALERT_OPERATOR),
    ("89503 89506 89507", CallsPaused, Reaction.PAUSE),
    ("40003", Unreachable, Reaction.STOP_SENDING),
    ("40004 40005 40006 40009 41005", ContentRefused, Reaction.TELL_EDITOR),
    ("40007", OutOfStep, Reaction.READ_AGAIN),
    ("40029 40163 42003 41008", CodeRefused, Reaction.LOG_IN_AGAIN),
    ("40030 42002 42007", CodeRefused, Reaction.LOG_IN_AGAIN),
    ("40033 47001 47002", OurFault, Reaction.MEND_CODE),
    ("40037", OutOfStep, Reaction.READ_AGAIN),
    ("40048 63002", AccountFault, Reaction.ALERT_OPERATOR),
    ("40097 41030 40169", OurFault, Reaction.MEND_CODE),
    ("43001 43002 44002", OurFault, Reaction.MEND_CODE),
    ("43004 50005", Unreachable, Reaction.STOP_SENDING),
    ("43019 48002", Unreachable, Reaction.STOP_SENDING),
    ("43101", GrantSpent, Reaction.CLEAR_GRANT),
    ("45009", QuotaSpent, Reaction.WAIT_FOR_MIDNIGHT),
    ("45011", SlowDown, Reaction.WAIT),
    ("45015 45047", WindowClosed, Reaction.TAKE_ANOTHER_WAY),
    ("45080 45081 45072", NothingToDo, Reaction.IGNORE),
    ("45028", QuotaSpent, Reaction.WAIT_FOR_MIDNIGHT),
    ("45065", NothingToDo, Reaction.IGNORE),
    ("45066", TooSoon, Reaction.COME_BACK),
    ("45067", OurFault, Reaction.MEND_CODE),
    (
        "45026 45027 45029 45056 45057 45058 45059 45157 45158 45159",
        ContentRefused,
        Reaction.TELL_EDITOR,
    ),
    ("45008 45098 45099 45166 41039", ContentRefused, Reaction.TELL_EDITOR),
    ("46001 46002 46003 46004", OutOfStep, Reaction.READ_AGAIN),
    ("47003", ContentRefused, Reaction.TELL_EDITOR),
    ("47009", OurFault, Reaction.MEND_CODE),
    ("48001", NotPermitted, Reaction.SWITCH_OFF),
    ("48004 50002 50007", AccountFault, Reaction.ALERT_OPERATOR),
    ("48005", ContentRefused, Reaction.TELL_EDITOR),
    ("48006", QuotaSpent, Reaction.WAIT_FOR_MIDNIGHT),
    ("53503 53504 53505", ContentRefused, Reaction.TELL_EDITOR),
    ("53600", OutOfStep, Reaction.READ_AGAIN),
    (
        "61451 61452 61453 61454 61455 61456 61457 61458 65400",
        DeskFault,
        Reaction.SET_UP_DESK,
    ),
    ("61500 61501", OurFault, Reaction.MEND_CODE),
    ("61503", NotReadyYet, Reaction.COME_BACK),
    ("65301", OutOfStep, Reaction.READ_AGAIN),
    (
        "65303 65304 65305 65306 65307 65308 65309 65316 65320",
        ContentRefused,
        Reaction.TELL_EDITOR,
    ),
    ("85066", ContentRefused, Reaction.TELL_EDITOR),
    ("87009", CodeRefused, Reaction.LOG_IN_AGAIN),
    ("87014", ContentRefused, Reaction.TELL_EDITOR),
    ("88000", NotPermitted, Reaction.SWITCH_OFF),
    ("88001 88008 88010", OutOfStep, Reaction.READ_AGAIN),
    ("88003 88004 88005 88007", ContentRefused, Reaction.TELL_EDITOR),
]
LINES = [(int(code), kind, way) for codes, kind, way in TABLE for code in codes.split()]


@pytest.mark.parametrize(("code", "kind", "reaction"), LINES, ids=lambda part: str(part))
def test_every_code_has_its_class_and_reaction(code, kind, reaction):
    error = error_of("/x", code=code, message="words rid: 6735a0b1-0c5f0a1e-1b2c3d4e")
    assert type(error) is kind
    assert error.reaction is reaction
    assert (error.code, error.rid, error.message) == (
        code,
        "6735a0b1-0c5f0a1e-1b2c3d4e",
        "words",
    )


def test_the_table_covers_the_section():
    assert len({code for code, _, _ in LINES}) == len(LINES) == 121


def test_an_unknown_code_goes_to_the_log():
    error = error_of("/x", code=12345678, message="?")
    assert type(error) is ApiError
    assert (error.reaction, error.rid) == (Reaction.TELL_LOG, "")


def test_the_whitelist_refusal_names_our_address():
    message = "invalid ip 203.0.113.7 ipv6 ::ffff:203.0.113.7, not in whitelist rid: 66-77-88"
    assert error_of("/x", code=40164, message=message).address == "203.0.113.7"
    assert error_of("/x", code=40001, message=message).address == ""


@pytest.mark.parametrize(
    ("code", "seconds"),
    [(89503, 600), (89506, 86_400), (89507, 3600), (45011, 60), (40164, 60), (40125, 30)],
)
def test_a_refusal_rests_as_long_as_wechat_asks_for(code, seconds):
    error = error_of("/x", code=code, message="")
    assert rest_until(error, now=NOW) == NOW + timedelta(seconds=seconds)


def test_a_spent_quota_rests_until_midnight_in_china():
    error = error_of("/cgi-bin/stable_token", code=45009, message="")
    assert rest_until(error, now=NOW).isoformat() == "2026-11-23T00:00:00+08:00"
    late = NOW.replace(hour=17)  # one o'clock of the next day over there
    assert rest_until(error, now=late).isoformat() == "2026-11-24T00:00:00+08:00"
