# SPDX-License-Identifier: Apache-2.0
"""Phone and control room for a reader whose browser shows text at 200 %."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from chromium import DESK, LARGE_TEXT, PHONE, running_chromium
from wechat_sandbox.tests.phone_world import follow, given_page, served_world, take_phone
from wechat_sandbox.tests.test_control_room import PAGES

pytestmark = pytest.mark.browser
PHONE_PAGES = ("/", "/contacts", "/discover", "/me", "/scan", "/chats/sandbox", "/accounts/sandbox")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium(LARGE_TEXT) as browser:
        yield browser


def test_nothing_is_wider_than_the_screen(chromium):
    with served_world() as (_, sandbox):
        for size in (DESK, PHONE):
            page = given_page(chromium, size)
            take_phone(page, sandbox, "陈晓雯" if size is DESK else "马志强")
            follow(page, sandbox)
            for path in (*PAGES, *PHONE_PAGES):
                page.goto(f"{sandbox}{path}")
                html = page.locator("html")
                assert html.evaluate("it => getComputedStyle(it).fontSize") == "32px"
                wide, seen = html.evaluate("it => [it.scrollWidth, it.clientWidth]")
                assert wide <= seen, path
            page.context.close()
