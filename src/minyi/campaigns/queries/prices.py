# SPDX-License-Identifier: Apache-2.0
"""What a bought vote costs on the market: rows of the rule table, with our defaults.

The defaults are what press reports and an organiser's own findings named (2016-2025): a thousand
votes by script for ten yuan up to 0.2 yuan each, 0.15 to 0.6 yuan for a vote by hired people.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from minyi.core.models import Rule

SCRIPT, PEOPLE = "script", "people"
WORDS: Mapping[str, str | Promise] = MappingProxyType(
    {SCRIPT: _("程序刷票（机器、群控手机）"), PEOPLE: _("雇人投票（任务平台、水军）")}
)
DEFAULTS = MappingProxyType({SCRIPT: (1, 20), PEOPLE: (15, 60)})  # 分 a vote: lowest, highest
SOURCE = _("公开报道和主办方调查所见报价，2016—2025 年")


@dataclass(frozen=True, slots=True)
class AttackPrice:
    """What so many votes cost if bought this way, in yuan; `each` are the prices of one vote.

    `found_in` is the source of the office's own row; empty: the prices are our defaults.
    """

    code: str
    each: tuple[Decimal, Decimal]
    total: tuple[Decimal, Decimal]
    found_in: str

    # In the language of whoever reads: one reading serves several.
    @property
    def words(self) -> str:
        return str(WORDS[self.code])

    @property
    def source(self) -> str:
        return self.found_in or str(SOURCE)


def attack_prices(*, votes: int, region_code: str, on: date) -> Sequence[AttackPrice]:
    """Price that many votes.

    Rules `vote_price.<kind>.low` and `.high`, whose amount is in 分, win over the defaults.
    """
    rows = Rule.objects.in_force(on).filter(
        key__startswith="vote_price.", region_code__in=("", region_code)
    )
    found = {row.key: row for row in rows.order_by("region_code", "valid_from")}
    return [_price(code, votes, found) for code in DEFAULTS]


def _price(code: str, votes: int, rows: Mapping[str, Rule]) -> AttackPrice:
    used = [rows.get(f"vote_price.{code}.{end}") for end in ("low", "high")]
    fen = [
        row.amount if row else default for row, default in zip(used, DEFAULTS[code], strict=True)
    ]
    low, high = (Decimal(amount).scaleb(-2) for amount in fen)
    source = next((row.source for row in used if row), "")
    return AttackPrice(code, (low, high), (low * votes, high * votes), source)
