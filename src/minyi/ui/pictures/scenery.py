# SPDX-License-Identifier: Apache-2.0
"""What stands around people: sky, hills, water, trees, houses, furniture."""

from random import Random

from .canvas import (
    AMBER,
    CARD,
    INK,
    JADE,
    LAKE,
    PAPER,
    PAPER_DEEP,
    SAND,
    SEAL,
    SLATE,
    STONE,
    WOOD,
    Canvas,
    smooth,
    tint,
)

SKIES = {
    "day": ("#bcdfe7", "#f3f7f1"),
    "morning": ("#cfe6e6", "#fbe9cf"),
    "dusk": ("#f1c9a4", "#fdeed8"),
}


def sky(c: Canvas, time: str, dice: Random, sun: tuple[float, float]) -> None:
    c.fade(*SKIES[time])
    x, y = sun
    glow = "#f7d9a6" if time != "day" else "#fdf3d3"
    c.oval(x, y, 92, 92, tint(glow, 0.45))
    c.oval(x, y, 56, 56, glow)
    for _ in range(3):
        cloud(c, dice.uniform(60, c.width - 240), dice.uniform(50, 190), dice.uniform(0.7, 1.25))


def cloud(c: Canvas, x: float, y: float, k: float) -> None:
    white = tint(CARD, 0.82)
    c.rect(x, y, 210 * k, 40 * k, white, 20 * k)
    c.rect(x + 44 * k, y - 28 * k, 112 * k, 60 * k, white, 30 * k)


def hills(c: Canvas, base: float, high: float, colour: str, dice: Random, steps: int = 5) -> None:
    points = [
        (-40 + i * (c.width + 80) / steps, base - high * dice.uniform(0.25, 1))
        for i in range(steps + 1)
    ]
    c.curve(points, colour, base + 4)


def water(c: Canvas, y: float, h: float, dice: Random, top: str, bottom: str) -> None:
    c.fade(top, bottom, y, h)
    for _ in range(26):
        depth = dice.random()
        w = 40 + 130 * depth
        c.rect(
            dice.uniform(-60, c.width),
            y + 10 + depth * (h - 20),
            w,
            3 + 3 * depth,
            tint(CARD, 0.3),
            3,
        )


def tree(c: Canvas, x: float, y: float, h: float, kind: str, dice: Random) -> None:
    c.oval(x, y, h * 0.2, h * 0.025, tint(INK, 0.12))
    c.rect(x - h * 0.025, y - h * 0.42, h * 0.05, h * 0.42, WOOD[0], 3)
    if kind == "pine":
        for i, colour in enumerate((JADE[0], JADE[1], JADE[1])):
            top, wide = y - h * (1 - 0.2 * i), h * (0.16 + 0.06 * i)
            c.shape([(x, top), (x - wide, top + h * 0.34), (x + wide, top + h * 0.34)], colour)
        return
    dark, light = (JADE[1], JADE[2]) if kind == "round" else ("#c98a2e", AMBER)
    c.oval(x, y - h * 0.66, h * 0.25, h * 0.31, dark)
    c.oval(x - h * 0.05, y - h * 0.7, h * 0.19, h * 0.24, light)
    for _ in range(4):
        dx, dy = dice.uniform(-0.14, 0.08) * h, dice.uniform(-0.84, -0.56) * h
        c.oval(x + dx, y + dy, h * 0.028, h * 0.02, tint(CARD, 0.25))
    c.stroke([(x, y - h * 0.36), (x + h * 0.08, y - h * 0.52)], WOOD[0], h * 0.022)


