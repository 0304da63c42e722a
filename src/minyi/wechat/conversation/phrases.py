# SPDX-License-Identifier: Apache-2.0
"""What an account says by itself. Every text is written before anybody asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from django.utils.translation import gettext as _

from minyi.campaigns.queries.chat import OpenRound

from ..callback.messages import MAX_TEXT_BYTES, Article, CountedText, Reply, news_reply, text_reply
from .ballot_words import write_help

MOST_LISTED = 5
# WeChat reads <a>…</a> in a text and knows no escapes.
_plain = str.maketrans("<>", "＜＞")


@dataclass(frozen=True, slots=True)
class RunningCampaign:
    """A campaign one can point to: `now` names its current stage."""

    title: str
    theme: str
    now: str
    url: str
    picture_url: str = ""


class HasTitle(Protocol):
    """Something with a title and an address."""

    @property
    def title(self) -> str: ...
    @property
    def url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Phrases:
    """An account's answers, ready to be addressed."""

    welcome: Reply
    campaigns: Reply
    help: Reply
    otherwise: Reply
    called: Reply
    still_called: CountedText  # to who calls once more: how many wait before them
    unconfirmed: Reply
    uncancelled: Reply


def write_phrases(
    *,
    name: str,
    welcome: str,
    campaigns: Sequence[RunningCampaign],
    home_url: str,
    rounds: Sequence[OpenRound] = (),
    closed_until: str = "",
    instead: str | None = None,
) -> Phrases:
    """Write the account's answers in the language that is active.

    `closed_until` says in words when people are there again; empty: they are there now.
    `instead` says where to ask a person, for an account in which nobody can answer.
    """
    tail = _campaign_lines(campaigns, home_url)
    return Phrases(
        welcome=write_welcome(name=name, welcome=welcome, tail=tail),
        campaigns=_card(campaigns[0]) if len(campaigns) == 1 else text_reply(tail),
        help=text_reply(_help(rounds, tail, instead)),
        otherwise=text_reply(_otherwise(instead)),
        called=text_reply(instead or _called(closed_until)),
        still_called=CountedText(instead, _verbatim(instead))
        if instead
        else _still_called(closed_until),
        unconfirmed=text_reply(
            _("没有等待您确认的选票，这次没有计票。可能已经作废或者超过 10 分钟，请重新回复号码。")
        ),
        uncancelled=text_reply(_("没有等待您确认的选票。已经投出的选票不能取消或者更改。")),
    )


def write_welcome(*, name: str, welcome: str, tail: str) -> Reply:
    """Write a greeting that leaves room for what follows it."""
    greeting = welcome.strip() or _("感谢关注“%(name)s”。") % {"name": name}
    room = MAX_TEXT_BYTES - len(f"\n\n{tail}".encode())
    greeting = greeting.encode()[:room].decode(errors="ignore")
    return text_reply(f"{greeting}\n\n{tail}" if tail else greeting)


def link_to(place: HasTitle) -> str:
    """Write one link as WeChat shows it in a text."""
    return f'<a href="{place.url}">{place.title.translate(_plain)}</a>'


def list_links(places: Sequence[HasTitle]) -> Reply:
    """Return a text with a link to each place."""
    lines = [f"· {link_to(place)}" for place in places[:MOST_LISTED]]
    return text_reply("\n".join([_("您要找的可能是："), *lines]))


def ask_elsewhere(phone: str) -> str:
    """Say where a person answers when WeChat lets nobody answer in this account's chat."""
    if phone:
        return _("工作人员不能在本公众号内答复留言。请拨打咨询电话：%(phone)s。") % {"phone": phone}
    return _("工作人员不能在本公众号内答复留言。请直接与主办单位联系。")


def _otherwise(instead: str | None) -> str:
    if instead:
        return (
            _(
                "您的留言没有能够自动回复的内容。"
                "回复“投票”查看正在进行的活动，回复“帮助”查看使用说明。"
            )
            + instead
        )
    return _(
        "您的留言已收到。本公众号目前只能自动回复部分内容："
        "回复“投票”查看正在进行的活动，回复“帮助”查看使用说明，"
        "回复“人工”请工作人员答复。"
    )


def _verbatim(text: str) -> str:
    """Return a text into which a number is put without its leaving a trace."""
    return text.replace("%", "%%")


def _help(rounds: Sequence[OpenRound], tail: str, instead: str | None) -> str:
    vote = write_help(rounds)
    lines = [
        _("您可以回复："),
        _("“投票”或“评选”——查看正在进行的活动"),
        *([vote] if vote else []),
        _("“进度”——查看您的推荐和选票"),
        instead or _("“人工”——请工作人员答复"),
        _("“退订”——不再接收通知"),
        _("“帮助”——查看本说明"),
    ]
    return "\n".join([*lines, "", tail])


def _called(closed_until: str) -> str:
    if not closed_until:
        return _("已为您转接工作人员，请稍候。您可以先把问题写清楚，工作人员会在这里答复您。")
    return _("您的留言已转给工作人员。现在不是接待时间，工作人员将于%(when)s起依次答复。") % {
        "when": closed_until
    }


def _still_called(closed_until: str) -> CountedText:
    first = _("您已经请过工作人员，现在排在第一位，不必重复发送。")
    behind = _("您已经请过工作人员，前面还有 %(count)d 位在等待，不必重复发送。")
    if closed_until:
        then = _("现在不是接待时间，工作人员将于%(when)s起依次答复。") % {"when": closed_until}
    else:
        then = _("请把问题写在这里，工作人员会依次答复。")
    return CountedText(first + then, behind + then)


def _campaign_lines(campaigns: Sequence[RunningCampaign], home_url: str) -> str:
    link = _('<a href="%(url)s">查看全部活动</a>') % {"url": home_url}
    if not campaigns:
        return _("目前没有正在进行的活动。%(link)s") % {"link": link}
    lines = [
        _('· <a href="%(url)s">%(title)s</a>（%(now)s）')
        % {"url": one.url, "title": one.title.translate(_plain), "now": one.now}
        for one in campaigns[:MOST_LISTED]
    ]
    if len(campaigns) > MOST_LISTED:
        lines.append(link)
    return "\n".join([_("正在进行的活动："), *lines])


def _card(campaign: RunningCampaign) -> Reply:
    description = _("%(now)s。%(theme)s") % {"now": campaign.now, "theme": campaign.theme}
    return news_reply(
        [Article(campaign.title, description, campaign.picture_url, campaign.url)],
    )
