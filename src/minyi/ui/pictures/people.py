# SPDX-License-Identifier: Apache-2.0
"""People: staff and citizens of all ages, standing or behind a desk."""

from dataclasses import dataclass
from typing import Literal

from .canvas import BLUSH, CARD, INK, LAKE, SEAL, Canvas, tint

Hair = Literal["short", "bob", "bun", "bald", "long"]
SKIN = ("#f3cdb0", "#e9bb98", "#d9a47f")
DARK, BROWN, GREY, WHITE = "#2a2528", "#4a352b", "#8f9294", "#d4d6d6"


@dataclass(frozen=True, slots=True)
class Look:
    """How somebody looks; a badge marks staff."""

    hair: Hair = "short"
    hair_colour: str = DARK
    skin: str = SKIN[0]
    top: str = LAKE[2]
    legs: str = "#2f3e46"
    badge: bool = False
    glasses: bool = False
    scarf: str = ""


def bust(c: Canvas, x: float, y: float, size: float, look: Look) -> None:
    """Draw somebody from the chest up behind an edge at `y`; `size` is the head's radius."""
    r = size
    head = y - 3.55 * r
    shoulder = y - 2.15 * r
    _back_hair(c, x, head, r, look)
    c.rect(x - 1.75 * r, shoulder, 3.5 * r, y - shoulder + 4, look.top, r * 0.95)
    c.rect(x - 1.75 * r, y - r, 3.5 * r, r + 4, look.top)
    _collar(c, x, shoulder, r, look)
    if look.badge:
        c.rect(x + 0.62 * r, shoulder + 0.85 * r, 0.55 * r, 0.32 * r, CARD, r * 0.06)
        c.rect(x + 0.68 * r, shoulder + 0.95 * r, 0.26 * r, 0.1 * r, SEAL)
    _head(c, x, head, r, look)


def from_behind(c: Canvas, x: float, y: float, size: float, look: Look) -> None:
    """Draw somebody who stands before us, looking where we look."""
    r = size
    head, shoulder = y - 3.55 * r, y - 2.15 * r
    c.rect(x - 1.75 * r, shoulder, 3.5 * r, y - shoulder + 4, look.top, r * 0.95)
    c.rect(x - 0.34 * r, shoulder - 0.7 * r, 0.68 * r, 0.9 * r, look.skin, r * 0.2)
    c.rect(x - 0.62 * r, shoulder - 0.06 * r, 1.24 * r, 0.26 * r, tint(INK, 0.14), r * 0.13)
    for side in (-1, 1):
        c.oval(x + side * 0.9 * r, head + 0.14 * r, 0.16 * r, 0.22 * r, look.skin)
    c.oval(x, head + 0.2 * r, 0.82 * r, 0.92 * r, look.skin)
    c.oval(x, head - 0.08 * r, 0.98 * r, 1.06 * r, look.hair_colour)
    c.oval(x, head - 0.3 * r, 0.62 * r, 0.62 * r, tint(CARD, 0.05))


def standing(c: Canvas, x: float, y: float, height: float, look: Look, wave: bool = False) -> None:
    """Draw somebody from head to foot; `y` is the ground."""
    r = height * 0.088
    shoulder, hip = y - height * 0.755, y - height * 0.42
    c.oval(x, y, height * 0.17, height * 0.022, tint(INK, 0.13))
    for side in (-1, 1):
        c.rect(x + side * r * 0.62 - r * 0.5, hip - r, r, y - hip + r * 0.75, look.legs, r * 0.25)
        c.rect(x + side * r * 0.72 - r * 0.62, y - r * 0.42, r * 1.24, r * 0.46, INK, r * 0.22)
    _back_hair(c, x, shoulder - r * 1.15, r, look)
    _arms(c, x, shoulder, r, look, wave)
    c.rect(x - 1.38 * r, shoulder, 2.76 * r, hip - shoulder + r * 0.5, look.top, r * 0.8)
    _collar(c, x, shoulder, r, look)
    if look.badge:
        c.rect(x + 0.4 * r, shoulder + 0.8 * r, 0.5 * r, 0.3 * r, CARD, r * 0.06)
    _head(c, x, shoulder - r * 1.15, r, look)


