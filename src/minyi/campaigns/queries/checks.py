# SPDX-License-Identifier: Apache-2.0
"""What one line of the launch checklist is, and the facts the checks look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from minyi.campaigns.models import Campaign, Category, Criterion, Nominee, Stage
from minyi.core.models import Rule
from minyi.core.words import listed
from minyi.ledger.queries.trustees import KeyState

# Where in the console a finding is mended.
Place = Literal[
    "basics",
    "schedule",
    "rules",
    "weights",
    "compliance",
    "nominees",
    "jury",
    "agency",
    "account",
    "trustees",
]


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One condition of launching: met or not, the facts, the way to mend it, and its source."""

    code: str
    is_met: bool
    is_blocking: bool
    title: str
    finding: str
    what_to_do: str = ""
    rule: str = ""
    place: Place = "basics"


@dataclass(frozen=True, slots=True)
class Subject:
    """A campaign with everything the checks look at, read once."""

    campaign: Campaign
    stages: Mapping[str, Stage]
    criteria: Sequence[Criterion]
    categories: Sequence[Category]
    nominees: Sequence[Nominee]
    rules: Mapping[str, Rule]
    jurors: int
    supervisors: int
    account_lacks: Sequence[str]
    key: KeyState | None
    keeps_log: bool
    now: datetime

    @property
    def is_award(self) -> bool:
        return self.campaign.type == Campaign.Type.AWARD

    @property
    def has_approval(self) -> bool:
        return bool(self.campaign.approval_number and self.campaign.approval_document_id)

    def rule_source(self, key: str) -> str:
        """Return where the rule comes from, or nothing when no rule of that name is in force."""
        return self.rules[key].source if key in self.rules else ""

    def own_texts(self) -> dict[str, str]:
        """Return place → text for what the office itself wrote."""
        campaign = self.campaign
        texts = {
            _("活动名称"): campaign.title,
            _("主题"): campaign.theme,
            _("目的和意义"): campaign.purpose,
            _("评选范围和对象"): campaign.scope,
        }
        for stage in self.stages.values():
            texts[_("“%s”环节说明") % stage.phase.name] = stage.note
        for criterion in self.criteria:
            texts[_("评选标准“%s”") % criterion.name] = criterion.explanation
        rows: tuple[Campaign | Stage | Criterion | Category, ...]
        rows = (campaign, *self.stages.values(), *self.criteria, *self.categories)
        for row in rows:
            for language, translated in row.translations.items():
                for field, text in translated.items():
                    texts[f"{row} · {language} · {field}"] = str(text)
        return texts

    def nominee_texts(self) -> dict[str, str]:
        """Return place → text for what stands on the nominees' pages."""
        fields = ("merits", "story", "innovation", "responsibility", "video_caption")
        return {
            _("候选对象“%s”") % nominee.name: "\n".join(getattr(nominee, f) for f in fields)
            for nominee in self.nominees
        }


def on_day(day: date) -> str:
    """Write a day in the reader's way."""
    return date_format(day, "DATE_FORMAT")


def on_day_of_year(day: date) -> str:
    """Write a day where the year is plain from what stands around it."""
    return date_format(day, "MONTH_DAY_FORMAT")


def named(names: Sequence[str], most: int = 3) -> str:
    """Name the first few and count the rest."""
    shown = listed(names[:most])
    return shown if len(names) <= most else _("%s等 %d 个") % (shown, len(names))