def willow(c: Canvas, x: float, y: float, h: float) -> None:
    c.stroke(
        [(x, y), (x - h * 0.03, y - h * 0.4), (x + h * 0.03, y - h * 0.75)], WOOD[0], h * 0.055
    )
    c.oval(x + h * 0.02, y - h * 0.8, h * 0.24, h * 0.15, JADE[2])
    for i in range(-7, 8):
        reach, crown = x + i * h * 0.052, y - h * (0.93 - 0.0035 * i * i)
        tip = (reach + i * h * 0.008, y - h * (0.3 + 0.06 * (i % 3)))
        strand = [(x + i * h * 0.02, crown), (reach, crown + h * 0.12), tip]
        c.stroke(smooth(strand, 6), (JADE[2], JADE[3], JADE[1])[i % 3], h * 0.034)
    c.oval(x - h * 0.02, y - h * 0.87, h * 0.16, h * 0.07, tint(JADE[3], 0.8))


def pot(c: Canvas, x: float, y: float, h: float) -> None:
    """Draw a plant in a pot, as every service hall has."""
    for i, lean in enumerate((-0.42, -0.24, -0.06, 0.12, 0.3, 0.46)):
        tip = (x + lean * h, y - h * (0.98 - 0.5 * abs(lean)))
        mid = (x + lean * h * 0.35, y - h * 0.66)
        root = (x, y - h * 0.3)
        c.stroke([root, mid, tip], (JADE[1], JADE[2], JADE[3])[i % 3], h * 0.1)
    c.shape(
        [
            (x - h * 0.2, y - h * 0.36),
            (x + h * 0.2, y - h * 0.36),
            (x + h * 0.14, y),
            (x - h * 0.14, y),
        ],
        CARD,
    )
    c.rect(x - h * 0.22, y - h * 0.4, h * 0.44, h * 0.07, STONE, 4)


