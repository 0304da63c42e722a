# SPDX-License-Identifier: Apache-2.0
"""Message catalogues. Chinese (simplified) is the source; the texts stand in the code.

extract   collect the texts into locale/en (needs GNU gettext) and drop what is gone
convert   write locale/zh_Hant from the texts by OpenCC
missing   list what has no English yet; fails when there is any
compile   write the .mo files (needs polib only, so a bare machine can)
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polib

SOURCE = Path(__file__).resolve().parents[1] / "src"
HOUSES = ("minyi", "ballotbox")  # an app with a folder `locale` keeps its own catalogue


def extract() -> None:
    """Collect the texts of each house into its English catalogue."""
    for house in HOUSES:
        folder = SOURCE / house
        (folder / "locale").mkdir(exist_ok=True)
        command = [sys.executable, "-m", "django", "makemessages", "--locale", "en"]
        command += ["--no-location", "--no-obsolete", "--ignore=tests/*", "--ignore=samples/*"]
        subprocess.run(command, cwd=folder, check=True)  # noqa: S603
    for path in _catalogues("en"):
        _settle(path)


def _settle(path: Path) -> None:
    """Drop what changes from run to run, so that an unchanged catalogue stays unchanged."""
    catalogue = polib.pofile(str(path), wrapwidth=98)
    catalogue.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": "en",
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    catalogue.header = "SPDX-License-Identifier: Apache-2.0"
    for entry in catalogue:
        if entry.fuzzy:  # a guess from a text that looks alike is no translation
            entry.msgstr, entry.msgstr_plural = "", dict.fromkeys(entry.msgstr_plural, "")
            entry.flags = [flag for flag in entry.flags if flag != "fuzzy"]
        entry.previous_msgid = entry.previous_msgctxt = entry.previous_msgid_plural = None
    catalogue.sort()
    catalogue.save(str(path))


def convert() -> None:
    """Write the traditional Chinese catalogue beside each English one."""
    for english in _catalogues("en"):
        path = english.parents[2] / "zh_Hant/LC_MESSAGES/django.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        traditional(polib.pofile(str(english))).save(str(path))


def traditional(english: polib.POFile) -> polib.POFile:
    """Return the same entries with their Chinese texts converted."""
    import opencc  # only this word needs it

    to_traditional = opencc.OpenCC("s2tw").convert
    catalogue = polib.POFile(wrapwidth=98)
    catalogue.header = english.header
    catalogue.metadata = {
        **english.metadata,
        "Language": "zh_Hant",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    for entry in english:
        words = _keeping_placeholders(entry.msgid, to_traditional)
        plural = {0: _keeping_placeholders(entry.msgid_plural, to_traditional)}
        catalogue.append(
            polib.POEntry(
                msgid=entry.msgid,
                msgctxt=entry.msgctxt,
                msgid_plural=entry.msgid_plural,
                msgstr="" if entry.msgid_plural else words,
                msgstr_plural=plural if entry.msgid_plural else {},
                flags=entry.flags,
            )
        )
    return catalogue


def _keeping_placeholders(text: str, change: object) -> str:
    """Convert everything but %(names)s, which are code."""
    text = text.replace("天后", "天 后")  # OpenCC reads the queen of heaven into «days later»
    parts = re.split(r"(%\([^)]*\)[a-z]|\{[^}]*\})", text)
    said = "".join(part if n % 2 else change(part) for n, part in enumerate(parts))  # type: ignore[operator]
    return said.replace("天 後", "天後").replace("天 后", "天後")


def missing() -> list[str]:
    """Return the texts that have no English yet."""
    return [
        entry.msgid
        for path in _catalogues("en")
        for entry in polib.pofile(str(path))
        if not entry.obsolete and not (entry.msgstr or all(entry.msgstr_plural.values() or [""]))
    ]


def compile_catalogues() -> None:
    """Write a .mo beside each .po."""
    for path in _catalogues("*"):
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))


def _catalogues(language: str) -> Iterator[Path]:
    yield from sorted(SOURCE.glob(f"**/locale/{language}/LC_MESSAGES/*.po"))


def main(word: str) -> int:
    """Do what one word asks."""
    if word == "missing":
        left = missing()
        print("\n".join(left))
        return bool(left)
    {"extract": extract, "convert": convert, "compile": compile_catalogues}[word]()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
