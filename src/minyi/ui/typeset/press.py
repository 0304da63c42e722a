# SPDX-License-Identifier: Apache-2.0
"""Print a Typst template with values. The same template, values and moment give the same bytes.

Values reach the template as JSON (`json(bytes(sys.inputs.values))`), never as source: whatever
somebody is called, it is text. Templates load no packages, so nothing is fetched.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal, cast

import typst

from .fonts import load_fonts
from .text import printable_values

PDF_STANDARD: Literal["a-2b"] = "a-2b"  # what archives take: everything embedded
PPI = 144


def print_pdf(template: Path, values: Mapping[str, object], *, made_at: datetime) -> bytes:
    """Return the document as PDF/A with the fonts' used characters embedded."""
    printed = _press(template, values).compile(
        format="pdf", pdf_standards=PDF_STANDARD, timestamp=int(made_at.timestamp())
    )
    return cast(bytes, printed)


def print_png(template: Path, values: Mapping[str, object], *, ppi: int = PPI) -> bytes:
    """Return the document's first page as a picture."""
    printed = _press(template, values).compile(format="png", ppi=ppi)
    return cast(bytes, printed[0] if isinstance(printed, list) else printed)


def _press(template: Path, values: Mapping[str, object]) -> typst.Compiler:
    return typst.Compiler(
        str(template),
        root=str(template.parent),
        font_paths=load_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"values": json.dumps(printable_values(values), ensure_ascii=False)},
    )
