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
    TooManyPapers,
    VotingHasNoAccount,
    VotingNotOpen,
)
from minyi.campaigns.models import Campaign, Round
from minyi.citizens.queries import known_since
from minyi.citizens.session import CitizenSession
from minyi.core.words import listed
from minyi.integrity.browsers import door_of, is_loopback
from minyi.integrity.challenges import WorkOrder, make_work
from minyi.integrity.inline import MOST_PAPERS
from minyi.integrity.queries.memory import recall
from minyi.integrity.services.doors import Asking, count_paper
from minyi.integrity.services.facts import gather_facts
from minyi.integrity.services.visits import Circumstances, note_visit
from minyi.integrity.verdicts import Attempt, Verdict, judge
from minyi.ledger.errors import VaultDestroyed
from minyi.ledger.services import vaults
from minyi.ledger.services.vaults import Person

REASONS = {
    "no_identity": _("没有取得微信身份"),
    "erased_citizen": _("您的个人信息已按您的申请删除"),
}
TICKET_LIFE = timedelta(minutes=30)
ORDER = "order/v1"
NO_WORK = WorkOrder("", "")


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A signed ticket; `challenge` is JSON of the work it asks for, empty where it asks none."""

    ticket: str
    challenge: str


def hand_out_ticket(
    *,
    campaign: Campaign,
    session: CitizenSession,
    language: str,
    now: datetime,
    seen: Circumstances | None = None,
) -> HandedOut:
    """Sign a ticket for this citizen, good for 30 minutes; `seen` is of who comes by a browser.

    From a certain score on the ticket asks for work; who votes in the chat is never asked.

    It may outlive the vote: whether the round is open is the ballot box's question, and it tells
    who comes late that the vote is over, or gives a ballot sent again its receipt. The ticket
    works only in the session it is made for. That somebody has voted already does not matter
    here: the ballot box has the last word on «once».
    """
    check_identity(campaign=campaign, session=session)
    paper = _open_round(campaign, now)
    # A session cannot be taken back (ADR 4), so whoever was erased is stopped here.
    since = known_since(citizen_id=session.citizen_id)
    past = recall(str(_person(session)))
    asking = _asking(session, seen)
    facts = gather_facts(seen=seen, asking=asking, known_since=since, struck=past.struck, now=now)
    attempt = Attempt(session.channel, session.subject, is_known=since is not None, facts=facts)
    verdict = judge(attempt, silent=campaign.silent_signals)
    _check_admitted(verdict)
    tag, is_new = vaults.enrol(campaign_id=campaign.pk, person=_person(session))
    if seen is not None:
        count_paper(asking, is_first=is_new, now=now)
    if is_new and seen is not None:
        note_visit(
            round_id=paper.pk,
            voter_ref=tag,
            seen=seen,
            first_seen_at=since,
            prior_n=past.campaigns,
            now=now,
        )
    return _sign(paper=paper, tag=tag, session=session, language=language, verdict=verdict, now=now)


def hand_out_ticket_by_id(
    *,
    campaign_id: int,
    session: CitizenSession,
    language: str,
    now: datetime,
    seen: Circumstances | None = None,
) -> HandedOut:
    """Sign a ticket for a campaign known by its id."""
    campaign = Campaign.objects.select_related("account", "round").get(pk=campaign_id)
    return hand_out_ticket(
        campaign=campaign, session=session, language=language, now=now, seen=seen
    )


def _sign(
    *,
    paper: Round,
    tag: str,
    session: CitizenSession,
    language: str,
    verdict: Verdict,
    now: datetime,
) -> HandedOut:
    key = settings.TICKET_KEY.encode()
    work = make_work(ticket_key=key) if verdict.outcome == "step_up" else NO_WORK
    signed = issue_ticket(
        key=key,
        round_id=paper.pk,
        voter_ref=tag,
        expires_s=int((now + TICKET_LIFE).timestamp()),
        session=session.key,
        risk=verdict.risk,
        language=language,
        work=work.mark,
    )
    return HandedOut(signed, work.challenge)


def _asking(session: CitizenSession, seen: Circumstances | None) -> Asking:
    """Say who asks through which door. Our own machine is no door: a proxy may stand on it."""
    address = seen.address if seen else ""
    return Asking("" if is_loopback(address) else door_of(address), session.citizen_id)


def _check_admitted(verdict: Verdict) -> None:
    if verdict.outcome != "refuse":
        return
    if "too_many_papers" in verdict.reasons:
        raise TooManyPapers(limit=MOST_PAPERS)
    reasons = [REASONS.get(reason, reason) for reason in verdict.reasons]
    raise AttemptRefused(reasons=listed(map(str, reasons)))


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
