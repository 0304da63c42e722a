# SPDX-License-Identifier: Apache-2.0
from base64 import b32decode

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from minyi.agencies.lockout import address_behind_proxies
from minyi.core.models import AuditEntry

from .given import PASSWORD, given_agency, given_client, given_staff, given_user

pytestmark = pytest.mark.django_db
LOGIN = "/staff/login/"


def log_in(client: Client, username: str, password: str = PASSWORD, **fields: str):
    return client.post(LOGIN, {"username": username, "password": password, **fields})


def code_for(device: TOTPDevice, drift: int = 0) -> str:
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, drift)
    return str(totp.token()).zfill(device.digits)


def test_a_person_with_a_post_enters_the_console():
    user = given_staff(given_agency())
    assert log_in(Client(), user.username).headers["Location"] == reverse("wagtailadmin_home")


def test_a_person_without_a_post_does_not_enter():
    user = given_user()
    client = Client()
    log_in(client, user.username)
    assert client.get("/staff/").status_code == 302


def test_the_fifth_wrong_password_locks_the_name_and_says_what_to_do(settings):
    settings.AXES_ENABLED = True
    user = given_staff(given_agency())
    client = Client()
    for _attempt in range(5):
        answer = log_in(client, user.username, "wrong-password")
    assert answer.status_code == 429
    assert "15 分钟" in answer.content.decode()
    assert log_in(client, user.username).status_code == 429, "the right password must wait too"


def test_somebody_else_is_not_locked_out_by_it(settings):
    settings.AXES_ENABLED = True
    victim, other = given_staff(given_agency()), given_staff(given_agency())
    client = Client()
    for _attempt in range(5):
        log_in(client, victim.username, "wrong-password")
    assert log_in(Client(), other.username).status_code == 302


@pytest.mark.parametrize(
    ("proxies", "passed", "address"),
    [
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        (0, "198.51.100.1", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_the_lock_counts_the_address_our_own_proxy_saw(settings, proxies, passed, address):
    settings.PROXIES = proxies
    request = RequestFactory().post(LOGIN, HTTP_X_FORWARDED_FOR=passed, REMOTE_ADDR="10.0.0.1")
    assert address_behind_proxies(request) == address


def test_two_factor_is_switched_on_by_a_right_code_and_then_asked_for():
    user = given_staff(given_agency())
    client = given_client(user)
    page = client.get("/staff/two-factor/")
    device = TOTPDevice.objects.get(user=user)
    secret = page.context["secret"]
    assert b32decode(secret) == device.bin_key
    assert not device.confirmed

    shown = client.post("/staff/two-factor/", {"code": code_for(device)})
    assert len(shown.context["codes"]) == 8
    assert AuditEntry.objects.filter(act="agencies.two_factor.enabled").exists()

    assert "动态验证码" in log_in(Client(), user.username).content.decode()
    assert log_in(Client(), user.username, otp_token="000000").status_code == 200
    recovery = StaticDevice.objects.get(user=user).token_set.first().token
    assert log_in(Client(), user.username, otp_token=recovery).status_code == 302


def test_a_wrong_code_does_not_switch_two_factor_on():
    user = given_staff(given_agency())
    client = given_client(user)
    client.get("/staff/two-factor/")
    client.post("/staff/two-factor/", {"code": "123"})
    assert not TOTPDevice.objects.get(user=user).confirmed
