# SPDX-License-Identifier: Apache-2.0
"""The ballot box's refusals as words for a page, with the facts that the page knows.

A plain form comes back with the code alone; what was picked is not sent along and not shown.
"""

from dataclasses import dataclass

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from ballotbox.refusals import TABLE
from minyi.campaigns.queries.own import OwnBallot
from minyi.campaigns.queries.public import PublicCampaign

# The same facts without the number that only the sent ballot knew.
WITHOUT_PICKS = {
    "too_few_picks": gettext_noop("本场投票每张选票至少选择 %(min_picks)s 项。"),
    "too_many_picks": gettext_noop("本场投票每张选票最多选择 %(max_picks)s 项。"),
    "same_nominee_twice": gettext_noop("同一张选票中，有候选对象被选择了多次。"),
    "not_a_nominee": gettext_noop("选票中有候选名单以外的编号。"),
}
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What went wrong, what it means and what to do."""

    code: str
    status: int
    title: str
    detail: str
    action: str


class Facts(dict[str, object]):
    """Facts for a sentence; what is not known is left open."""

    def __missing__(self, name: str) -> str:
        return "……"


def explain_refusal(code: str, *, campaign: PublicCampaign, earlier: OwnBallot | None) -> Refusal:
    """Put the refusal of that code into words; a code we do not know says that much."""
    row = TABLE.get(code)
    if row is None:
        return Refusal(
            UNKNOWN,
            400,
            _("没有收下这张选票"),
            _("提交没有成功，原因未知；选票没有计入。"),
            _("请返回投票页面重新提交。"),
        )
    sentence = _(WITHOUT_PICKS.get(code, row.sentence)) % _facts(campaign, earlier)
    return Refusal(row.code, row.status, _(row.title), sentence, _(row.action))


def _facts(campaign: PublicCampaign, earlier: OwnBallot | None) -> Facts:
    facts = Facts(min_picks=campaign.min_picks, max_picks=campaign.max_picks)
    if campaign.voting:
        facts["opens_at"] = date_format(localtime(campaign.voting.opens_at), "DATETIME_FORMAT")
        facts["closes_at"] = date_format(localtime(campaign.voting.closes_at), "DATETIME_FORMAT")
    if earlier:
        facts["cast_at"] = date_format(localtime(earlier.cast_at), "DATETIME_FORMAT")
    return facts
