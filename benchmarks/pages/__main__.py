# SPDX-License-Identifier: Apache-2.0
"""The nominee list of 100 candidates, and the memory of the whole embedded product.

Server time is what Django takes to answer, warm, the median of 40 requests; the floor beside it is
the same process answering /healthz. Transfer is what a real Chromium of phone size receives for
the first screen, compressed as sent.
"""

import json
import logging
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULT = HERE.parent / "results" / "pages.json"
NOMINEES = 100
TIME_MS, TRANSFER_KB, QUERIES, MEMORY_MB = 30, 300, 10, 400
CHROMIUM = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run")


def main() -> None:
    """Measure, print and keep."""
    with tempfile.TemporaryDirectory(prefix="minyi-pages-") as folder:
        os.environ["MINYI_VAR_DIR"] = folder
        os.environ["DATABASE_URL"] = f"sqlite:///{folder}/db.sqlite3"
        os.environ["DJANGO_SETTINGS_MODULE"] = "minyi.config.settings.dev"
        os.environ["PORT"], os.environ["SANDBOX_PORT"] = str(_free_port()), str(_free_port())
        product = subprocess.Popen(
            [sys.executable, "-m", "minyi.config.cli", "serve"], stdout=subprocess.DEVNULL
        )
        try:
            _wait_for(f"http://127.0.0.1:{os.environ['PORT']}/readyz")
            rows = _measure(product.pid)
        finally:
            product.terminate()
            product.wait(30)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(
        json.dumps({"title": "Pages and memory", "rows": rows}, indent=1, ensure_ascii=False)
    )
    for row in rows:
        print(row)


def _measure(product: int) -> list[dict[str, object]]:
    time.sleep(3)  # at rest
    memory = sum(_pss_mb(pid) for pid in _family(product))
    path = _prepare_campaign()
    seconds, floor, queries = _server_time(path)
    transfer = _transfer(f"http://127.0.0.1:{os.environ['PORT']}{path}")
    return [
        _row(f"nominee list of {NOMINEES}: server time", seconds * 1000, TIME_MS, "ms")
        | {"ratio": f"{seconds / floor:.0f} × /healthz ({floor * 1000:.2f} ms)"},
        _row(f"nominee list of {NOMINEES}: transferred", transfer / 1000, TRANSFER_KB, "kB"),
        _row(f"nominee list of {NOMINEES}: database queries", queries, QUERIES, "queries"),
        _row("memory of the whole embedded product at rest (PSS)", memory, MEMORY_MB, "MB"),
    ]


def _row(claim: str, measured: float, limit: float, unit: str) -> dict[str, object]:
    return {
        "claim": claim,
        "measured": f"{measured:.4g} {unit}",
        "floor": f"at most {limit} {unit}",
        "ratio": f"{measured / limit:.2f}",
        "met": bool(measured <= limit),
    }


def _prepare_campaign() -> str:
    """Give the sample selection 100 candidates with pictures; return the list's address."""
    import django

    django.setup()
    logging.disable(logging.INFO)
    from django.apps import apps

    nominee = apps.get_model("campaigns", "Nominee")
    campaign = apps.get_model("campaigns", "Campaign").objects.get(slug="top-ten-windows")
    drawn = list(campaign.nominees.all())
    added = nominee.objects.bulk_create(
        nominee(
            campaign=campaign,
            number=number,
            name=f"示例窗口{number}",
            unit=like.unit,
            category=like.category,
            merits=like.merits,
            story=like.story,
            card="picture",
        )
        for number in range(len(drawn) + 1, NOMINEES + 1)
        for like in [drawn[number % len(drawn)]]
    )
    hung = apps.get_model("campaigns", "NomineePicture")
    hung.objects.bulk_create(
        hung(nominee=one, picture_id=kept.picture_id, place=0)
        for one in added
        for kept in drawn[one.number % len(drawn)].gallery.all()[:1]
    )
    return f"/c/{campaign.slug}/nominees/"


def _server_time(path: str) -> tuple[float, float, int]:
    """Return (seconds for the page, seconds for /healthz, queries of the page), warm."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    client = Client(headers={"host": "127.0.0.1"})
    for _warm in range(3):
        assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    queries = len(captured)  # now: the next request empties the list
    return _median(client, path), _median(client, "/healthz"), queries


def _median(client: object, path: str, times: int = 40) -> float:
    taken = []
    for _n in range(times):
        started = time.perf_counter()
        client.get(path)  # type: ignore[attr-defined]
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def _transfer(url: str) -> float:
    """Return the bytes a phone receives for the page and everything on its first screen."""
    from playwright.sync_api import sync_playwright

    received = 0.0

    def add(event: dict[str, float]) -> None:
        nonlocal received
        received += event["encodedDataLength"]

    with sync_playwright() as playwright:
        program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM))
        page = browser.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=3)
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.loadingFinished", add)
        page.goto(url, wait_until="networkidle")
        browser.close()
    return received


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(member for child in children for member in _family(int(child)))]


def _pss_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise SystemExit(f"{url} did not answer in {seconds:.0f} s")


if __name__ == "__main__":
    main()
