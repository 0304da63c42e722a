# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone, translation
from wagtail.admin.templatetags.wagtailadmin_tags import timesince_simple

from minyi.ui.templatetags.ui_tags import distance, html_language, icon, number, percent, when

NOW = datetime(2026, 11, 21, 13, 50, tzinfo=UTC)  # 21:50 in Beijing, a Saturday


def in_beijing(moment: datetime) -> datetime:
    return timezone.localtime(moment)


@pytest.mark.parametrize(
    ("away", "words"),
    [
        (timedelta(seconds=20), "现在"),
        (timedelta(minutes=5), "5 分钟后"),
        (timedelta(minutes=-5), "5 分钟前"),
        (timedelta(hours=2), "2 小时后"),
        (timedelta(hours=-23), "23 小时前"),
        (timedelta(days=4), "4 天后"),
        (timedelta(days=-30), "30 天前"),
    ],
)
def test_a_distance_is_said_in_the_unit_people_use(away: timedelta, words: str):
    assert distance(in_beijing(NOW + away), in_beijing(NOW)) == words


def test_days_are_counted_on_the_calendar_of_beijing():
    late = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)  # already the 24th in Beijing
    assert distance(in_beijing(late), in_beijing(NOW)) == "3 天后"


def test_a_day_without_a_time_is_today_all_day():
    assert distance(date(2026, 11, 21), in_beijing(NOW)) == "今天"


def test_a_moment_is_written_with_its_weekday_and_for_machines():
    drawn = when(datetime(2020, 11, 28, 10, 0, tzinfo=UTC))
    assert ">2020年11月28日（周六）18:00</time>" in drawn
    assert 'datetime="2020-11-28T18:00:00+08:00"' in drawn


def test_an_english_date_has_an_english_weekday():
    with translation.override("en"):
        drawn = when(datetime(2020, 11, 28, 10, 0, tzinfo=UTC))
    assert ">Saturday 28 November 2020 at 18:00</time>" in drawn


def test_the_distance_is_shown_where_asked():
    assert "天前</time>" in when(datetime(2020, 1, 1, tzinfo=UTC), "distance")


def test_no_moment_says_nothing():
    assert when(None) == ""


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (1234567, "", "1,234,567"),
        (9999, "万", "9,999"),
        (264310, "万", "26.4万"),
        ("–", "", "–"),
        (0, "", "0"),
    ],
)
def test_numbers_are_grouped(value: object, unit: str, words: str):
    with translation.override("zh-hans"):
        assert number(value, unit) == words


def test_a_share_of_nothing_is_a_dash():
    assert (percent(3, 0), percent(316, 500), percent(42)) == ("–", "63.2%", "42.0%")


def test_languages_are_named_as_html_wants_them():
    assert [html_language(code) for code in ("zh-hans", "zh-hant", "en")] == [
        "zh-Hans",
        "zh-Hant",
        "en",
    ]


def test_an_icon_is_hidden_from_those_who_hear_the_page():
    assert 'aria-hidden="true"' in icon("check")


def test_the_console_says_how_long_ago_without_a_gap():
    with translation.override("zh-hans"):
        said = timesince_simple(timezone.now() - timedelta(minutes=3, seconds=5))
    assert said.replace("\xa0", " ") == "3 分钟前"
