# SPDX-License-Identifier: Apache-2.0
"""Take the README's picture from a running product: the ballot on a phone, the board on a desk.

PORT=8000 .venv/bin/python tools/overview.py      (after `make run` and `minyi demo crowd`)
"""

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PRODUCT = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}"
PICTURE = Path(__file__).resolve().parents[1] / "docs/pictures/overview.png"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
GROUND, GAP = "#e1eff2", 40


def main() -> None:
    """Write docs/pictures/overview.png."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        phone = browser.new_page(viewport={"width": 390, "height": 844}, locale="zh-CN")
        phone.goto(f"{PRODUCT}/c/top-ten-windows/nominees/")
        phone.wait_for_load_state("networkidle")
        desk = browser.new_page(viewport={"width": 1180, "height": 844}, locale="zh-CN")
        desk.goto(f"{PRODUCT}/c/top-ten-windows/board/")
        desk.wait_for_timeout(2500)  # the bars grow
        shots = [Image.open(io.BytesIO(page.screenshot())) for page in (phone, desk)]
        browser.close()
    width = sum(shot.width for shot in shots) + GAP * (len(shots) + 1)
    sheet = Image.new("RGB", (width, shots[0].height + 2 * GAP), GROUND)
    left = GAP
    for shot in shots:
        sheet.paste(shot, (left, GAP))
        left += shot.width + GAP
    sheet = sheet.resize((sheet.width * 3 // 4, sheet.height * 3 // 4))
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    sheet.quantize(colors=192).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
