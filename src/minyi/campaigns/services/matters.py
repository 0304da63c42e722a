# SPDX-License-Identifier: Apache-2.0
"""A citizen's own nominations and ballots, for whoever asks how their matters stand.

No more than their own pages tell: that a ballot was received and when, never what is on it.
"""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from minyi.campaigns.models import Campaign
from minyi.campaigns.queries import own
from minyi.campaigns.queries.objections import list_all_objections
from minyi.citizens.matters import Matter
from minyi.citizens.session import CitizenSession

from .tickets import voter_ref_for


def matters_of(session: CitizenSession, now: datetime) -> list[Matter]:
    """Return the person's nominations, objections and received ballots in the public campaigns."""
    return [*_nominations(session), *_objections(session), *_ballots(session, now)]


def _nominations(session: CitizenSession) -> list[Matter]:
    return [
        Matter(
            title=_("推荐“%(name)s”（%(campaign)s）")
            % {"name": found.name, "campaign": found.campaign},
            state=f"{found.status_words}：{found.reason}" if found.reason else found.status_words,
            url=reverse("campaigns:my_nominations", args=[found.slug]),
            at=found.decided_at or found.sent_at,
        )
        for found in own.list_all_nominations(citizen_id=session.citizen_id)
    ]


def _objections(session: CitizenSession) -> list[Matter]:
    return [
        Matter(
            title=_("对“%(campaign)s”的异议第 %(number)d 号")
            % {"campaign": found.campaign, "number": found.number},
            state=found.state_words,
            url=reverse("campaigns:my_objections", args=[found.slug]),
            at=found.at,
        )
        for found in list_all_objections(citizen_id=session.citizen_id)
    ]


def _ballots(session: CitizenSession, now: datetime) -> list[Matter]:
    rows = (
        Campaign.objects.public()
        .filter(account__slug=session.account, round__isnull=False)
        .select_related("round")
    )
    found = []
    for campaign in rows:
        ballot = own.find_ballot(
            round_id=campaign.round.pk,
            voter_ref=voter_ref_for(campaign_id=campaign.pk, session=session),
            frequency=campaign.frequency,
            now=now,
        )
        if ballot is not None:
            found.append(
                Matter(
                    title=_("“%(campaign)s”的选票") % {"campaign": campaign.title},
                    state=_("已收到，回执 %(receipt)s") % {"receipt": ballot.receipt},
                    url=reverse("campaigns:ballot", args=[campaign.slug]),
                    at=ballot.cast_at,
                )
            )
    return found
