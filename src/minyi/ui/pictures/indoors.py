# SPDX-License-Identifier: Apache-2.0
"""Scenes under a roof."""

from random import Random

from . import people, scenery
from .canvas import AMBER, CARD, INK, LAKE, PAPER, SEAL, SLATE, STONE, WOOD, Canvas, tint
from .people import BROWN, GREY, SKIN, WHITE, Look

STAFF = (
    Look(hair="bun", top=LAKE[1], badge=True),
    Look(hair="short", top=LAKE[1], badge=True, skin=SKIN[1]),
    Look(hair="bob", hair_colour=BROWN, top=LAKE[1], badge=True, glasses=True),
    Look(hair="short", hair_colour=GREY, top=LAKE[1], badge=True, skin=SKIN[2], glasses=True),
    Look(hair="long", top=LAKE[1], badge=True, skin=SKIN[1]),
)
WALLS = ("#eef4f3", "#f6f0e3", "#e6eff1", "#f3ece4")


def open_counter(c: Canvas, dice: Random, time: str) -> None:
    wall = dice.choice(WALLS)
    scenery.room(c, wall, "#d9d3c4", 640)
    if time == "night":
        c.fade("#0f4353", "#2a6474", 120, 300)
    else:
        scenery.window(c, 70, 130, 240, 250, dice)
        scenery.window(c, 890, 130, 240, 250, dice)
    c.rect(400, 96, 400, 300, LAKE[2], 14)
    scenery.emblem(c, 600, 218, 70)
    for i, wide in enumerate((250, 160)):
        c.rect(600 - wide / 2, 316 + i * 26, wide, 11, tint(CARD, 0.85), 5)
    staff = dice.sample(STAFF, 3)
    for x, look in zip((210, 600, 990), staff, strict=True):
        people.bust(c, x, 640, 62, look)
        scenery.screen(c, x + 142, 642, 128)
    scenery.counter(c, 634, dice.choice((LAKE[2], "#b98a56", "#3d6d63")), WOOD[3], 3)
    for x in (130, 520, 910):
        scenery.paper(c, x, 640, 60, stamped=dice.random() < 0.5)
    scenery.pot(c, 392, 640, 110)
    citizen = Look(hair="short", top="#b5724f", hair_colour=dice.choice((BROWN, GREY)))
    people.from_behind(c, 800, 960, 86, citizen)


def portrait(c: Canvas, dice: Random, time: str) -> None:
    scenery.room(c, dice.choice(WALLS), "#d8d0bf", 700)
    scenery.window(c, 90, 110, 330, 330, dice)
    scenery.shelf(c, 820, 120, 320, 420, dice)
    c.oval(600, 420, 300, 300, tint(LAKE[5], 0.28))
    look = dice.choice(STAFF)
    people.bust(c, 600, 720, 112, look)
    c.rect(0, 712, c.width, 30, WOOD[2])
    c.rect(0, 742, c.width, 158, WOOD[1])
    c.rect(0, 742, c.width, 10, tint(INK, 0.2))
    scenery.screen(c, 930, 716, 250)
    scenery.pot(c, 180, 716, 170)
    scenery.paper(c, 380, 716, 120, stamped=True)
    c.rect(700, 676, 44, 40, CARD, 8)
    c.arc(748, 694, 15, 270, 90, CARD, 6)
    if time == "morning":
        c.shape([(90, 440), (420, 110), (420, 440), (300, 712), (0, 712)], tint("#fff3cf", 0.22))


def team(c: Canvas, dice: Random, time: str) -> None:
    scenery.room(c, "#e7f0f1" if time == "day" else "#f7efdf", "#d5cdbb", 660)
    c.rect(180, 90, 840, 290, LAKE[2], 16)
    scenery.emblem(c, 600, 190, 62)
    for i, wide in enumerate((360, 230)):
        c.rect(600 - wide / 2, 286 + i * 30, wide, 13, tint(CARD, 0.86), 6)
    scenery.pot(c, 100, 760, 260)
    scenery.pot(c, 1100, 760, 260)
    looks = dice.sample(STAFF, 5)
    spots = ((300, 812, 400), (900, 812, 396), (450, 830, 416), (750, 830, 424), (600, 850, 410))
    for i, (look, (x, y, h)) in enumerate(zip(looks, spots, strict=True)):
        people.standing(c, x, y, h, look, wave=i == 1)


