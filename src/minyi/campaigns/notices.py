# SPDX-License-Identifier: Apache-2.0
"""What campaigns tell citizens of their own accord."""

from collections.abc import Iterable
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from minyi.citizens.notices import Notice, Purpose, notify

from .models import Nomination, Objection, VoteComplaint

NOMINATION_DECIDED = Purpose(
    key="campaigns.nomination_decided",
    title=_("推荐的审核结果"),
    facts={
        "name": _("推荐对象"),
        "activity": _("活动名称"),
        "outcome": _("审核结果"),
        "reason": _("审核意见"),
    },
)
OBJECTION_DECIDED = Purpose(
    key="campaigns.objection_decided",
    title=_("异议的办理结果"),
    facts={
        "number": _("异议编号"),
        "activity": _("活动名称"),
        "outcome": _("办理结果"),
        "reason": _("答复"),
    },
)
COMPLAINT_ANSWERED = Purpose(
    key="campaigns.complaint_answered",
    title=_("投诉的答复"),
    facts={"activity": _("活动名称"), "outcome": _("办理状态")},
    is_answer=True,
)
PURPOSES = (NOMINATION_DECIDED, OBJECTION_DECIDED, COMPLAINT_ANSWERED)

_ACCEPTED = _("您推荐的“%(name)s”已通过审核，成为“%(activity)s”的候选对象。")
_REJECTED = _("您推荐的“%(name)s”没有通过“%(activity)s”的审核。审核意见：%(reason)s")
_ANSWERED = _("您对“%(activity)s”提出的投诉，监督人员%(outcome)s。请点开查看。")


def tell_complainant(complaint: VoteComplaint, *, now: datetime) -> None:
    """Tell a complainant whom we know that there is an answer; it stands on their page."""
    campaign = complaint.campaign
    facts = {"activity": campaign.title, "outcome": complaint.get_state_display()}
    notify(
        citizen_id=complaint.citizen_id,
        account=campaign.account.slug if campaign.account else "",
        purpose=COMPLAINT_ANSWERED.key,
        key=f"complaint:{complaint.pk}",
        words=Notice(_ANSWERED, facts),
        url=reverse("campaigns:complaint", args=[campaign.slug, complaint.code]),
        now=now,
    )


_OBJECTION = _("您对“%(activity)s”提出的异议（第 %(number)s 号）已办结：%(outcome)s。%(reason)s")


def tell_objector(objection: Objection, *, now: datetime) -> None:
    """Tell the objector what was decided; nothing without an account or a person."""
    campaign = objection.campaign
    notify(
        citizen_id=objection.by_citizen_id,
        account=campaign.account.slug if campaign.account else "",
        purpose=OBJECTION_DECIDED.key,
        key=f"{objection.pk}:{objection.state}",
        words=Notice(
            _OBJECTION,
            {
                "number": str(objection.number),
                "activity": campaign.title,
                "outcome": objection.get_state_display(),
                "reason": objection.answer,
            },
        ),
        url=reverse("campaigns:my_objections", args=[campaign.slug]),
        now=now,
    )


def tell_decided(nominations: Iterable[Nomination], *, outcome: str, now: datetime) -> None:
    """Tell the nominators what became of their nominations; nothing without an account."""
    is_accepted = outcome == Nomination.Status.ACCEPTED
    for nomination in nominations:
        campaign = nomination.campaign
        notify(
            citizen_id=nomination.by_citizen_id,
            account=campaign.account.slug if campaign.account else "",
            purpose=NOMINATION_DECIDED.key,
            key=f"{nomination.pk}:{outcome}",
            words=Notice(
                _ACCEPTED if is_accepted else _REJECTED,
                {
                    "name": nomination.name,
                    "activity": campaign.title,
                    "outcome": Nomination.Status(outcome).label,
                    "reason": nomination.status_reason,
                },
            ),
            url=reverse("campaigns:my_nominations", args=[campaign.slug]),
            now=now,
        )
