# SPDX-License-Identifier: Apache-2.0
"""Voting by chat, in two steps: numbers are read aloud, and «确认» casts them (ADR 13).

A ballot is final, and a number is soon mistyped: nothing is cast before its writer has seen the
names, and any other choice, even one that is refused, voids the one that waits. Nothing here
decides whether a ballot counts: the ticket comes from `campaigns`, the rules and the receipt from
the ballot box.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from ballotbox.refusals import Refused, describe
from ballotbox.rules import check_picks, minute_in_china
from minyi.campaigns.queries.chat import OpenRound, Paper, list_open_rounds, read_paper
from minyi.campaigns.queries.own import find_ballot as find_cast_ballot
from minyi.campaigns.services.tickets import hand_out_ticket_by_id, voter_ref_for
from minyi.citizens.session import CitizenSession, NewSession
from minyi.core.errors import DomainError

from ..conversation.ballot_words import ask_to_confirm, list_picks, write_form, write_rule
from ..conversation.phrases import link_to
from ..conversation.picks import Picks
from ..services.unconfirmed import Written, forget_ballot, keep_ballot
from .ballots import Ballot, BoxAnswer
from .messages import MAX_TEXT_BYTES, Reply, text_reply

KEPT_INSTEAD = "（投票的答复，不留存）"  # kept for readers of the conversation
_WRITE_AGAIN = {"too_few_picks", "too_many_picks", "same_nominee_twice", "not_a_nominee"}
_HAS_VOTED = {"already_voted", "already_voted_today"}
_SEND_AGAIN = {"overloaded", "storage_unavailable", "too_slow"}


@dataclass(frozen=True, slots=True)
class Link:
    """A page to send somebody to."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Voter:
    """Who writes, and how they are answered."""

    made: NewSession
    language: str
    public_url: str

    @property
    def session(self) -> CitizenSession:
        return self.made.session


@dataclass(frozen=True, slots=True)
class ReadyBallot:
    """A ballot with the round it belongs to. `cast`: who is on it, a line each."""

    round: OpenRound
    ballot: Ballot
    cast: Sequence[str]


def read_aloud(*, voter: Voter, picks: Picks, nonce: str, is_beside: bool, now: datetime) -> Reply:
    """Say who is meant and keep the numbers until they are confirmed, or say what is wrong.

    `is_beside`: a person talks to the voter too, and «确认» alone may be meant for them.
    """
    forget_ballot(account=voter.session.account, openid=voter.session.subject)
    rounds = list_open_rounds(account=voter.session.account, now=now)
    meant = [one for one in rounds if picks.title in one.title] if picks.title else rounds
    if len(meant) != 1:
        return _ask_which(rounds, picks, voter.public_url)
    round_ = meant[0]
    ticket = _ticket(round_, voter, now)
    if isinstance(ticket, Reply):
        return ticket
    paper = read_paper(campaign_id=round_.campaign_id)
    obstacle = _find_obstacle(round_, paper, picks, voter, now)
    if obstacle is not None:
        return obstacle
    keep_ballot(
        account=voter.session.account,
        openid=voter.session.subject,
        written=Written(round_.campaign_id, picks.numbers, nonce),
        now=now,
    )
    word = _("确认投票") if is_beside else _("确认")
    return ask_to_confirm(round_, picks=picks.numbers, names=paper.names, word=word)


def prepare_ballot(*, voter: Voter, written: Written, now: datetime) -> ReadyBallot | Reply:
    """Return the ballot that was read aloud and is confirmed now, or what to say instead."""
    rounds = list_open_rounds(account=voter.session.account, now=now)
    round_ = next((one for one in rounds if one.campaign_id == written.campaign_id), None)
    if round_ is None:
        return text_reply(_("目前没有正在进行的投票，您的号码没有计票。"))
    ticket = _ticket(round_, voter, now)
    if isinstance(ticket, Reply):
        return ticket
    ballot = Ballot(
        ticket=ticket, cookie=voter.made.cookie, picks=written.picks, nonce=written.nonce
    )
    names = read_paper(campaign_id=round_.campaign_id).names
    room = MAX_TEXT_BYTES // 2 // len(written.picks)
    return ReadyBallot(round_, ballot, list_picks(written.picks, names, room))


def cancel_ballot(*, voter: Voter, written: Written, now: datetime) -> Reply:
    """Void the ballot that was read aloud and say so; one that is cast stays, and is said to."""
    rounds = list_open_rounds(account=voter.session.account, now=now)
    round_ = next((one for one in rounds if one.campaign_id == written.campaign_id), None)
    forget_ballot(account=voter.session.account, openid=voter.session.subject)
    if round_ is not None:
        paper = read_paper(campaign_id=round_.campaign_id)
        try:
            _check_has_not_voted(round_, paper, voter.session, now)
        except Refused as refused:
            return _say_refused_by_rule(round_, refused, voter)
    return text_reply(_("已经取消，您刚才的选票作废，没有计票。想投票时请重新回复号码。"))


