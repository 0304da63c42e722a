# SPDX-License-Identifier: Apache-2.0
"""The way to WeChat and back, against a living sandbox."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from minyi.citizens.models import ChannelIdentity, Citizen
from minyi.citizens.session import COOKIE
from minyi.wechat.tests.given import given_official_account
from minyi.wechat.tests.live import SandboxServer

pytestmark = pytest.mark.django_db
BACK = "/c/windows-2026/nominees/?category=2"


def start_login(browser: Client, come_back_to: str = BACK) -> str:
    answer = browser.get("/wechat/sandbox/login", {"next": come_back_to})
    assert answer.status_code == 302
    return answer["Location"]


def return_path(sandbox: SandboxServer, authorize: str, *, citizen: int = 7, **order: str) -> str:
    """Where WeChat sends the browser after the citizen's decision."""
    redirect = sandbox.order("oauth", url=authorize, citizen=citizen, **order)["redirect"]
    parts = urlsplit(str(redirect))
    return f"{parts.path}?{parts.query}"


def test_a_citizen_comes_back_logged_in_to_the_page_they_wanted(sandbox):
    given_official_account()
    browser = Client()
    answer = browser.get(return_path(sandbox, start_login(browser)))
    assert (answer.status_code, answer["Location"]) == (302, BACK)
    identity = ChannelIdentity.objects.get()
    assert (identity.channel, identity.account) == ("wechat", "sandbox")
    assert browser.cookies[COOKIE].value


def test_the_same_citizen_is_recognised_and_another_is_another(sandbox):
    given_official_account()
    for number in (7, 7, 8):
        browser = Client()
        browser.get(return_path(sandbox, start_login(browser), citizen=number))
    assert Citizen.objects.count() == 2


def test_the_authorize_address_asks_silently_and_in_the_prescribed_order(sandbox):
    given_official_account()
    address = start_login(Client())
    names = list(parse_qs(urlsplit(address).query))
    assert names == ["appid", "redirect_uri", "response_type", "scope", "state"]
    assert "scope=snsapi_base" in address
    assert address.endswith("#wechat_redirect")


def test_an_openid_in_the_request_is_never_believed(sandbox):
    given_official_account()
    browser = Client()
    back = return_path(sandbox, start_login(browser), citizen=7)
    browser.get(f"{back}&openid=oSomebodyElse")
    assert ChannelIdentity.objects.get().subject != "oSomebodyElse"
    stranger = Client()
    stranger.get("/wechat/sandbox/oauth", {"openid": "oSomebodyElse", "state": "x", "code": "y"})
    assert COOKIE not in stranger.cookies


def test_a_code_works_once(sandbox):
    given_official_account()
    first, second = Client(), Client()
    code = parse_qs(urlsplit(return_path(sandbox, start_login(first))).query)["code"][0]
    state = parse_qs(urlsplit(start_login(first)).query)["state"][0]
    assert first.get(f"/wechat/sandbox/oauth?code={code}&state={state}").status_code == 302
    state = parse_qs(urlsplit(start_login(second)).query)["state"][0]
    answer = second.get(f"/wechat/sandbox/oauth?code={code}&state={state}")
    assert answer.status_code == 403
    assert "login_code_spent" in answer.text
    assert COOKIE not in second.cookies


def test_an_expired_code_is_refused_with_a_way_to_try_again(sandbox):
    given_official_account()
    browser = Client()
    back = return_path(sandbox, start_login(browser))
    sandbox.order("clock", advance_s=301)
    answer = browser.get(back)
    assert answer.status_code == 403
    assert "login_code_spent" in answer.text
    assert "/wechat/sandbox/login?next=%2Fc%2Fwindows-2026%2F" in answer.text


def test_who_denies_is_told_what_that_means(sandbox):
    given_official_account()
    browser = Client()
    answer = browser.get(return_path(sandbox, start_login(browser), decision="deny"))
    assert answer.status_code == 403
    assert "login_denied" in answer.text
    assert COOKIE not in browser.cookies


