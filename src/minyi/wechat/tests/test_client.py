# SPDX-License-Identifier: Apache-2.0
"""Tokens and tickets, against a living sandbox: never more calls than needed."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.test import Client

from minyi.wechat.channel import WeChatChannel
from minyi.wechat.client.api_errors import (
    AccountFault,
    ApiError,
    Busy,
    CodeRefused,
    QuotaSpent,
    TokenRefused,
    Unanswered,
    error_of,
)
from minyi.wechat.connection.line import Line, the_line
from minyi.wechat.connection.shelves import MemoryShelf
from minyi.wechat.jssdk import sign_page
from minyi.wechat.tests.given import APPID, SECRETS, given_account, given_official_account

STABLE = "/cgi-bin/stable_token"
TICKET = "/cgi-bin/ticket/getticket"


def test_fifty_threads_fetch_one_token(sandbox):
    line, account = the_line(), given_account()
    with ThreadPoolExecutor(50) as threads:
        tokens = set(threads.map(lambda _: line.access_token(account), range(50)))
    assert len(tokens) == 1
    assert sandbox.calls(STABLE) == 1


def test_two_lines_share_one_token(sandbox):
    """Two lines stand for two processes; the race with real ones is in tests/race."""
    shelf = MemoryShelf()
    lines = [Line(base_url=sandbox.url, shelf=shelf) for _ in range(2)]
    account = given_account()
    with ThreadPoolExecutor(20) as threads:
        tokens = set(threads.map(lambda n: lines[n % 2].access_token(account), range(20)))
    for line in lines:
        line.hang_up()
    assert len(tokens) == 1
    assert sandbox.calls(STABLE) == 1


def test_a_wrong_secret_is_asked_about_once(sandbox):
    line, account = the_line(), given_account(secret="wrong")
    with ThreadPoolExecutor(50) as threads:
        refusals = list(threads.map(lambda _: refusal_of(line.js_ticket, account), range(50)))
    assert {type(error) for error in refusals} == {AccountFault}
    with pytest.raises(AccountFault):
        line.access_token(account)
    assert sandbox.calls(STABLE) == 1


def refusal_of(ask, *arguments: object) -> Exception | None:
    try:
        ask(*arguments)
    except (ApiError, Unanswered) as error:
        return error
    return None


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_refused_token_is_fetched_anew_and_the_call_repeated_once(sandbox, code):
    line, account = the_line(), given_account()
    line.access_token(account)
    sandbox.order("faults", path=TICKET, errcode=code)
    assert line.js_ticket(account)
    assert (sandbox.calls(STABLE), sandbox.calls(TICKET)) == (2, 2)


def test_a_token_refused_for_ever_is_tried_twice_and_no_more(sandbox):
    sandbox.order("faults", path=TICKET, errcode=40001, times=100)
    assert isinstance(refusal_of(the_line().js_ticket, given_account()), TokenRefused)
    assert (sandbox.calls(STABLE), sandbox.calls(TICKET)) == (2, 2)


@pytest.mark.parametrize(
    "fault", [{"drop": True}, {"http_status": 500}, {"delay_ms": 900}], ids=str
)
def test_a_silent_wechat_is_an_error_of_ours_in_time(sandbox, fault, monkeypatch):
    monkeypatch.setattr("minyi.wechat.connection.line.PATIENCE_S", 0.3)
    sandbox.order("faults", path=STABLE, **fault)
    assert isinstance(refusal_of(the_line().access_token, given_account()), Unanswered)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (-1, Busy),
        (40001, TokenRefused),
        (40164, AccountFault),
        (40163, CodeRefused),
        (45009, QuotaSpent),
        (12345678, ApiError),
    ],
)
def test_an_error_code_says_what_to_do_and_keeps_its_rid(code, kind):
    error = error_of("/x", code=code, message="some words rid: 6735a0b1-0c5f0a1e-1b2c3d4e")
    assert type(error) is kind
    assert (error.code, error.rid) == (code, "6735a0b1-0c5f0a1e-1b2c3d4e")
    assert error.message == "some words"


def test_no_secret_shows_in_values_or_errors(sandbox):
    account = given_account()
    sandbox.order("faults", path="/sns/oauth2/access_token", drop=True)
    error = refusal_of(the_line().exchange_code, account, "code")
    told = f"{account!r} {error!r} {error.__cause__!r}"
    assert not any(secret in told for secret in SECRETS["sandbox"].values())


@pytest.mark.django_db
def test_a_page_of_ours_is_signed_with_the_ticket(sandbox, settings):
    given_official_account()
    url = f"{settings.PUBLIC_URL}/c/windows-2026/"
    answer = Client().get("/wechat/sandbox/jssdk", {"url": url}).json()
    ticket = the_line().js_ticket(given_account())
    expected = sign_page(
        appid=APPID, ticket=ticket, url=url, nonce=answer["nonceStr"], timestamp=answer["timestamp"]
    )
    assert (answer["appId"], answer["signature"]) == (APPID, expected.signature)


@pytest.mark.django_db
def test_a_foreign_page_is_not_signed_and_wechat_not_asked(sandbox):
    given_official_account()
    for url in ("https://evil.example/", "", "/c/a/"):
        answer = Client().get("/wechat/sandbox/jssdk", {"url": url})
        assert (answer.status_code, json.loads(answer.content)["code"]) == (422, "foreign_page")
    assert sandbox.calls(STABLE) == 0


@pytest.mark.django_db
def test_a_signature_without_wechat_is_refused_as_problem_json(sandbox, settings):
    given_official_account()
    sandbox.order("faults", path=STABLE, errcode=40243)
    answer = Client().get("/wechat/sandbox/jssdk", {"url": f"{settings.PUBLIC_URL}/"})
    assert (answer.status_code, json.loads(answer.content)["code"]) == (503, "wechat_unavailable")


@pytest.mark.django_db
def test_a_lost_database_is_said_so(sandbox, settings, monkeypatch):
    given_official_account()

    async def lost(self, key):
        raise Unanswered("database", reason="OperationalError")

    monkeypatch.setattr(MemoryShelf, "read", lost)
    answer = Client().get("/wechat/sandbox/jssdk", {"url": f"{settings.PUBLIC_URL}/"})
    assert (answer.status_code, json.loads(answer.content)["code"]) == (503, "wechat_unavailable")


@pytest.mark.django_db
def test_the_checklist_hears_what_an_account_lacks(settings):
    channel = WeChatChannel()
    given_official_account()
    given_official_account(slug="news", name="青禾发布", appid="wx1", kind="SUB", is_verified=False)
    settings.WECHAT_SECRETS = {"sandbox": {"secret": "s", "token": "t", "aes_key": "short"}}
    assert channel.missing_settings(account="sandbox") == [
        "“青禾政务服务（示例）”缺少可用的 EncodingAESKey"
    ]
    assert len(channel.missing_settings(account="news")) == 5
    assert channel.missing_settings(account="nobody") == ["公众号“nobody”尚未登记"]


@pytest.mark.parametrize(
    ("user_agent", "cookie", "in_sandbox", "is_inside"),
    [
        ("Mozilla/5.0 MicroMessenger/8.0.54", "", False, True),
        ("Mozilla/5.0 Chrome/126", "", True, False),
        ("Mozilla/5.0 Chrome/126", "1", True, True),
        ("Mozilla/5.0 Chrome/126", "1", False, False),
    ],
)
def test_wechat_is_known_by_its_browser_or_the_sandbox_phone(
    rf, settings, user_agent, cookie, in_sandbox, is_inside
):
    settings.WECHAT_SANDBOX = in_sandbox
    request = rf.get("/", headers={"User-Agent": user_agent})
    request.COOKIES["minyi_phone"] = cookie
    assert WeChatChannel().recognises(request) is is_inside
