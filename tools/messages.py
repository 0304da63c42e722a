# SPDX-License-Identifier: Apache-2.0
"""Message catalogues: `compile` writes the .mo files Django and the ballot box read.

Only polib is needed, so a bare machine builds them without the gettext programs.
"""

import sys
from pathlib import Path

import polib

SOURCE = Path(__file__).resolve().parents[1] / "src"


def compile_catalogues() -> int:
    """Write a .mo beside each .po; return how many."""
    catalogues = sorted(SOURCE.rglob("locale/*/LC_MESSAGES/*.po"))
    for path in catalogues:
        polib.pofile(str(path)).save_as_mofile(str(path.with_suffix(".mo")))
    return len(catalogues)


if __name__ == "__main__":
    if sys.argv[1:] != ["compile"]:
        sys.exit("usage: python tools/messages.py compile")
    compile_catalogues()
