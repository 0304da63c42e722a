# SPDX-License-Identifier: Apache-2.0
"""Certificates as files. They are drawn anew each time from what was kept: always the same bytes.

A certificate is written in Chinese whatever the reader's language. It bears no seal: software
that draws one would be forging it (ADR 20).
"""

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import segno
from django.conf import settings
from django.utils.timezone import localtime

from minyi.campaigns.errors import CertificateNotFound
from minyi.ui.typeset.packages import entry_of

from .certificates import ShownCertificate

Kind = Literal["pdf", "png"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TEMPLATE = Path(__file__).parents[1] / "templates/campaigns/print/certificate.typ"
_TYPES = {"pdf": "application/pdf", "png": "image/png"}
_DIGITS = "〇一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class CertificateFile:
    """A file ready to be sent."""

    content: bytes
    content_type: str
    filename: str


def draw_certificate(shown: ShownCertificate, kind: str) -> CertificateFile:
    """Return a certificate as PDF or PNG (2 339 by 1 654 pixels)."""
    # Here and not above: the press brings its fonts along, which other pages do not need.
    from minyi.ui.typeset.press import print_pdf, print_png

    if kind not in KINDS:
        raise CertificateNotFound
    values = values_of(shown)
    if kind == "pdf":
        content = print_pdf(TEMPLATE, values, made_at=shown.issued_at)
    else:
        content = print_png(TEMPLATE, values, ppi=200)
    return CertificateFile(content, _TYPES[kind], f"{shown.number}.{kind}")


def draw_all(certificates: Sequence[ShownCertificate], *, slug: str) -> CertificateFile:
    """Return an archive with every one of these certificates, in both forms."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for shown in certificates:
            for kind in KINDS:
                file = draw_certificate(shown, kind)
                archive.writestr(entry_of(file.filename), file.content)
    return CertificateFile(out.getvalue(), "application/zip", f"{slug}-certificates.zip")


def values_of(shown: ShownCertificate) -> dict[str, object]:
    """Return the words on a certificate."""
    return {
        "heading": shown.heading,
        "recipient": shown.recipient,
        "unit": shown.unit,
        "body": body_of(shown),
        "agency": shown.agency,
        "date": chinese_date(shown),
        "number": shown.number,
        "code": shown.spelled,
        "address": f"{settings.PUBLIC_URL}/certificates/".partition("://")[2],
        "qr": _qr(address_of(shown.code)),
        "log": _log_words(shown),
    }


def body_of(shown: ShownCertificate) -> list[str]:
    """Return what it attests, a paragraph a line."""
    steps = "、".join(shown.steps[:-1]) + ("和" if shown.steps[1:] else "") + shown.steps[-1]
    through = f"在“{shown.campaign}”中，经{steps}，"
    if shown.award:
        return [f"{through}授予“{shown.award}”称号。", "特发此证，以资鼓励。"]
    return [f"{through}入选评议结果名单。特此证明。", "本活动为民意征集、评议，不授予称号。"]


def chinese_date(shown: ShownCertificate) -> str:
    """Return the day of issue as it is written on paper: 二〇二六年十一月二十二日."""
    day = localtime(shown.issued_at).date()
    year = "".join(_DIGITS[int(digit)] for digit in str(day.year))
    return f"{year}年{_count(day.month)}月{_count(day.day)}日"


def address_of(code: str) -> str:
    """Return where anybody checks the certificate with that code."""
    return f"{settings.PUBLIC_URL}/certificates/{code}/"


def _count(number: int) -> str:
    tens, ones = divmod(number, 10)
    lead = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return lead + (_DIGITS[ones] if ones else "")


def _log_words(shown: ShownCertificate) -> list[str]:
    if shown.mark is None:
        return []
    host = f"{settings.PUBLIC_URL}/ledger/{shown.mark.folder}".partition("://")[2]
    return [f"计票依据：公开账本 {host}，前 {shown.mark.size} 条", f"校验码：{shown.mark.root}"]


def _qr(address: str) -> str:
    out = io.BytesIO()
    segno.make(address, error="m").save(out, kind="svg", border=0)
    return out.getvalue().decode()