def test_a_snapshot_visitor_is_refused_and_leaves_no_citizen(sandbox):
    given_official_account()
    browser = Client()
    answer = browser.get(return_path(sandbox, start_login(browser), decision="snapshot"))
    assert answer.status_code == 403
    assert "请使用完整服务" in answer.text
    assert "snapshot_user" in answer.text
    assert not Citizen.objects.exists()
    assert COOKIE not in browser.cookies


def test_a_return_that_began_in_another_browser_is_refused(sandbox):
    given_official_account()
    back = return_path(sandbox, start_login(Client()))
    victim = Client()
    start_login(victim)
    answer = victim.get(back)
    assert answer.status_code == 403
    assert "login_expired" in answer.text
    assert sandbox.calls("/sns/oauth2/access_token") == 0


def test_a_return_works_once(sandbox):
    given_official_account()
    browser = Client()
    back = return_path(sandbox, start_login(browser))
    browser.get(back)
    assert "login_expired" in browser.get(back).text


def test_three_tabs_may_be_on_their_way_at_once(sandbox):
    given_official_account()
    browser = Client()
    ways = [start_login(browser, f"/c/a/?tab={tab}") for tab in range(4)]
    answers = [browser.get(return_path(sandbox, way)) for way in ways]
    assert [answer.status_code for answer in answers] == [403, 302, 302, 302]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "c/relative/",
        "/" + "x" * 600,
        "",
    ],
)
def test_nobody_is_sent_to_another_site(sandbox, elsewhere):
    given_official_account()
    browser = Client()
    answer = browser.get(return_path(sandbox, start_login(browser, elsewhere)))
    assert answer["Location"] == "/"
    assert browser.get("/wechat/sandbox/phone", {"next": elsewhere})["Location"] == "/"


@pytest.mark.parametrize("fault", [{"http_status": 502}, {"drop": True}, {"errcode": 40125}])
def test_a_wechat_that_does_not_answer_is_said_so(sandbox, fault):
    given_official_account()
    browser = Client()
    back = return_path(sandbox, start_login(browser))
    sandbox.order("faults", path="/sns/oauth2/access_token", **fault)
    answer = browser.get(back)
    assert answer.status_code == 503
    assert "wechat_unavailable" in answer.text


def test_a_busy_wechat_is_asked_again(sandbox):
    given_official_account()
    browser = Client()
    back = return_path(sandbox, start_login(browser))
    sandbox.order("faults", path="/sns/oauth2/access_token", errcode=-1)
    assert browser.get(back).status_code == 302


def test_an_unknown_account_and_one_that_may_not_log_in_are_refused():
    given_official_account(slug="news", appid="wx1", kind="SUB")
    assert Client().get("/wechat/nobody/login").status_code == 404
    answer = Client().get("/wechat/news/login")
    assert answer.status_code == 503
    assert "account_not_ready" in answer.text


def test_the_secret_appears_in_no_log(sandbox, caplog):
    account = given_official_account()
    browser = Client()
    back = return_path(sandbox, start_login(browser))
    sandbox.order("faults", path="/sns/oauth2/access_token", drop=True)
    browser.get(back)
    assert "/sns/oauth2/access_token" in caplog.text
    assert "sandbox-secret" not in caplog.text
    assert account.appid not in caplog.text


def test_the_phone_door_counts_as_wechat_only_in_sandbox_mode(settings):
    given_official_account()
    browser = Client()
    browser.cookies[COOKIE] = "somebody"
    answer = browser.get("/wechat/sandbox/phone", {"next": "/c/a/"})
    assert answer["Location"] == "/c/a/"
    assert browser.cookies["minyi_phone"].value == "1"
    assert browser.cookies[COOKIE].value == ""
    settings.WECHAT_SANDBOX = False
    assert Client().get("/wechat/sandbox/phone").status_code == 404
