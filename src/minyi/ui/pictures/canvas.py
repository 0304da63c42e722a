# SPDX-License-Identifier: Apache-2.0
"""A sheet to draw flat illustrations on, in units of the finished picture, with smooth edges."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw

OVERSAMPLE = 2  # drawn twice as large, then averaged: the cheapest smooth edge
Point = tuple[float, float]

# The tokens of frontend/tokens.css, and what a landscape needs beside them.
LAKE = ("#072a34", "#0b3b48", "#126073", "#1a768b", "#5aa5b5", "#94c6d0", "#c5e0e5", "#e1eff2")
PAPER, PAPER_DEEP, CARD = "#faf8f3", "#f2eee4", "#ffffff"
SEAL, SEAL_SOFT, BLUSH = "#bd3d22", "#e08a70", "#fae3db"
JADE = ("#1f5440", "#2f7355", "#5a9a74", "#93c0a0", "#cfe5d5")
WOOD = ("#7a5230", "#a87645", "#cfa26d", "#e8cfa8")
AMBER, SAND, STONE, SLATE, INK = "#e3aa45", "#ecdcbf", "#cfcabd", "#5f717a", "#16262c"


def tint(colour: str, alpha: float) -> tuple[int, int, int, int]:
    """Return a colour that lets `1 - alpha` of what is below shine through."""
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue, round(alpha * 255)


Paint = str | tuple[int, int, int, int]


class Canvas:
    """Shapes in finished pixels; the origin is the upper left corner."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        size = (width * OVERSAMPLE, height * OVERSAMPLE)
        self.image = Image.new("RGB", size, PAPER)
        self.pen = ImageDraw.Draw(self.image, "RGBA")

    def rect(self, x: float, y: float, w: float, h: float, fill: Paint, r: float = 0) -> None:
        if w <= 0 or h <= 0:
            return
        box = self._scaled([(x, y), (x + w, y + h)])
        self.pen.rounded_rectangle(box, r * OVERSAMPLE, fill)

    def oval(self, x: float, y: float, rx: float, ry: float, fill: Paint) -> None:
        self.pen.ellipse(self._scaled([(x - rx, y - ry), (x + rx, y + ry)]), fill)

    def slice(
        self, x: float, y: float, rx: float, ry: float, start: float, end: float, fill: Paint
    ) -> None:
        box = self._scaled([(x - rx, y - ry), (x + rx, y + ry)])
        self.pen.chord(box, start, end, fill)

    def arc(
        self, x: float, y: float, r: float, start: float, end: float, fill: Paint, width: float
    ) -> None:
        box = self._scaled([(x - r, y - r), (x + r, y + r)])
        self.pen.arc(box, start, end, fill, round(width * OVERSAMPLE))

    def shape(self, points: Sequence[Point], fill: Paint) -> None:
        self.pen.polygon(self._scaled(points), fill)

    def curve(self, points: Sequence[Point], fill: Paint, floor: float) -> None:
        """Fill what lies between a smooth line through the points and a horizontal floor."""
        line = smooth(points)
        self.shape([(line[0][0], floor), *line, (line[-1][0], floor)], fill)

    def stroke(self, points: Sequence[Point], fill: Paint, width: float) -> None:
        """Draw a line with round ends and joints."""
        scaled = self._scaled(points)
        self.pen.line(scaled, fill, round(width * OVERSAMPLE), joint="curve")
        for x, y in (points[0], points[-1]):
            self.oval(x, y, width / 2, width / 2, fill)

    def fade(self, top: str, bottom: str, y: float = 0, h: float | None = None) -> None:
        """Fill a band over the whole width, from one colour to another."""
        height = round((self.height if h is None else h) * OVERSAMPLE)
        ramp = Image.linear_gradient("L").resize((1, height))
        band = Image.composite(
            Image.new("RGB", (1, height), bottom), Image.new("RGB", (1, height), top), ramp
        )
        self.image.paste(band.resize((self.image.width, height)), (0, round(y * OVERSAMPLE)))

    def save(self, path: Path, quality: int = 82) -> Path:
        self.image.reduce(OVERSAMPLE).save(path, "JPEG", quality=quality, optimize=True)
        return path

    def _scaled(self, points: Sequence[Point]) -> list[Point]:
        return [(x * OVERSAMPLE, y * OVERSAMPLE) for x, y in points]


def smooth(points: Sequence[Point], steps: int = 14) -> list[Point]:
    """Return a Catmull-Rom line through the points."""
    padded = [points[0], *points, points[-1]]
    line: list[Point] = []
    for before, start, end, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for step in range(steps):
            t = step / steps
            line.append(
                (
                    _between(before[0], start[0], end[0], after[0], t),
                    _between(before[1], start[1], end[1], after[1], t),
                )
            )
    return [*line, points[-1]]


def _between(before: float, start: float, end: float, after: float, t: float) -> float:
    return 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
