# SPDX-License-Identifier: Apache-2.0
"""业务数据: the part of the result that comes from the office's own statistics, 0 to 100.

They are entered before the count is known in full: when voting closes they freeze, and only a
supervisor completes or corrects them, with a reason on the record. Where counts are live the office
enters its figures while it watches them; whoever minds that publishes counts after voting.
"""

import csv
import io
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from django.db import transaction
from django.utils.translation import gettext as _

from minyi.campaigns.errors import (
    CampaignNotFound,
    FiguresFileWrong,
    FiguresFrozen,
    NomineeNotFound,
    ReasonNeeded,
)
from minyi.campaigns.likeness import plain_name
from minyi.campaigns.models import Campaign, Nominee
from minyi.core import audit
from minyi.core.actors import Actor

from .nominees import check_result_is_open, has_voting_closed
from .texts import tidy

COLUMNS = ("编号", "名称", "得分", "来源")
FILE_BYTES = 512 * 1024
SHOWN_PROBLEMS = 12
HIGHEST = Decimal(100)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: whose, how much, from where."""

    number: int
    points: Decimal
    source: str


@transaction.atomic
def import_figures(
    *, campaign_id: int, content: bytes, reason: str = "", actor: Actor, now: datetime
) -> int:
    """Read a CSV table 编号, 名称, 得分, 来源 (UTF-8 or GB 18030) and return how many lines it had.

    One wrong line, and nothing is kept; the refusal names every line and what is wrong with it.
    Once voting has closed: by a supervisor, with a `reason`.
    """
    campaign = _lock_campaign(campaign_id, reason, actor, now)
    nominees = {nominee.number: nominee for nominee in campaign.nominees.all()}
    figures = _read(content, nominees)
    before = {}
    for figure in figures:
        nominee = nominees[figure.number]
        before[str(figure.number)] = str(nominee.figures)
        nominee.figures, nominee.figures_source = figure.points, figure.source
        nominee.save(update_fields=["figures", "figures_source"])
    audit.record(
        actor=actor,
        act="campaigns.figures.imported",
        target=campaign,
        now=now,
        agency_id=campaign.agency_id,
        before=before,
        after={str(figure.number): str(figure.points) for figure in figures},
        reason=tidy(reason)[:200],
    )
    return len(figures)


@transaction.atomic
def set_figures(
    *,
    nominee_id: int,
    points: Decimal | None,
    source: str,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Nominee:
    """Enter the figures of one nominee by hand; None takes them away.

    Once voting has closed: by a supervisor, with a `reason`.
    """
    campaign_id = (
        Nominee.objects.visible_to(actor)
        .filter(pk=nominee_id)
        .values_list("campaign_id", flat=True)
        .first()
    )
    if campaign_id is None:
        raise NomineeNotFound
    campaign = _lock_campaign(campaign_id, reason, actor, now)
    nominee: Nominee = campaign.nominees.get(pk=nominee_id)
    if points is not None and not (points.is_finite() and 0 <= points <= HIGHEST):
        raise FiguresFileWrong(count=1, problems=_("得分须在 0 至 100 之间。"))
    before = nominee.figures
    nominee.figures, nominee.figures_source = points, tidy(source)[:200]
    nominee.save(update_fields=["figures", "figures_source"])
    audit.record(
        actor=actor,
        act="campaigns.figures.set",
        target=nominee,
        now=now,
        agency_id=campaign.agency_id,
        before=before,
        after=points,
        source=nominee.figures_source,
        reason=tidy(reason)[:200],
    )
    return nominee


def _lock_campaign(campaign_id: int, reason: str, actor: Actor, now: datetime) -> Campaign:
    visible = Campaign.objects.visible_to(actor).select_for_update(no_key=True)
    campaign: Campaign | None = visible.filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    if not has_voting_closed(campaign, now):
        actor.check("nominees.edit", campaign.agency_id)
    elif not actor.can("figures.change_late", campaign.agency_id):
        raise FiguresFrozen
    elif not tidy(reason):
        raise ReasonNeeded
    check_result_is_open(campaign.pk)
    return campaign


def _read(content: bytes, nominees: dict[int, Nominee]) -> list[Figure]:
    text = _decoded(content)
    rows = csv.reader(io.StringIO(text, newline=""))
    header = tuple(cell.strip() for cell in next(rows, []))
    if header != COLUMNS:
        raise FiguresFileWrong(
            count=1,
            problems=_("第 1 行：表头应为“%(columns)s”。") % {"columns": "，".join(COLUMNS)},
        )
    figures: list[Figure] = []
    problems: list[str] = []
    for row in rows:
        if not any(cell.strip() for cell in row):
            continue
        found = _read_row(row, nominees, {figure.number for figure in figures})
        if isinstance(found, Figure):
            figures.append(found)
        else:
            problems.append(_("第 %(line)d 行：%(what)s") % {"line": rows.line_num, "what": found})
    if not figures and not problems:
        problems.append(_("表中没有数据。"))
    if problems:
        shown = "".join(problems[:SHOWN_PROBLEMS])
        more = _("……") if len(problems) > SHOWN_PROBLEMS else ""
        raise FiguresFileWrong(count=len(problems), problems=shown + more)
    return figures


def _read_row(row: list[str], nominees: dict[int, Nominee], seen: set[int]) -> Figure | str:
    """Return the figure, or in words what is wrong with the row."""
    if len(row) != len(COLUMNS):
        return _("应有 %(due)d 列，实有 %(found)d 列。") % {"due": len(COLUMNS), "found": len(row)}
    number_text, name, points_text, source = (cell.strip() for cell in row)
    number = int(number_text) if number_text.isdecimal() and len(number_text) < 6 else 0
    nominee = nominees.get(number)
    if nominee is None:
        return _("没有编号为“%(number)s”的候选对象。") % {"number": number_text}
    if number in seen:
        return _("编号 %(number)d 重复出现。") % {"number": number}
    if name and plain_name(name) != plain_name(nominee.name):
        return _("编号 %(number)d 的名称是“%(due)s”，表中写作“%(found)s”。") % {
            "number": number,
            "due": nominee.name,
            "found": name,
        }
    points = _number(points_text)
    if points is None:
        return _("“%(points)s”不是数字。") % {"points": points_text}
    if not 0 <= points <= HIGHEST:
        return _("得分 %(points)s 不在 0 至 100 之间。") % {"points": points_text}
    if not source:
        return _("没有填写数据来源。")
    return Figure(number, points, tidy(source)[:200])


def _number(text: str) -> Decimal | None:
    try:
        found = Decimal(text)
        return found.quantize(Decimal("0.01")) if found.is_finite() else None
    except InvalidOperation:
        return None


def _decoded(content: bytes) -> str:
    """Read what Chinese spreadsheet programs write."""
    if len(content) > FILE_BYTES:
        raise FiguresFileWrong(count=1, problems=_("文件超过 512 KB。"))
    if b"\0" in content:
        raise FiguresFileWrong(count=1, problems=_("这不是 CSV 文件，请在表格软件中另存为 CSV。"))
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FiguresFileWrong(count=1, problems=_("文件编码无法识别，请另存为 CSV（UTF-8）。"))