def tiled_house(c: Canvas, x: float, y: float, w: float, h: float, lit: bool = False) -> None:
    """Draw a white house with a grey tiled roof, as along the rivers of the south."""
    c.rect(x, y - h, w, h, "#fdfcf8")
    c.rect(x + w * 0.74, y - h, w * 0.26, h, tint(INK, 0.06))
    eave, roof = h * 0.1, h * 0.27
    c.shape(
        [
            (x - eave, y - h + 5),
            (x + w * 0.12, y - h - roof),
            (x + w * 0.88, y - h - roof),
            (x + w + eave, y - h + 5),
        ],
        "#4b5b62",
    )
    c.rect(x + w * 0.1, y - h - roof - 5, w * 0.8, 8, INK, 4)
    for i in range(1, 8):
        ridge = x + w * (0.12 + 0.76 * i / 8)
        foot = x - eave + (w + 2 * eave) * i / 8
        c.stroke([(ridge, y - h - roof + 6), (foot, y - h)], tint(CARD, 0.13), 2)
    pane = AMBER if lit else LAKE[5]
    columns = max(1, int(w // 85))
    for i in range(columns):
        left = x + w * (i + 0.5) / columns - 17
        c.rect(left, y - h * 0.78, 34, 38, WOOD[0], 3)
        c.rect(left + 4, y - h * 0.78 + 4, 26, 30, pane)
        c.rect(left + 15, y - h * 0.78 + 4, 3, 30, WOOD[0])
    c.rect(x + w * 0.5 - 19, y - h * 0.4, 38, h * 0.4, WOOD[1], 3)


def hall(c: Canvas, x: float, y: float, w: float, h: float, wall: str, lit: bool = False) -> None:
    """Draw a service hall: a glass front between columns under a wide roof, steps before it."""
    c.rect(x, y - h, w, h, wall)
    glass = "#f6dfa4" if lit else LAKE[6]
    left, right = x + w * 0.06, x + w * 0.94
    c.rect(left, y - h * 0.74, right - left, h * 0.74, glass)
    c.shape(
        [
            (left, y - h * 0.2),
            (left + w * 0.3, y - h * 0.74),
            (left + w * 0.42, y - h * 0.74),
            (left + w * 0.06, y),
        ],
        tint(CARD, 0.35),
    )
    for i in range(9):
        c.rect(left + (right - left) * i / 8 - 2, y - h * 0.74, 4, h * 0.74, tint(LAKE[1], 0.45))
    c.rect(left, y - h * 0.38, right - left, 4, tint(LAKE[1], 0.45))
    for i in range(6):
        cx = x + w * (0.03 + 0.188 * i)
        c.rect(cx - 11, y - h * 0.8, 22, h * 0.8, CARD)
        c.rect(cx + 4, y - h * 0.8, 7, h * 0.8, tint(INK, 0.07))
    c.rect(x - w * 0.04, y - h * 0.95, w * 1.08, h * 0.17, LAKE[2], 4)
    c.rect(x - w * 0.04, y - h * 0.8, w * 1.08, 6, LAKE[1])
    emblem(c, x + w / 2, y - h * 0.865, h * 0.055)
    c.rect(x + w * 0.42, y - h * 0.36, w * 0.16, h * 0.36, tint(LAKE[1], 0.55))
    c.rect(x + w * 0.498, y - h * 0.36, 4, h * 0.36, CARD)
    for i, grey in enumerate(("#e9e5da", "#dcd7ca", "#cfcabd")):
        c.rect(x + w * 0.2 - i * 26, y + i * 12, w * 0.6 + i * 52, 12, grey)


def emblem(c: Canvas, x: float, y: float, r: float) -> None:
    """Draw the project's own mark, never a state emblem (国徽法 art. 10)."""
    c.oval(x, y - r * 0.55, r * 0.34, r * 0.34, "#f4b8a4")
    c.arc(x, y - r * 0.05, r * 0.62, 0, 180, CARD, r * 0.22)
    c.arc(x, y + r * 0.05, r * 1.08, 0, 180, LAKE[5], r * 0.22)


def room(c: Canvas, wall: str, floor: str, edge: float) -> None:
    """Draw an indoor wall and floor; `edge` is where they meet."""
    c.rect(0, 0, c.width, edge, wall)
    c.rect(0, edge, c.width, c.height - edge, floor)
    c.rect(0, edge - 12, c.width, 12, tint(INK, 0.08))


def window(c: Canvas, x: float, y: float, w: float, h: float, dice: Random) -> None:
    """Draw a window with a view of hills."""
    c.rect(x - 8, y - 8, w + 16, h + 16, CARD, 6)
    c.rect(x, y, w, h, "#d5ebee")
    points = [(x + w * i / 4, y + h * dice.uniform(0.5, 0.75)) for i in range(5)]
    c.curve(points, JADE[3], y + h)
    points = [(x + w * i / 3, y + h * dice.uniform(0.72, 0.9)) for i in range(4)]
    c.curve(points, JADE[2], y + h)
    c.rect(x + w / 2 - 4, y, 8, h, CARD)
    c.rect(x - 16, y + h + 6, w + 32, 12, STONE, 4)


def counter(c: Canvas, y: float, front: str, top: str, places: int) -> None:
    """Draw a long open counter with signs for its places; people stand behind it."""
    c.rect(0, y, c.width, 26, top)
    c.rect(0, y + 26, c.width, 10, tint(INK, 0.16))
    c.rect(0, y + 30, c.width, c.height - y, front)
    wide = c.width / places
    for i in range(places):
        c.rect(i * wide + 26, y + 66, wide - 52, 200, tint(CARD, 0.13), 12)
        emblem(c, (i + 0.5) * wide, y + 160, 34)


def screen(c: Canvas, x: float, y: float, w: float) -> None:
    """Draw the back of a monitor standing at `y`."""
    c.rect(x - w * 0.1, y - w * 0.16, w * 0.2, w * 0.16, SLATE)
    c.rect(x - w * 0.24, y - 7, w * 0.48, 7, SLATE, 3)
    c.rect(x - w / 2, y - w * 0.76, w, w * 0.62, "#33454d", 9)
    c.oval(x, y - w * 0.45, w * 0.06, w * 0.06, SLATE)


def sign(c: Canvas, x: float, y: float, w: float, colour: str, lines: int = 2) -> None:
    """Draw a hanging board; bars stand for its words, so that no language is favoured."""
    for side in (0.2, 0.8):
        c.rect(x + w * side, y - 60, 3, 60, SLATE)
    c.rect(x, y, w, 56, colour, 10)
    c.oval(x + 30, y + 28, 13, 13, tint(CARD, 0.95))
    for i in range(lines):
        c.rect(x + 54, y + 16 + i * 16, (w - 76) * (1 - 0.35 * i), 8, tint(CARD, 0.9), 4)


def paper(c: Canvas, x: float, y: float, w: float, stamped: bool = False) -> None:
    c.shape(
        [(x, y), (x + w, y - 4), (x + w * 1.12, y + w * 0.3), (x + w * 0.08, y + w * 0.34)], CARD
    )
    for i in range(3):
        c.rect(x + w * (0.16 + 0.02 * i), y + 8 + i * w * 0.07, w * 0.62, 3, STONE)
    if stamped:
        c.arc(x + w * 0.86, y + w * 0.18, w * 0.09, 0, 360, SEAL, 3)


def bench(c: Canvas, x: float, y: float, w: float) -> None:
    c.rect(x, y - 46, w, 12, WOOD[1], 5)
    c.rect(x, y - 92, w, 10, WOOD[1], 5)
    c.rect(x, y - 74, w, 10, WOOD[2], 5)
    for side in (0.08, 0.88):
        c.rect(x + w * side, y - 92, 9, 92, SLATE, 3)


def lawn(c: Canvas, y: float, near: str = JADE[3], far: str = JADE[4]) -> None:
    c.fade(far, near, y, c.height - y)


def pavement(c: Canvas, y: float, colour: str = SAND) -> None:
    c.rect(0, y, c.width, c.height - y, colour)
    for i in range(1, 6):
        c.rect(0, y + (c.height - y) * (i / 6) ** 1.6, c.width, 2, tint(INK, 0.06))


def lantern(c: Canvas, x: float, y: float, r: float) -> None:
    c.rect(x - 1.5, y - r * 2, 3, r * 2, SLATE)
    c.oval(x, y, r, r * 0.86, SEAL)
    c.oval(x, y, r * 0.5, r * 0.86, tint("#e8745a", 0.7))
    c.rect(x - r * 0.4, y - r * 0.95, r * 0.8, r * 0.2, AMBER)
    c.rect(x - r * 0.4, y + r * 0.75, r * 0.8, r * 0.2, AMBER)
    c.rect(x - 2, y + r * 0.9, 4, r * 0.6, AMBER)


def shelf(c: Canvas, x: float, y: float, w: float, h: float, dice: Random) -> None:
    c.rect(x, y, w, h, WOOD[1], 6)
    rows = max(2, int(h // 110))
    for row in range(rows):
        top, deep = y + 12 + row * (h - 12) / rows, (h - 12) / rows - 12
        c.rect(x + 12, top, w - 24, deep, "#6b4729")
        at = x + 18
        while at < x + w - 40:
            wide, tall = dice.uniform(13, 26), deep * dice.uniform(0.62, 0.92)
            book = dice.choice((LAKE[3], LAKE[5], SEAL, PAPER, JADE[2], AMBER, PAPER_DEEP))
            c.rect(at, top + deep - tall, wide, tall, book, 2)
            at += wide + 2


def lawn_strip(c: Canvas, y: float, h: float) -> None:
    c.rect(0, y, c.width, h, JADE[3])
    c.rect(0, y, c.width, 14, JADE[4])


def wall_picture(c: Canvas, x: float, y: float, w: float, h: float) -> None:
    """Draw a small landscape as it hangs on a wall."""
    c.curve(
        [
            (x, y + h * 0.7),
            (x + w * 0.35, y + h * 0.35),
            (x + w * 0.7, y + h * 0.62),
            (x + w, y + h * 0.5),
        ],
        LAKE[5],
        y + h,
    )
    c.curve([(x, y + h * 0.86), (x + w * 0.5, y + h * 0.66), (x + w, y + h * 0.82)], LAKE[3], y + h)
    c.oval(x + w * 0.72, y + h * 0.24, 15, 15, SEAL)
