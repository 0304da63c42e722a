# SPDX-License-Identifier: Apache-2.0
"""Statistics by day, counted from what happened in the sandbox, with rows a developer sowed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from wechat_sandbox.accounts import Account
from wechat_sandbox.clock import china_day, china_time
from wechat_sandbox.press.readers import ALL_SOURCES, Issue, Page, Tally
from wechat_sandbox.state import Sandbox

TRACKED_DAYS = 30
Row = dict[str, Any]
COUNTERS = (
    "share_user",
    "zaikan_user",
    "like_user",
    "comment_count",
    "collection_user",
    "redirect_ori_page_user",
)


def user_changes(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return who came and went, by day and by the way they came."""
    come: Counter[tuple[str, int]] = Counter()
    gone: Counter[tuple[str, int]] = Counter()
    for passage in sandbox.readers.passages:
        if passage.appid == account.appid and passage.day in days:
            (come if passage.change > 0 else gone)[passage.day, passage.user_source] += 1
    return [
        {
            "ref_date": day,
            "user_source": source,
            "new_user": come[day, source],
            "cancel_user": gone[day, source],
        }
        for day, source in sorted(come.keys() | gone.keys())
    ]


def user_totals(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return how many followed at the end of each day."""
    passages = [one for one in sandbox.readers.passages if one.appid == account.appid]
    return [
        {
            "ref_date": day,
            "user_source": 0,
            "cumulate_user": sum(one.change for one in passages if one.day <= day),
        }
        for day in days
    ]


def article_reads(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return who read which article on the day."""
    return [
        {"ref_date": day, "msgid": page.msgid, "detail": _read_detail([tally])}
        for day, page, tally in _tallies(sandbox, account, days)
        if tally.reads_by_source()
    ]


def article_shares(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return who shared which article on the day."""
    return [
        {
            "ref_date": day,
            "msgid": page.msgid,
            "detail": {"share_user": tally.count("share_user")},
        }
        for day, page, tally in _tallies(sandbox, account, days)
        if tally.count("share_user")
    ]


def account_days(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return the account's day over all its articles."""
    by_day: defaultdict[str, list[Tally]] = defaultdict(list)
    for day, _, tally in _tallies(sandbox, account, days):
        by_day[day].append(tally)
    return [
        {
            "ref_date": day,
            "detail": {
                **_read_detail(by_day[day]),
                **{name: sum(one.count(name) for one in by_day[day]) for name in COUNTERS},
                "send_page_count": sum(
                    1 for page in _pages(sandbox, account) if china_day(page.published_at) == day
                ),
            },
        }
        for day in days
    ]


def article_histories(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return the articles published on the day with each of their next thirty days."""
    yesterday = china_time(sandbox.clock.now()).date() - timedelta(days=1)
    return [
        _history(issue, page, yesterday)
        for issue in sandbox.readers.issues.values()
        if issue.appid == account.appid and china_day(issue.published_at) in days
        for page in issue.pages
    ]


def _pages(sandbox: Sandbox, account: Account) -> list[Page]:
    return sandbox.readers.pages_of(account.appid)


def _tallies(
    sandbox: Sandbox, account: Account, days: list[str]
) -> Iterable[tuple[str, Page, Tally]]:
    for day in days:
        for page in _pages(sandbox, account):
            if day in page.days:
                yield day, page, page.days[day]


def _read_detail(tallies: list[Tally]) -> Row:
    by_source: Counter[str] = Counter()
    for tally in tallies:
        by_source += tally.reads_by_source()
    total = by_source.total()
    return {"read_user": total, "read_user_source": _sources(by_source, total)}


def _sources(by_source: Counter[str], total: int) -> list[Row]:
    # The total row comes with the others and must not be added to them.
    rows = [{"user_count": total, "scene_desc": ALL_SOURCES}]
    return rows + [
        {"user_count": count, "scene_desc": source} for source, count in by_source.most_common()
    ]


def _history(issue: Issue, page: Page, yesterday: date) -> Row:
    first = china_time(issue.published_at).date()
    last = min(yesterday, first + timedelta(days=TRACKED_DAYS - 1))
    tracked = [first + timedelta(days=count) for count in range((last - first).days + 1)]
    return {
        "ref_date": first.isoformat(),
        "msgid": page.msgid,
        "publish_type": 0 if issue.is_mass else 1,
        "title": page.article["title"],
        "content_url": page.url,
        "detail_list": [_history_day(page, day.isoformat()) for day in tracked],
    }


def _history_day(page: Page, day: str) -> Row:
    tally = page.days.get(day, Tally())
    return {
        "stat_date": day,
        **_read_detail([tally]),
        **{name: tally.count(name) for name in COUNTERS},
        "praise_money": 0,
        "read_subscribe_user": 0,
        "read_delivery_rate": 0.0,
        "read_finish_rate": 0.0,
        "read_avg_activetime": 0.0,
        "read_jump_position": [],
    }
