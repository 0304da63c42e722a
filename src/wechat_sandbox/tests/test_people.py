# SPDX-License-Identifier: Apache-2.0
import pytest

from wechat_sandbox.people import (
    MAX_CITIZENS,
    citizen,
    number_of,
    openid_of,
    sample_citizens,
    unionid_of,
    visitor_openid,
)

APPID = "wx5a4d1e9c0b7f2e63"


def test_the_twelve_sample_citizens_span_the_ages():
    ages = [person.age for person in sample_citizens()]
    assert len(ages) == 12
    assert (min(ages), max(ages)) == (16, 82)
    assert all("示例" in person.nickname for person in sample_citizens())


def test_an_openid_is_the_same_at_every_start():
    # Written down on purpose: products keep openids in their databases.
    assert openid_of(APPID, 1) == "omOzfn6oleghUnxIC9bhZYNq6t1v"


def test_a_crowd_of_a_hundred_thousand_has_as_many_openids():
    openids = {openid_of(APPID, number) for number in range(1, MAX_CITIZENS + 1)}
    assert len(openids) == MAX_CITIZENS
    assert {len(openid) for openid in openids} == {28}


@pytest.mark.parametrize("number", [1, 12, 13, 4711, MAX_CITIZENS])
def test_an_openid_leads_back_to_its_citizen(number: int):
    assert number_of(APPID, openid_of(APPID, number)) == number


@pytest.mark.parametrize(
    "openid",
    [
        "",
        "o" * 28,
        "omOzfn6o" + "!" * 20,
        "omOzfn6oé" + "A" * 19,
        openid_of("wx0000000000000000", 1),
        visitor_openid(APPID, 1),
        openid_of(APPID, MAX_CITIZENS + 1),
        openid_of(APPID, 1)[:-1] + "A",
    ],
)
def test_an_openid_nobody_was_given_leads_nowhere(openid: str):
    assert number_of(APPID, openid) is None


def test_a_citizen_has_another_openid_in_each_account_but_one_unionid_in_a_group():
    assert openid_of(APPID, 7) != openid_of("wx0000000000000000", 7)
    assert unionid_of("group", 7) == unionid_of("group", 7) != unionid_of("other", 7)


@pytest.mark.parametrize("number", [0, -1, MAX_CITIZENS + 1])
def test_there_is_no_citizen_beyond_the_crowd(number: int):
    with pytest.raises(LookupError):
        citizen(number)


def test_every_derived_citizen_is_of_age_to_hold_a_phone():
    assert {16 <= citizen(number).age <= 82 for number in range(13, 3000)} == {True}
