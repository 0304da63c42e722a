# SPDX-License-Identifier: Apache-2.0
"""Tickets: who may cast a ballot, said to the ballot box without saying who it is.

    tag   = HMAC-SHA256(key, "tag/v1\n"   campaign "\n" channel ":" account ":" subject)[:16 bytes]
    order = HMAC-SHA256(key, "order/v1\n" campaign "\n" channel ":" account ":" subject)[:16 bytes]

`campaign` is the campaign's number in the database, in decimal. The key is random and each campaign
has its own, in its identity vault (ADR 17): the tags of one person in two campaigns cannot be
linked, and once the vault is destroyed nobody can get from a person to a tag. The tag stands on the
ballot; the order reference only arranges the nominees and may be shown.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ballotbox.ticket import issue_ticket
from minyi.campaigns.errors import (
    AttemptRefused,
    IdentityOfAnotherAccount,
    VotingHasNoAccount,
    VotingNotOpen,
)
from minyi.campaigns.models import Campaign, Round
from minyi.citizens.queries import first_seen_at, is_erased
from minyi.citizens.session import CitizenSession
from minyi.core.words import listed
from minyi.integrity.queries.memory import recall
from minyi.integrity.services.visits import Circumstances, note_visit
from minyi.integrity.verdicts import Attempt, judge
from minyi.ledger.errors import VaultDestroyed
from minyi.ledger.services import vaults
from minyi.ledger.services.vaults import Person

REASONS = {
    "no_identity": _("没有取得微信身份"),
    "erased_citizen": _("您的个人信息已按您的申请删除"),
}
TICKET_LIFE = timedelta(minutes=30)
ORDER = "order/v1"


def hand_out_ticket(
    *,
    campaign: Campaign,
    session: CitizenSession,
    language: str,
    now: datetime,
    seen: Circumstances | None = None,
) -> str:
    """Sign a ticket for this citizen, good for 30 minutes; `seen` is of who comes by a browser.

    It may outlive the vote: whether the round is open is the ballot box's question, and it tells
    who comes late that the vote is over, or gives a ballot sent again its receipt. The ticket
    works only in the session it is made for. That somebody has voted already does not matter
    here: the ballot box has the last word on «once».
    """
    check_identity(campaign=campaign, session=session)
    paper = _open_round(campaign, now)
    verdict = judge(
        Attempt(
            channel=session.channel,
            subject=session.subject,
            # A session cannot be taken back (ADR 4), so whoever was erased is stopped here.
            is_erased=is_erased(citizen_id=session.citizen_id),
        )
    )
    if verdict.outcome == "refuse":
        reasons = [REASONS.get(reason, reason) for reason in verdict.reasons]
        raise AttemptRefused(reasons=listed(map(str, reasons)))
    tag, is_new = vaults.enrol(campaign_id=campaign.pk, person=_person(session))
    if is_new and seen is not None:
        note_visit(
            round_id=paper.pk,
            voter_ref=tag,
            seen=seen,
            first_seen_at=first_seen_at(citizen_id=session.citizen_id),
            prior_n=recall(str(_person(session))).campaigns,
            now=now,
        )
    return issue_ticket(
        key=settings.TICKET_KEY.encode(),
        round_id=paper.pk,
        voter_ref=tag,
        expires_s=int((now + TICKET_LIFE).timestamp()),
        session=session.key,
        risk=verdict.risk,
        language=language,
    )


def hand_out_ticket_by_id(
    *,
    campaign_id: int,
    session: CitizenSession,
    language: str,
    now: datetime,
    seen: Circumstances | None = None,
) -> str:
    """Sign a ticket for a campaign known by its id."""
    campaign = Campaign.objects.select_related("account", "round").get(pk=campaign_id)
    return hand_out_ticket(
        campaign=campaign, session=session, language=language, now=now, seen=seen
    )


def check_identity(*, campaign: Campaign, session: CitizenSession) -> None:
    """Refuse an identity of another account than the campaign's.

    One person has another openid in each account: two accounts would be two votes.
    """
    if campaign.account is None:
        raise VotingHasNoAccount
    if session.account != campaign.account.slug:
        raise IdentityOfAnotherAccount(account=campaign.account.name)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """What stands for a citizen in one campaign, 32 hex digits each.

    `tag` is on the ballots; `order` arranges the nominees and may be shown to them. Both are empty
    once the vault is destroyed: no ballot can be told to be theirs any more.
    """

    tag: str
    order: str


def pseudonyms_for(*, campaign_id: int, session: CitizenSession) -> Pseudonyms:
    """Return the citizen's pseudonyms in one campaign, with one look for its key."""
    person = _person(session)
    try:
        found = vaults.references(vaults.TAG, ORDER, campaign_id=campaign_id, person=person)
    except VaultDestroyed:
        return Pseudonyms("", "")
    return Pseudonyms(*found)


def voter_ref_for(*, campaign_id: int, session: CitizenSession) -> str:
    """Return what stands for the citizen on the ballots of one campaign."""
    return pseudonyms_for(campaign_id=campaign_id, session=session).tag


def is_forgotten(campaign_id: int) -> bool:
    """Tell whether nobody can know any more whose ballots are whose."""
    return vaults.is_destroyed(campaign_id)


def _open_round(campaign: Campaign, now: datetime) -> Round:
    paper: Round | None = getattr(campaign, "round", None)
    if paper is None or not campaign.is_launched:
        raise VotingNotOpen
    if paper.paused or not paper.opens_ms <= int(now.timestamp() * 1000) < paper.closes_ms:
        raise VotingNotOpen
    return paper


def _person(session: CitizenSession) -> Person:
    return Person(session.channel, session.account, session.subject)
