# SPDX-License-Identifier: Apache-2.0
"""The menu editor's grid: three buttons with five below each, as fields of a form.

Fields are named `<place>-<field>`, such as `0-name` and `0.2-url`. The grid keeps empty places
while somebody moves buttons about; what is saved has none.
"""

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from minyi.wechat.buttons import (
    FIELDS,
    MOST_BUTTONS,
    MOST_SUB_BUTTONS,
    NAME_BYTES,
    NAME_SHOWN,
    SUB_NAME_BYTES,
    SUB_NAME_SHOWN,
    Button,
    Kind,
    find_problems,
    limit_of,
    title_of,
    walk,
)
from minyi.wechat.services.targets import list_targets

EMPTY = Button(name="")
_TYPED = ("name", "kind", "url", "text", "appid", "page", "item")
_PLACES = frozenset(map(str, range(MOST_BUTTONS))) | {
    f"{top}.{below}" for top in range(MOST_BUTTONS) for below in range(MOST_SUB_BUTTONS)
}
_SHOWN = {False: NAME_SHOWN, True: SUB_NAME_SHOWN}


@dataclass(frozen=True, slots=True)
class Row:
    """One place of the grid with what stands there and what is wrong with it."""

    place: str
    button: Button
    problems: dict
    sub: tuple["Row", ...] = ()

    @property
    def is_sub(self):
        return "." in self.place

    @property
    def is_empty(self):
        return is_empty(self.button)

    @property
    def title(self):
        return title_of(self.place)

    @property
    def name_limit(self):
        return SUB_NAME_BYTES if self.is_sub else NAME_BYTES

    @property
    def text_limits(self):
        """Return the limit of the text for the two kinds that have one."""
        return {"reply": limit_of("text", Kind.REPLY), "say": limit_of("text", Kind.SAY)}

    @property
    def is_cut(self):
        """Tell whether a phone shows the name only in part."""
        return width(self.button.name) > _SHOWN[self.is_sub] * 2


class Grid:
    """The buttons of a form, by place."""

    def __init__(self, buttons=()):
        tops = [*buttons, *[EMPTY] * MOST_BUTTONS][:MOST_BUTTONS]
        self._tops = [
            [replace(top, sub=()), *[*top.sub, *[EMPTY] * MOST_SUB_BUTTONS][:MOST_SUB_BUTTONS]]
            for top in tops
        ]

    @classmethod
    def read(cls, posted):
        """Return the grid as somebody typed it."""
        grid = cls()
        for top in range(MOST_BUTTONS):
            grid._tops[top][0] = _read(posted, str(top))
            for below in range(MOST_SUB_BUTTONS):
                grid._tops[top][below + 1] = _read(posted, f"{top}.{below}")
        return grid

    def apply(self, act):
        """Move or empty a place: «up:0.2», «down:1», «remove:0»; anything else changes nothing."""
        verb, _colon, place = act.partition(":")
        top, dot, below = place.partition(".")
        if place not in _PLACES:
            return
        column: list = self._tops[int(top)] if dot else self._tops
        number = int(below) + 1 if dot else int(top)
        first, last = (1, MOST_SUB_BUTTONS) if dot else (0, MOST_BUTTONS - 1)
        if verb == "remove":
            column[number] = EMPTY if dot else [EMPTY] * (MOST_SUB_BUTTONS + 1)
        elif verb in ("up", "down"):
            other = number + (1 if verb == "down" else -1)
            if first <= other <= last:
                column[number], column[other] = column[other], column[number]

    def buttons(self):
        """Return what is filled in, without the gaps."""
        tops = []
        for top, *below in self._tops:
            sub = tuple(button for button in below if not is_empty(button))
            if sub or not is_empty(top):
                tops.append(replace(top, sub=sub))
        return tuple(tops)


def rows_of(buttons):
    """Return the whole grid for the page, what WeChat would refuse beside each place."""
    problems = find_problems(buttons)
    rows = []
    for number, (top, *below) in enumerate(Grid(buttons)._tops):
        sub = tuple(
            Row(f"{number}.{place}", button, dict(problems.get(f"{number}.{place}", [])))
            for place, button in enumerate(below)
        )
        rows.append(Row(str(number), top, dict(problems.get(str(number), [])), sub))
    return rows


def kinds():
    """Return the kinds on offer, with what each needs, for the select boxes."""
    return [(kind.value, kind.label, FIELDS.get(kind, ())) for kind in Kind]


def targets_of(account, buttons):
    """Return what a button may be pointed to: groups of (number, name), and what is missing.

    Numbers already in use stay on offer, so that moving a button about loses none.
    """
    found = list_targets(account)
    groups = [
        (Kind.ARTICLE.value, _("已发布的文章"), [(one.number, one.name) for one in found.articles]),
        (Kind.MEDIA.value, _("素材库"), [(one.number, one.name) for one in found.materials]),
    ]
    known = {number for _kind, _label, some in groups for number, _name in some}
    used = [button.item for _place, button in walk(buttons) if button.item]
    others = [(number, number) for number in dict.fromkeys(used) if number not in known]
    if others:
        groups.append(("", _("菜单中已有的编号"), others))
    return {"groups": groups, "trouble": found.trouble}


def shown_name(name, *, is_sub):
    """Return a name as a phone shows it."""
    most, used, kept = _SHOWN[is_sub] * 2, 0, ""
    if width(name) <= most:
        return name
    for letter in name:
        used += width(letter)
        if used > most:
            break
        kept += letter
    return f"{kept}…"


def width(name):
    """Return how much room a name takes: a Chinese character as much as two letters."""
    return sum(1 if letter.isascii() else 2 for letter in name)


def preview_of(buttons):
    """Return the menu as a phone shows it: (name, [(name, kind, target)], kind, target)."""
    return [
        {
            "name": shown_name(button.name, is_sub=False) or _("（未命名）"),
            "full": button.name,
            "kind": "" if button.sub else _kind_label(button),
            "target": "" if button.sub else button.target,
            "sub": [
                {
                    "name": shown_name(one.name, is_sub=True) or _("（未命名）"),
                    "full": one.name,
                    "kind": _kind_label(one),
                    "target": one.target,
                }
                for one in button.sub
            ],
        }
        for button in buttons
    ]


def is_empty(button):
    """Tell whether nothing was typed: a kind alone is nothing."""
    return not any(getattr(button, name) for name in _TYPED if name != "kind") and not button.sub


def _kind_label(button):
    return Kind(button.kind).label if button.kind in Kind.values else button.kind


def _read(posted, place):
    typed = {name: posted.get(f"{place}-{name}", "").replace("\r\n", "\n") for name in _TYPED}
    return Button(**{name: text.strip() for name, text in typed.items()})
