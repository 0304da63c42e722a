# SPDX-License-Identifier: Apache-2.0
"""One way to start Chromium, and people who look through it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
WECHAT = (
    "Mozilla/5.0 (Linux; Android 14; Sample) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0 Mobile Safari/537.36 XWEB/1300 MicroMessenger/8.0.54"
)
# What people at a computer have; Chromium's own name, «HeadlessChrome», is that of a programme.
BROWSER = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/130.0 Safari/537.36"
)
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
PATIENCE_MS = 30_000  # only what fails waits so long
# Text at 200 %, as a reader sets it in the browser.
LARGE_TEXT = "--blink-settings=defaultFontSize=32"
# Names the directive, which Chromium's own line leaves out in some cases.
_REPORT_BREACHES = """
document.addEventListener('securitypolicyviolation', (breach) => console.error(
    `policy: ${breach.effectiveDirective} refused ${breach.blockedURI} ${breach.sample}`));
"""
_pictures = os.environ.get("MINYI_SHOTS")  # a folder: keep a picture of every page looked at


@contextmanager
def running_chromium(*extra: str) -> Iterator[Browser]:
    """Start the system's Chromium with further arguments, or skip by name where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium found (tools/browser.sh installs one)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*ARGS, *extra])
        yield browser
        browser.close()


class Visitors:
    """Opens a browser for each person and writes down what their pages complain of."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._tolerated: list[str] = []
        self.complaints: list[str] = []

    def come(
        self,
        size: dict[str, int] = PHONE,
        *,
        script: bool = True,
        user_agent: str | None = None,
    ) -> Page:
        """Open an empty page of a browser of their own."""
        context = self._browser.new_context(
            viewport=size,
            java_script_enabled=script,
            user_agent=user_agent,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            accept_downloads=True,
        )
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(_REPORT_BREACHES)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(f"threw: {error.error}"))
        return context.new_page()

    def expect_status(self, status: int) -> None:
        """Let pages answer with this status: Chromium calls every 4xx and 5xx an error."""
        self._tolerated.append(f"the server responded with a status of {status}")

    def leave(self) -> None:
        for context in self._browser.contexts:
            context.close()

    def _heard(self, line: ConsoleMessage) -> None:
        if line.type != "error" or any(words in line.text for words in self._tolerated):
            return
        address = line.location["url"] or (line.page.url if line.page else "")
        self.complaints.append(f"{address}: {line.text[:300]}")


def look(page: Page, name: str) -> None:
    """Keep a picture of the page, when somebody asked for pictures (MINYI_SHOTS)."""
    if _pictures:
        page.screenshot(path=Path(_pictures) / f"{name}.png", full_page=True)
