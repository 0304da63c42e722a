# SPDX-License-Identifier: Apache-2.0
import pytest
from django.utils import timezone

from minyi.campaigns.tests.visitors import WECHAT, stranger, visitor
from minyi.wechat.models import Contact
from minyi.wechat.tests.given import given_official_account

pytestmark = pytest.mark.django_db
PAGE = "/notices/sandbox/"
SUBJECT = "openid-of-anna"


def anna():
    return visitor(given_official_account(), SUBJECT, now=timezone.now())


def test_a_citizen_switches_notices_off_and_on_again():
    browser = anna()
    assert "关闭通知" in browser.get(PAGE).content.decode()
    done = browser.post(PAGE, {"notices": "off"}, follow=True)
    assert "不再主动通知您" in done.content.decode()
    assert Contact.objects.get(openid=SUBJECT).opted_out_at is not None
    done = browser.post(PAGE, {"notices": "on"}, follow=True)
    assert "办理结果会通知您" in done.content.decode()
    assert Contact.objects.get(openid=SUBJECT).opted_out_at is None


def test_reading_the_page_changes_nothing_and_no_cache_keeps_it():
    response = anna().get(PAGE)
    assert not Contact.objects.exists()
    assert response["Cache-Control"] == "private, no-store"


def test_nobody_decides_for_somebody_else():
    given_official_account()
    page = stranger().post(PAGE, {"notices": "off"})
    assert "请从公众号中打开" in page.content.decode()
    assert not Contact.objects.exists()


def test_whoever_came_through_another_account_is_asked_who_they_are():
    browser = anna()
    given_official_account(slug="other", appid="wx0000000000000002")
    assert "请从公众号中打开" in browser.get("/notices/other/").content.decode()


def test_inside_wechat_the_page_asks_who_is_there():
    given_official_account()
    response = stranger(**{"User-Agent": WECHAT}).get(PAGE)
    assert response.status_code == 302
    assert response["Location"].startswith("/wechat/sandbox/login")
    back = stranger(**{"User-Agent": WECHAT}).get(f"{PAGE}?asked=1")
    assert back.status_code == 200


def test_an_account_nobody_knows_has_no_page():
    assert stranger().get("/notices/nobody/").status_code == 404