def _ticket(round_: OpenRound, voter: Voter, now: datetime) -> str | Reply:
    try:
        handed = hand_out_ticket_by_id(
            campaign_id=round_.campaign_id,
            session=voter.session,
            language=voter.language,
            now=now,
        )
    except DomainError as refusal:
        page = _page(round_, voter.public_url)
        return text_reply(f"{refusal.title}{_('：')}{refusal.detail}\n{refusal.action}\n{page}")
    return handed.ticket


def _find_obstacle(
    round_: OpenRound, paper: Paper, picks: Picks, voter: Voter, now: datetime
) -> Reply | None:
    """Say now what the ballot box would say after «确认», in its own words."""
    try:
        _check_has_not_voted(round_, paper, voter.session, now)
        _check_are_nominees(picks, paper)
        check_picks(picks.numbers, paper.rules)
    except Refused as refused:
        return _say_refused_by_rule(round_, refused, voter)
    return None


def _check_are_nominees(picks: Picks, paper: Paper) -> None:
    """Refuse a wrong number first: «99» alone is more likely mistyped than a ballot too short."""
    unknown = set(picks.numbers) - paper.rules.nominees
    if unknown:
        raise Refused("not_a_nominee", number=min(unknown))


def _say_refused_by_rule(round_: OpenRound, refused: Refused, voter: Voter) -> Reply:
    _row, _title, sentence, _action = describe(refused, language=voter.language)
    answer = BoxAnswer(code=refused.code, sentence=sentence)
    return answer_ballot(round_, answer, public_url=voter.public_url)


def _check_has_not_voted(
    round_: OpenRound, paper: Paper, session: CitizenSession, now: datetime
) -> None:
    earlier = find_cast_ballot(
        round_id=paper.rules.id,
        voter_ref=voter_ref_for(campaign_id=round_.campaign_id, session=session),
        frequency=paper.frequency,
        now=now,
    )
    if earlier is not None:
        code = "already_voted_today" if round_.is_daily else "already_voted"
        cast_ms = int(earlier.cast_at.timestamp() * 1000)
        raise Refused(code, cast_at=minute_in_china(cast_ms))


def answer_ballot(
    round_: OpenRound, answer: BoxAnswer, *, public_url: str, cast: Sequence[str] = ()
) -> Reply:
    """Say what became of the ballot, and of a received one who is on it, as it was read aloud.

    Who is on it, and the receipt, go to the voter only, and stay nowhere beside their name.
    """
    if answer.receipt:
        return _say_received(round_, answer.receipt, public_url, cast)
    return replace(_say_refused(round_, answer, public_url), said=KEPT_INSTEAD)


def _say_received(round_: OpenRound, receipt: str, public_url: str, cast: Sequence[str]) -> Reply:
    received = _("您对“%(title)s”的选票已经收到。") % {"title": round_.title}
    link = _receipt_page(round_, public_url)
    more = [_("本活动每天可投一次，明天可以再投。")] if round_.is_daily else []
    whole = [received, *cast, _("回执：%(receipt)s") % {"receipt": receipt}, link, *more]
    return replace(
        text_reply("\n".join(whole)),
        said=received,
        late="\n".join([received, link, *more]),
    )


def _say_refused(round_: OpenRound, answer: BoxAnswer, public_url: str) -> Reply:
    sentence = answer.sentence or _("系统暂时无法确认选票是否已经存妥。")
    page = (
        _receipt_page(round_, public_url)
        if answer.code in _HAS_VOTED
        else _page(round_, public_url)
    )
    return text_reply("\n".join([sentence, *_what_to_do(round_, answer.code), page]))


def _what_to_do(round_: OpenRound, code: str) -> list[str]:
    if code in _WRITE_AGAIN:
        how = _("请重新回复号码，写成“%(form)s”。") % {"form": write_form(round_)}
        return [write_rule(round_), how]
    if code in _SEND_AGAIN:
        return [_("请稍后再次回复“确认投票”，重复提交不会重复计票。")]
    return []


def _receipt_page(round_: OpenRound, public_url: str) -> str:
    return link_to(Link(_("查看回执"), f"{public_url}/c/{round_.slug}/ballot/"))


def _page(round_: OpenRound, public_url: str) -> str:
    return link_to(Link(_("打开投票页面"), f"{public_url}/c/{round_.slug}/nominees/"))


def _ask_which(rounds: Sequence[OpenRound], picks: Picks, public_url: str) -> Reply:
    if not rounds:
        return text_reply(_("目前没有正在进行的投票，您的号码没有计票。"))
    head = _("没有计票。请写明投给哪项活动：")
    if not picks.title:
        head = _("现在有 %(count)d 项投票正在进行，没有计票。请写明投给哪项活动：") % {
            "count": len(rounds)
        }
    lines = [head]
    for round_ in rounds:
        page = link_to(Link(round_.title, f"{public_url}/c/{round_.slug}/nominees/"))
        form = write_form(round_, title=round_.title)
        lines.append(_("· %(page)s——回复“%(form)s”") % {"page": page, "form": form})
    return text_reply("\n".join(lines))
