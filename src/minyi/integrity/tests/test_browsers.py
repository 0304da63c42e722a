# SPDX-License-Identifier: Apache-2.0
import pytest

from minyi.integrity.browsers import Browser, door_of, is_loopback, read_browser, source_of

ANDROID = (
    "Mozilla/5.0 (Linux; Android 13; M2012K11AC Build/TKQ1.220829.002; wv) AppleWebKit/537.36 "
    "Chrome/116.0 Mobile Safari/537.36 MicroMessenger/8.0.42.2460(0x28002A58) NetType/WIFI "
    "Language/zh_CN"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_6_1 like Mac OS X) AppleWebKit/605.1.15 "
    "MicroMessenger/8.0.40(0x18002831) NetType/4G Language/zh_CN"
)


def test_a_phone_is_read_as_it_describes_itself():
    assert read_browser(ANDROID) == Browser("M2012K11AC", "Android", "13", "8.0.42.2460", "WIFI")
    assert read_browser(IPHONE) == Browser("iPhone", "iOS", "16.6.1", "8.0.40", "4G")


@pytest.mark.parametrize("text", ["", "curl/8", "Android", "MicroMessenger/", "(" * 5000])
def test_what_is_not_said_is_empty(text):
    assert read_browser(text) == Browser()


def test_a_network_is_named_without_telling_its_address():
    door = door_of("203.0.113.7")
    assert door == door_of("203.0.113.250")
    assert door != door_of("203.0.114.7")
    assert door.startswith("fd00:")
    assert "203" not in door or door_of("198.51.100.1") != door
    assert door_of("2001:db8::1") == door_of("2001:db8::ffff")
    assert door_of("no address") == ""


def test_an_address_as_a_dual_socket_spells_it_is_the_address_it_is():
    # In ::ffff:0:0/64 lies every address of IPv4: the whole country would be one door.
    assert door_of("::ffff:203.0.113.7") == door_of("203.0.113.7")
    assert door_of("::ffff:203.0.113.7") != door_of("::ffff:198.51.100.1")
    assert is_loopback("::ffff:127.0.0.1")


def test_wechats_mark_tells_how_a_page_was_reached():
    assert [source_of(mark) for mark in ("groupmessage", "", "anything")] == [
        "group_share",
        "direct",
        "direct",
    ]
