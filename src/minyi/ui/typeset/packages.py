# SPDX-License-Identifier: Apache-2.0
"""Office packages without the time of their making: the same content gives the same bytes."""

import io
import re
import zipfile

_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODIFIED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(?=<)")
_LONG_AGO = rb"\g<1>1980-01-01T00:00:00Z"


def pack_again(content: bytes, *, keeps_dates: bool = False) -> bytes:
    """Return a package in which no file has a date; its properties only with `keeps_dates`."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml" and not keeps_dates:
                part = _MODIFIED.sub(_LONG_AGO, part)
            new.writestr(entry_of(name), part)
    return out.getvalue()


def entry_of(name: str) -> zipfile.ZipInfo:
    """Return an archive's entry that says nothing of when it was made."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
