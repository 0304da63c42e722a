# SPDX-License-Identifier: Apache-2.0
"""Certificates as anybody may check them, and what there is to certify."""

from dataclasses import dataclass
from datetime import datetime

from minyi.campaigns.errors import CertificateNotFound
from minyi.campaigns.models import Campaign, Certificate, Result, ResultLine
from minyi.campaigns.models.nominees import OfCampaignQuerySet
from minyi.ledger.queries.logs import index_of

from .counts import LogMark

# Crockford's base 32: no I, L, O or U; what is misread for a digit is read as the digit.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 16  # 80 bits: nobody finds one by trying
_MISREAD = str.maketrans("OIL", "011", " -—–_\u3000")


@dataclass(frozen=True, slots=True)
class ShownCertificate:
    """A certificate. `award` is empty for an evaluation, which gives no title.

    `mark` is the checkpoint the result was counted up to, `entry` the result's own place in the
    public log; both None where the vote has no log, `entry` also until it has been written.
    """

    id: int
    code: str
    number: str
    recipient: str
    unit: str
    award: str
    campaign: str
    slug: str
    nominee: int
    agency: str
    steps: tuple[str, ...]
    issued_at: datetime
    revoked_at: datetime | None
    revoked_reason: str
    is_final: bool
    digest: str
    mark: LogMark | None
    entry: int | None

    @property
    def is_valid(self) -> bool:
        """Tell whether it stands: not revoked, and the result it rests on is final."""
        return self.revoked_at is None and self.is_final

    @property
    def spelled(self) -> str:
        """Return the code in groups of four, as it is printed."""
        return spell(self.code)

    @property
    def heading(self) -> str:
        """Return what the certificate calls itself."""
        return "荣誉证书" if self.award else "入选证明"


def may_certify(result: Result | None) -> bool:
    """Tell whether a result is final, so that certificates may rest on it."""
    return result is not None and result.published_at is not None and result.campaign.is_launched


def spell(code: str) -> str:
    """Return a code in groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def read_code(text: str) -> str:
    """Return the code somebody typed: any case, with or without dashes, O for 0 and I or L for 1.

    Empty: it is none.
    """
    code = text.upper().translate(_MISREAD)
    return code if len(code) == CODE_LENGTH and set(code) <= set(ALPHABET) else ""


def get_certificate(code: str) -> ShownCertificate:
    """Return the certificate with that code, or raise CertificateNotFound."""
    row = _rows().filter(code=read_code(code) or None).first()
    if row is None:
        raise CertificateNotFound
    return _shown(row)


def find_certificate_of(*, campaign_id: int, number: int) -> ShownCertificate | None:
    """Return the valid certificate of a nominee, if there is one."""
    row = (
        _rows()
        .filter(campaign_id=campaign_id, nominee__number=number, revoked_at__isnull=True)
        .first()
    )
    found = _shown(row) if row else None
    return found if found and found.is_valid else None


def list_certificates(*, campaign_id: int) -> list[ShownCertificate]:
    """Return every certificate of a campaign, revoked ones too, in the order of their numbers."""
    return [_shown(row) for row in _rows().filter(campaign_id=campaign_id)]


def lines_to_certify(result: Result) -> list[ResultLine]:
    """Return the selected lines whose nominee holds no valid certificate."""
    held = Certificate.objects.filter(campaign=result.campaign_id, revoked_at__isnull=True)
    lines = result.lines.filter(is_selected=True).exclude(nominee__in=held.values("nominee"))
    return list(lines.select_related("nominee"))


def draft_certificate(result: Result, *, now: datetime) -> ShownCertificate:
    """Return what the first selected nominee would be given, with a code that is none."""
    line = result.lines.filter(is_selected=True).select_related("nominee").first()
    if line is None:
        raise CertificateNotFound
    return _shown(
        Certificate(
            campaign=result.campaign,
            nominee=line.nominee,
            code="0" * CODE_LENGTH,
            serial=0,
            recipient=line.nominee.name,
            unit=line.nominee.unit,
            award=suggested_award(result.campaign),
            issued_at=now,
        )
    )


def suggested_award(campaign: Campaign) -> str:
    """Return the title the campaign's name suggests; an evaluation gives none."""
    if campaign.type != Campaign.Type.AWARD:
        return ""
    name = campaign.title.partition("（")[0]
    for ending in ("活动", "评选", "推选", "公众"):
        name = name.removesuffix(ending)
    return name[:40]


def steps_of(campaign: Campaign) -> tuple[str, ...]:
    """Return what the selection went through, in the words of a certificate."""
    has_publicity = any(stage.kind == "publicity" for stage in campaign.stages.all())
    steps = (
        ("公众投票", campaign.public_weight),
        ("专家评审", campaign.jury_weight),
        ("业务数据核算", campaign.figures_weight),
        ("结果公示", has_publicity),
    )
    return tuple(name for name, was_taken in steps if was_taken)


def _rows() -> OfCampaignQuerySet:
    return Certificate.objects.select_related(
        "campaign__agency", "campaign__result", "nominee"
    ).prefetch_related("campaign__stages")


def _shown(row: Certificate) -> ShownCertificate:
    campaign = row.campaign
    result: Result | None = getattr(campaign, "result", None)
    mark = None
    if result is not None and result.log_size:
        mark = LogMark(campaign.round.log, result.log_size, result.log_root)
    return ShownCertificate(
        id=row.pk,
        code=row.code,
        number=row.number,
        recipient=row.recipient,
        unit=row.unit,
        award=row.award,
        campaign=campaign.title,
        slug=campaign.slug,
        nominee=row.nominee.number,
        agency=campaign.agency.name,
        steps=steps_of(campaign),
        issued_at=row.issued_at,
        revoked_at=row.revoked_at,
        revoked_reason=row.revoked_reason,
        is_final=may_certify(result),
        digest=result.digest if result else "",
        mark=mark,
        entry=index_of(mark.folder, "result") if mark else None,
    )