def _arms(c: Canvas, x: float, shoulder: float, r: float, look: Look, wave: bool) -> None:
    sleeve = look.top
    for side in (-1, 1):
        start = (x + side * r * 1.15, shoulder + r * 0.6)
        raised = wave and side == 1
        elbow = (x + side * r * 2.1, shoulder + (r * 1.1 if raised else r * 2.0))
        hand = (x + side * r * (2.5 if raised else 1.75), shoulder + r * (-0.5 if raised else 3.5))
        c.stroke([start, elbow, hand], sleeve, r * 0.72)
        c.oval(*hand, r * 0.36, r * 0.36, look.skin)
        if not raised:
            c.stroke([start, (x + side * r * 1.5, shoulder + r * 2.4)], tint(INK, 0.1), r * 0.1)


def _collar(c: Canvas, x: float, shoulder: float, r: float, look: Look) -> None:
    c.rect(x - 0.34 * r, shoulder - 0.75 * r, 0.68 * r, 1.1 * r, look.skin, r * 0.3)
    c.slice(x, shoulder - 0.02 * r, 0.5 * r, 0.55 * r, 0, 180, look.skin)
    if look.badge:
        left = [(x - 0.62 * r, shoulder), (x, shoulder + 0.75 * r), (x - 0.16 * r, shoulder + r)]
        right = [(x + 0.62 * r, shoulder), (x, shoulder + 0.75 * r), (x + 0.16 * r, shoulder + r)]
        c.shape(left, CARD)
        c.shape(right, CARD)
    if look.scarf:
        c.rect(x - 0.75 * r, shoulder - 0.18 * r, 1.5 * r, 0.42 * r, look.scarf, r * 0.2)
        c.rect(x + 0.12 * r, shoulder, 0.4 * r, 1.1 * r, look.scarf, r * 0.12)


def _back_hair(c: Canvas, x: float, y: float, r: float, look: Look) -> None:
    if look.hair == "bob":
        c.rect(x - 1.06 * r, y - 0.75 * r, 2.12 * r, 1.75 * r, look.hair_colour, r * 0.7)
    if look.hair == "long":
        c.rect(x - 1.06 * r, y - 0.75 * r, 2.12 * r, 2.5 * r, look.hair_colour, r * 0.75)


def _head(c: Canvas, x: float, y: float, r: float, look: Look) -> None:
    colour = look.hair_colour
    if look.hair == "bun":
        c.oval(x, y - 1.28 * r, 0.44 * r, 0.4 * r, colour)
    if look.hair != "bald":
        c.oval(x, y - 0.18 * r, 1.0 * r, 1.08 * r, colour)
    for side in (-1, 1):
        c.oval(x + side * 0.86 * r, y + 0.14 * r, 0.16 * r, 0.22 * r, look.skin)
    c.oval(x, y + 0.08 * r, 0.86 * r, 0.98 * r, look.skin)
    _fringe(c, x, y, r, look)
    for side in (-1, 1):
        c.oval(x + side * 0.33 * r, y + 0.16 * r, 0.08 * r, 0.1 * r, INK)
        c.oval(x + side * 0.5 * r, y + 0.46 * r, 0.17 * r, 0.11 * r, tint("#e58f78", 0.38))
        if look.glasses:
            c.arc(x + side * 0.35 * r, y + 0.17 * r, 0.27 * r, 0, 360, INK, max(1.2, r * 0.06))
    c.arc(x, y + 0.36 * r, 0.3 * r, 25, 155, "#a4533f", max(1.4, r * 0.075))


def _fringe(c: Canvas, x: float, y: float, r: float, look: Look) -> None:
    colour = look.hair_colour
    if look.hair == "bald":
        for side in (-1, 1):
            c.slice(x + side * 0.72 * r, y - 0.05 * r, 0.26 * r, 0.42 * r, 90, 450, colour)
        c.oval(x, y + 0.02 * r, 0.76 * r, 0.9 * r, look.skin)
        c.slice(x, y - 0.3 * r, 0.5 * r, 0.46 * r, 180, 360, tint(BLUSH, 0.5))
        return
    if look.hair == "short":
        c.slice(x, y - 0.1 * r, 0.9 * r, 0.98 * r, 197, 343, colour)
        return
    c.slice(x, y - 0.2 * r, 0.8 * r, 0.88 * r, 215, 325, colour)
    c.slice(x - 0.28 * r, y - 0.08 * r, 0.72 * r, 0.95 * r, 178, 318, colour)
    c.slice(x + 0.46 * r, y - 0.1 * r, 0.5 * r, 0.85 * r, 205, 372, colour)
