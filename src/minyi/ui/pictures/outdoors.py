# SPDX-License-Identifier: Apache-2.0
"""Scenes under the sky."""

from random import Random

from . import people, scenery
from .canvas import AMBER, CARD, INK, JADE, LAKE, SEAL, SLATE, STONE, WOOD, Canvas, tint
from .people import BROWN, GREY, SKIN, WHITE, Look

CLERK = Look(top=LAKE[1], badge=True)
CLERK_WOMAN = Look(hair="bun", top=LAKE[1], badge=True, legs=LAKE[0], skin=SKIN[1])
FATHER = Look(top="#8a6a4a")
MOTHER = Look(hair="long", hair_colour=BROWN, top="#d98a6f", legs="#4c5a72")
GRANDFATHER = Look(hair="bald", hair_colour=GREY, top="#6f7f6a", skin=SKIN[2], glasses=True)
GRANDMOTHER = Look(hair="bun", hair_colour=WHITE, top="#a2495a", legs="#3b3444", glasses=True)
CHILD = Look(hair="bob", top=AMBER, legs="#4c5a72")


def hall_front(c: Canvas, dice: Random, time: str) -> None:
    scenery.sky(c, time, dice, (940, 170))
    scenery.hills(c, 560, 230, "#a9cdd2" if time == "day" else "#cfae9a", dice)
    scenery.hills(c, 590, 120, "#86b7b4" if time == "day" else "#a98f83", dice, 7)
    scenery.pavement(c, 640)
    scenery.lawn_strip(c, 560, 90)
    scenery.hall(c, 250, 640, 700, 340, "#f7f3e8", lit=time == "dusk")
    for x, h in ((70, 330), (170, 250), (1035, 270), (1140, 350)):
        scenery.tree(c, x, 668, h, dice.choice(("round", "pine", "round")), dice)
    people.standing(c, 420, 800, 190, MOTHER)
    people.standing(c, 488, 806, 118, CHILD)
    people.standing(c, 800, 770, 178, GRANDFATHER)
    people.standing(c, 868, 776, 184, CLERK_WOMAN, wave=True)


def community(c: Canvas, dice: Random, time: str) -> None:
    scenery.sky(c, time, dice, (200, 160))
    scenery.hills(c, 540, 150, "#b9d8d4", dice, 6)
    for x in (60, 980, 1130):
        scenery.tree(c, x, 620, dice.uniform(260, 340), "round", dice)
    scenery.pavement(c, 620, "#efe3cd")
    c.rect(220, 250, 720, 380, "#fbf6ea")
    c.rect(220, 250, 720, 30, "#d9cfba")
    c.rect(760, 280, 180, 350, tint(INK, 0.05))
    c.rect(330, 296, 500, 62, LAKE[2], 8)
    scenery.emblem(c, 374, 322, 19)
    for i, wide in enumerate((300, 190)):
        c.rect(416, 312 + i * 20, wide, 9, tint(CARD, 0.92), 4)
    for i in range(10):
        colour = SEAL if i % 2 else CARD
        left = 270 + i * 62
        c.shape([(left, 384), (left + 62, 384), (left + 60, 438), (left - 6, 438)], colour)
        c.slice(left + 27, 436, 33, 16, 0, 180, colour)
    c.rect(300, 462, 150, 110, LAKE[6], 4)
    c.rect(700, 462, 150, 110, LAKE[6], 4)
    for x in (300, 700):
        c.shape([(x, 530), (x + 70, 462), (x + 104, 462), (x, 566)], tint(CARD, 0.45))
        c.rect(x + 72, 462, 5, 110, CARD)
    c.rect(500, 452, 150, 178, LAKE[3], 4)
    c.rect(516, 468, 118, 162, LAKE[6])
    c.rect(572, 468, 6, 162, LAKE[3])
    scenery.pot(c, 470, 640, 90)
    scenery.pot(c, 680, 640, 90)
    scenery.bench(c, 760, 742, 250)
    people.standing(c, 260, 800, 196, GRANDMOTHER)
    people.standing(c, 356, 806, 206, CLERK)
    people.standing(c, 1050, 800, 196, MOTHER, wave=True)


def river_town(c: Canvas, dice: Random, time: str) -> None:
    waterside(c, dice, time)
    boat(c, 330, 790, 1.0)


def waterside(c: Canvas, dice: Random, time: str) -> None:
    """Draw the river town without its boat, which moves in the film."""
    scenery.sky(c, time, dice, (860, 180))
    scenery.hills(c, 470, 240, "#b4d5d6" if time != "dusk" else "#d9b49a", dice, 4)
    scenery.hills(c, 500, 120, "#8fbdb8" if time != "dusk" else "#b98f80", dice, 6)
    lit = time == "dusk"
    at = -40.0
    while at < c.width:
        w = dice.choice((150, 190, 230))
        scenery.tiled_house(c, at, 575 + dice.uniform(-4, 4), w, dice.uniform(150, 225), lit)
        at += w + dice.choice((-4, 12, 26))
    c.rect(0, 570, c.width, 40, STONE)
    for x in range(0, c.width, 46):
        c.rect(x, 570, 3, 40, tint(INK, 0.1))
    scenery.water(c, 608, 292, dice, "#8cc0c9" if not lit else "#c9a893", "#2d7f90")
    _bridge(c, "#85bbc5" if not lit else "#c4a594")
    scenery.willow(c, 120, 628, 360)
    people.standing(c, 700, 520, 82, MOTHER)
    people.standing(c, 780, 508, 86, CLERK)