def self_service(c: Canvas, dice: Random, time: str) -> None:
    night = time == "night"
    scenery.room(c, "#dfe9ea" if not night else "#c9dcdf", "#cfc9bb", 690)
    c.rect(60, 90, 1080, 300, LAKE[1] if night else "#cfe6ea", 10)
    if night:
        for _ in range(34):
            x, y = dice.uniform(80, 1110), dice.uniform(110, 300)
            c.oval(x, y, 1.8, 1.8, "#f6e7b8")
        for i in range(11):
            w, h = dice.uniform(60, 110), dice.uniform(60, 170)
            c.rect(70 + i * 98, 390 - h, w, h, LAKE[0])
            for n in range(6):
                if dice.random() < 0.6:
                    c.rect(80 + i * 98 + (n % 2) * 30, 400 - h + (n // 2) * 30, 12, 14, AMBER)
    else:
        points = [(60 + i * 180, 390 - dice.uniform(40, 140)) for i in range(7)]
        c.curve(points, "#93c0a0", 390)
    for x in range(60, 1141, 216):
        c.rect(x - 5, 90, 10, 300, CARD)
    for i, x in enumerate((120, 400, 680, 960)):
        _kiosk(c, x, 770, (LAKE[2], LAKE[3])[i % 2])
    scenery.sign(c, 430, 60, 340, SEAL, lines=1)
    people.standing(c, 590, 862, 400, Look(hair="long", top="#d98a6f", hair_colour=BROWN))
    people.standing(c, 720, 868, 412, dice.choice(STAFF[:2]))
    scenery.pot(c, 1150, 790, 170)


def _kiosk(c: Canvas, x: float, y: float, colour: str) -> None:
    c.oval(x + 75, y + 6, 100, 12, tint(INK, 0.14))
    c.rect(x, y - 380, 150, 380, CARD, 18)
    c.rect(x, y - 380, 150, 66, colour, 18)
    c.rect(x, y - 334, 150, 20, colour)
    scenery.emblem(c, x + 75, y - 350, 15)
    c.rect(x + 16, y - 296, 118, 140, "#d7ecef", 8)
    for i, wide in enumerate((92, 70, 84)):
        c.rect(x + 28, y - 278 + i * 26, wide, 9, tint(LAKE[2], 0.55), 4)
    c.rect(x + 28, y - 192, 94, 22, colour, 6)
    c.rect(x + 26, y - 130, 98, 12, SLATE, 4)
    c.rect(x + 44, y - 90, 62, 40, STONE, 6)
    c.rect(x - 8, y - 14, 166, 16, colour, 6)


def reading_room(c: Canvas, dice: Random, time: str) -> None:
    scenery.room(c, "#f4ecdd" if time == "day" else "#ece3d2", "#c99f6d", 640)
    scenery.shelf(c, 60, 110, 330, 470, dice)
    scenery.shelf(c, 810, 110, 330, 470, dice)
    scenery.window(c, 450, 130, 300, 280, dice)
    for x in (420, 780):
        c.rect(x - 2, 0, 4, 90, SLATE)
        c.slice(x, 112, 52, 44, 180, 360, LAKE[2])
        c.shape(
            [(x - 46, 114), (x + 46, 114), (x + 150, 480), (x - 150, 480)], tint("#fff0c4", 0.2)
        )
    readers = (
        Look(hair="bald", hair_colour=GREY, top="#6f7f6a", glasses=True, skin=SKIN[2]),
        Look(hair="bob", top="#d98a6f"),
        Look(hair="short", top="#53708f", skin=SKIN[1]),
        dice.choice(STAFF),
    )
    for x, look in zip((230, 470, 710, 960), readers, strict=True):
        people.bust(c, x, 700, 64, look)
    c.rect(40, 690, 1120, 34, WOOD[3], 10)
    c.rect(40, 724, 1120, 12, tint(INK, 0.2))
    for x in (110, 1060):
        c.rect(x, 724, 34, 176, WOOD[1])
    for x, colour in ((180, LAKE[2]), (430, SEAL), (668, "#5a9a74")):
        c.shape(
            [(x, 690), (x + 50, 698), (x + 100, 690), (x + 100, 640), (x + 50, 650), (x, 640)],
            colour,
        )
        c.shape(
            [
                (x + 6, 684),
                (x + 50, 692),
                (x + 94, 684),
                (x + 94, 644),
                (x + 50, 654),
                (x + 6, 644),
            ],
            PAPER,
        )
    scenery.pot(c, 590, 690, 84)


def at_home(c: Canvas, dice: Random, time: str) -> None:
    scenery.room(c, "#f5e9d6" if time != "morning" else "#eef3ec", "#d0ac80", 650)
    scenery.window(c, 410, 110, 380, 300, dice)
    c.rect(100, 150, 190, 230, WOOD[2], 6)
    c.rect(114, 164, 162, 202, PAPER)
    scenery.wall_picture(c, 114, 164, 162, 202)
    c.rect(900, 330, 230, 320, WOOD[1], 8)
    for i in range(3):
        c.rect(914, 346 + i * 100, 202, 88, WOOD[2], 5)
        c.oval(1015, 390 + i * 100, 6, 6, AMBER)
    scenery.pot(c, 1015, 330, 130)
    elder = dice.choice(
        (
            Look(hair="bun", hair_colour=WHITE, top="#a2495a", glasses=True, skin=SKIN[1]),
            Look(hair="bald", hair_colour=GREY, top="#5f7467", glasses=True, skin=SKIN[2]),
        )
    )
    people.bust(c, 400, 720, 88, elder)
    people.bust(c, 770, 720, 88, dice.choice(STAFF))
    c.oval(590, 760, 470, 74, WOOD[0])
    c.oval(590, 746, 470, 72, WOOD[2])
    c.rect(560, 746, 60, 154, WOOD[0])
    c.oval(590, 746, 470, 72, WOOD[2])
    c.oval(590, 740, 440, 60, tint(CARD, 0.1))
    scenery.paper(c, 610, 732, 130, stamped=True)
    for x in (330, 470):
        c.rect(x, 706, 46, 40, CARD, 10)
        c.rect(x, 716, 46, 7, LAKE[3])
    c.oval(520, 724, 40, 30, LAKE[2])
    c.rect(512, 684, 16, 16, LAKE[2], 6)
    c.stroke([(556, 722), (584, 704)], LAKE[2], 10)
    c.arc(480, 724, 20, 90, 270, LAKE[2], 7)
