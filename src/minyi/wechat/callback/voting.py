# SPDX-License-Identifier: Apache-2.0
"""Voting by chat: from the numbers somebody wrote to a ballot, and from the answer to words.

Nothing here decides whether a ballot counts: the ticket comes from `campaigns`, the rules and the
receipt from the ballot box (ADR 13).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from minyi.campaigns.queries.chat import OpenRound, list_open_rounds
from minyi.campaigns.services.tickets import hand_out_ticket_by_id
from minyi.citizens.session import NewSession
from minyi.core.errors import DomainError

from ..conversation.phrases import link_to
from ..conversation.picks import Picks
from .ballots import Ballot, BoxAnswer
from .messages import Reply, text_reply

KEPT_INSTEAD = "（投票的答复，不留存）"  # kept for readers of the conversation
_WRITE_AGAIN = {"too_few_picks", "too_many_picks", "same_nominee_twice", "not_a_nominee"}
_SEND_AGAIN = {"overloaded", "storage_unavailable", "too_slow"}


@dataclass(frozen=True, slots=True)
class Link:
    """A page to send somebody to."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class ReadyBallot:
    """A ballot with the round it belongs to."""

    round: OpenRound
    ballot: Ballot


def prepare_ballot(
    *, made: NewSession, picks: Picks, nonce: str, language: str, public_url: str, now: datetime
) -> ReadyBallot | Reply:
    """Return the ballot to post, or what to say instead."""
    rounds = list_open_rounds(account=made.session.account, now=now)
    meant = [one for one in rounds if picks.title in one.title] if picks.title else rounds
    if len(meant) != 1:
        return _ask_which(rounds, picks, public_url)
    round_ = meant[0]
    try:
        ticket = hand_out_ticket_by_id(
            campaign_id=round_.campaign_id, session=made.session, language=language, now=now
        )
    except DomainError as refusal:
        return text_reply(
            f"{refusal.title}：{refusal.detail}\n{refusal.action}\n{_page(round_, public_url)}"
        )
    ballot = Ballot(ticket=ticket, cookie=made.cookie, picks=picks.numbers, nonce=nonce)
    return ReadyBallot(round_, ballot)


def answer_ballot(ready: ReadyBallot, answer: BoxAnswer, *, public_url: str) -> Reply:
    """Say what became of the ballot; never what is on it (whoever sees it could be shown it).

    A receipt leads to the ballot: it goes to the voter, and stays nowhere beside their name.
    """
    if answer.receipt:
        return _say_received(ready.round, answer.receipt, public_url)
    return replace(_say_refused(ready.round, answer, public_url), said=KEPT_INSTEAD)


def _say_received(round_: OpenRound, receipt: str, public_url: str) -> Reply:
    received = _("您对“%(title)s”的选票已经收到。") % {"title": round_.title}
    link = link_to(Link(_("查看回执"), f"{public_url}/c/{round_.slug}/ballot/"))
    more = [_("本活动每天可投一次，明天可以再投。")] if round_.is_daily else []
    whole = [received, _("回执：%(receipt)s") % {"receipt": receipt}, link, *more]
    return replace(
        text_reply("\n".join(whole)),
        said=received,
        late="\n".join([received, link, *more]),
    )


def _say_refused(round_: OpenRound, answer: BoxAnswer, public_url: str) -> Reply:
    sentence = answer.sentence or _("系统暂时无法确认选票是否已经存妥。")
    return text_reply(
        "\n".join([sentence, *_what_to_do(round_, answer.code), _page(round_, public_url)])
    )


def _what_to_do(round_: OpenRound, code: str) -> list[str]:
    if code in _WRITE_AGAIN:
        return [_rule(round_), _("请重新回复号码，例如“投 %(example)s”。") % _example(round_)]
    if code in _SEND_AGAIN:
        return [_("请稍后再次回复号码，重复提交不会重复计票。")]
    return []


def _rule(round_: OpenRound) -> str:
    if round_.min_picks == round_.max_picks:
        return _("本活动每张选票须选 %(count)d 项。") % {"count": round_.max_picks}
    return _("本活动每张选票可选 %(least)d 至 %(most)d 项。") % {
        "least": round_.min_picks,
        "most": round_.max_picks,
    }


def _example(round_: OpenRound) -> dict[str, str]:
    numbers = range(1, min(round_.max_picks, 3) + 1) if round_.max_picks > 1 else [1]
    count = max(len(list(numbers)), min(round_.min_picks, 5))
    return {"example": " ".join(str(number) for number in range(1, count + 1))}


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
        lines.append(
            _("· %(page)s——回复“投 %(title)s 号码”") % {"page": page, "title": round_.title}
        )
    return text_reply("\n".join(lines))