def _bridge(c: Canvas, below: str) -> None:
    c.curve([(520, 612), (640, 540), (760, 512), (880, 540), (1000, 612)], "#d8d3c6", 640)
    c.slice(760, 640, 118, 96, 180, 360, below)
    c.arc(760, 640, 118, 180, 360, "#b9b3a4", 10)
    for i in range(9):
        x = 560 + i * 50
        rise = 92 * (1 - ((x - 760) / 220) ** 2)
        c.rect(x - 5, 588 - rise, 10, 36, CARD, 3)
    rail = [
        (556 + i * 20.4, 592 - 92 * (1 - ((556 + i * 20.4 - 760) / 220) ** 2)) for i in range(21)
    ]
    c.stroke(rail, CARD, 8)


def boat(c: Canvas, x: float, y: float, k: float) -> None:
    c.oval(x, y + 26 * k, 150 * k, 10 * k, tint(INK, 0.14))
    c.shape(
        [
            (x - 160 * k, y - 14 * k),
            (x + 160 * k, y - 14 * k),
            (x + 118 * k, y + 26 * k),
            (x - 118 * k, y + 26 * k),
        ],
        WOOD[0],
    )
    c.rect(x - 158 * k, y - 18 * k, 316 * k, 9 * k, WOOD[2], 4)
    c.slice(x - 10 * k, y - 14 * k, 72 * k, 66 * k, 180, 360, "#3f5a55")
    c.slice(x - 10 * k, y - 14 * k, 52 * k, 48 * k, 180, 360, WOOD[3])
    people.standing(c, x + 106 * k, y, 130 * k, Look(hair="short", top="#4c6b8a", hair_colour=GREY))
    c.stroke([(x + 132 * k, y - 84 * k), (x + 186 * k, y + 70 * k)], WOOD[1], 6 * k)


def park(c: Canvas, dice: Random, time: str) -> None:
    scenery.sky(c, time, dice, (250, 180))
    scenery.hills(c, 520, 190, "#aed2cf", dice, 5)
    scenery.hills(c, 545, 80, JADE[3], dice, 8)
    scenery.lawn(c, 535)
    c.curve([(-20, 690), (260, 640), (620, 668), (900, 640), (1220, 690)], "#7fb8c3", 720)
    c.rect(0, 716, c.width, 8, tint(INK, 0.05))
    c.fade("#b9d9a9" if time == "day" else "#c8cf9f", "#8fbd93", 718, 182)
    c.shape([(430, 900), (560, 724), (640, 724), (760, 900)], "#eadfc6")
    _pavilion(c, 850, 660)
    for x, y, h, kind in (
        (90, 640, 330, "round"),
        (250, 610, 240, "pine"),
        (1130, 650, 360, "gold"),
    ):
        scenery.tree(c, x, y, h, kind, dice)
    scenery.willow(c, 420, 690, 300)
    people.standing(c, 560, 842, 170, GRANDFATHER)
    people.standing(c, 640, 850, 165, GRANDMOTHER, wave=True)
    scenery.bench(c, 120, 830, 210)
    people.standing(c, 990, 830, 180, CLERK)


def _pavilion(c: Canvas, x: float, y: float) -> None:
    for dx in (-90, -42, 42, 90):
        c.rect(x + dx - 6, y - 150, 12, 150, "#9c3a26")
    c.rect(x - 126, y - 6, 252, 16, STONE, 4)
    c.rect(x - 96, y - 44, 192, 8, "#9c3a26")
    roof = [(x - 168, y - 140), (x - 100, y - 172), (x - 30, y - 232), (x, y - 262)]
    c.shape([*roof, *[(2 * x - px, py) for px, py in reversed(roof)], (x, y - 134)], "#33525a")
    c.stroke([(x - 166, y - 141), (x, y - 150), (x + 166, y - 141)], "#26424a", 8)
    c.oval(x, y - 266, 9, 12, AMBER)


def country_van(c: Canvas, dice: Random, time: str) -> None:
    scenery.sky(c, time, dice, (980, 160))
    scenery.hills(c, 500, 260, "#a8ced0", dice, 4)
    scenery.hills(c, 540, 150, "#7fb39f", dice, 5)
    colours = ("#d9c26a", "#b9cf7c", "#93bd7a", "#cfb45c", "#a7c884")
    for i, colour in enumerate(colours):
        y = 536 + i * 34
        line = [(-30, y + dice.uniform(-8, 14)), (400, y + 10), (800, y - 6), (1240, y + 12)]
        c.curve(line, colour, 900)
    c.shape([(0, 770), (1200, 716), (1200, 900), (0, 900)], "#8d9497")
    for i in range(7):
        x = 20 + i * 190
        c.shape(
            [(x, 826 - i * 4), (x + 96, 822 - i * 4), (x + 98, 833 - i * 4), (x, 837 - i * 4)], CARD
        )
    _van(c, 360, 775)
    people.standing(c, 905, 800, 212, CLERK_WOMAN)
    people.standing(c, 1010, 806, 206, GRANDFATHER)
    scenery.paper(c, 930, 700, 54, stamped=True)
    scenery.tree(c, 100, 690, 300, "round", dice)


