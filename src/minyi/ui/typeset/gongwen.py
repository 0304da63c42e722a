# SPDX-License-Identifier: Apache-2.0
"""A document as PDF in the style of GB/T 9704."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from .blocks import Document
from .press import print_pdf

TEMPLATE = Path(__file__).parents[1] / "templates/ui/typeset/gongwen.typ"


def write_pdf(document: Document, *, made_at: datetime) -> bytes:
    """Return the document as PDF."""
    return print_pdf(TEMPLATE, values_of(document), made_at=made_at)


def values_of(document: Document) -> dict[str, object]:
    """Return what the template reads; each block names its type."""
    blocks = [{"type": type(block).__name__.lower(), **asdict(block)} for block in document.blocks]
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "author": document.author,
        "closing": list(document.closing),
        "blocks": blocks,
    }