def _van(c: Canvas, x: float, y: float) -> None:
    c.oval(x + 220, y + 28, 270, 16, tint(INK, 0.2))
    c.rect(x, y - 250, 440, 250, "#fbfaf6", 30)
    c.shape(
        [(x + 400, y - 250), (x + 452, y - 238), (x + 498, y - 120), (x + 506, y), (x + 400, y)],
        "#fbfaf6",
    )
    c.shape(
        [(x + 408, y - 222), (x + 442, y - 216), (x + 476, y - 126), (x + 408, y - 126)], LAKE[5]
    )
    c.rect(x, y - 92, 504, 40, LAKE[2])
    c.rect(x, y - 50, 505, 10, SEAL)
    c.rect(x + 40, y - 222, 250, 104, LAKE[6], 10)
    c.shape([(x + 26, y - 222), (x + 304, y - 222), (x + 330, y - 268), (x, y - 268)], LAKE[3])
    people.bust(c, x + 130, y - 118, 24, CLERK)
    c.rect(x + 30, y - 122, 270, 14, WOOD[2], 4)
    c.rect(x + 318, y - 214, 74, 206, tint(LAKE[6], 0.9), 8)
    scenery.emblem(c, x + 356, y - 74, 16)
    for wheel in (100, 400):
        c.oval(x + wheel, y + 2, 46, 46, "#26343a")
        c.oval(x + wheel, y + 2, 20, 20, STONE)
    c.rect(x + 486, y - 60, 18, 24, AMBER, 6)


def mountain_village(c: Canvas, dice: Random, time: str) -> None:
    scenery.sky(c, time, dice, (320, 150))
    scenery.hills(c, 470, 330, "#b5d4d8", dice, 3)
    scenery.hills(c, 540, 260, "#8ab9b5", dice, 4)
    for i in range(6):
        y = 520 + i * 40
        points = [
            (-20, y + 30),
            (250, y + dice.uniform(-16, 6)),
            (600, y - 34),
            (920, y),
            (1220, y - 22),
        ]
        c.curve(points, ("#9cc58f", "#7fb07f", "#b4d29a")[i % 3], 900)
        c.stroke([(px, py + 3) for px, py in points], tint(CARD, 0.35), 4)
    scenery.tiled_house(c, 730, 640, 250, 190)
    scenery.tiled_house(c, 940, 690, 210, 170)
    scenery.tree(c, 690, 660, 250, "pine", dice)
    scenery.tree(c, 70, 700, 320, "pine", dice)
    scenery.tree(c, 190, 730, 250, "round", dice)
    c.shape([(360, 900), (560, 740), (760, 650), (800, 650), (700, 760), (620, 900)], "#e9dcc0")
    c.rect(1010, 480, 5, 80, SLATE)
    people.standing(c, 420, 850, 230, Look(top=LAKE[1], badge=True, skin=SKIN[1]), wave=True)
    c.rect(376, 680, 32, 70, SEAL, 12)
    people.standing(c, 560, 840, 214, GRANDMOTHER)


def panorama(c: Canvas, dice: Random) -> None:
    """Draw the wide cover of a campaign: town, river, hall and the people who vote."""
    scenery.sky(c, "morning", dice, (300, 150))
    scenery.hills(c, 330, 170, "#bcd9da", dice, 5)
    scenery.hills(c, 350, 100, "#94c0bb", dice, 8)
    for x, w, h in ((-30, 150, 110), (110, 130, 96), (880, 150, 104), (1020, 220, 124)):
        scenery.tiled_house(c, x, 398, w, h)
    scenery.hall(c, 380, 418, 440, 214, "#f7f3e8")
    for x, h, kind in (
        (250, 190, "round"),
        (330, 150, "pine"),
        (852, 170, "round"),
        (1190, 210, "gold"),
    ):
        scenery.tree(c, x, 424, h, kind, dice)
    c.rect(0, 452, c.width, 148, "#efe3cd")
    c.curve([(-20, 520), (300, 504), (640, 530), (960, 506), (1220, 524)], "#79b6c1", 600)
    c.curve([(-20, 560), (300, 548), (640, 566), (960, 548), (1220, 560)], "#4c98a8", 600)
    crowd = (GRANDMOTHER, CLERK, MOTHER, GRANDFATHER, CLERK_WOMAN, FATHER)
    for x, look in zip((120, 204, 300, 900, 990, 1084), crowd, strict=True):
        people.standing(
            c, x, 488 + dice.uniform(-6, 10), 150, look, wave=look in (MOTHER, CLERK_WOMAN)
        )
    people.standing(c, 352, 494, 92, CHILD)
    for x in (392, 808):
        scenery.lantern(c, x, 262, 15)
