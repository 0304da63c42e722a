# SPDX-License-Identifier: Apache-2.0
"""What an account says by itself. Every text is written before anybody asks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from .messages import MAX_TEXT_BYTES, Article, Message, Reply, news_reply, text_reply

MOST_LISTED = 5
_LONGEST_COMMAND = 40  # letters; a longer text is a letter to us, not a word to look up
_asks_for_campaigns = re.compile("投票|評選|评选|评议|候选|活动|vote").search
_asks_for_help = re.compile(r"帮助|幫助|菜单|怎么|help|[?？]").search
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


@dataclass(frozen=True, slots=True)
class Phrases:
    """An account's answers, ready to be addressed."""

    welcome: Reply
    campaigns: Reply
    help: Reply
    otherwise: Reply


def write_phrases(
    *, name: str, welcome: str, campaigns: Sequence[RunningCampaign], home_url: str
) -> Phrases:
    """Write the account's answers in the language that is active."""
    tail = _campaign_lines(campaigns, home_url)
    greeting = welcome.strip() or _("感谢关注“%(name)s”。") % {"name": name}
    room = MAX_TEXT_BYTES - len(f"\n\n{tail}".encode())
    greeting = greeting.encode()[:room].decode(errors="ignore")
    return Phrases(
        welcome=text_reply(f"{greeting}\n\n{tail}"),
        campaigns=_card(campaigns[0]) if len(campaigns) == 1 else text_reply(tail),
        help=text_reply(
            _("您可以回复：\n“投票”或“评选”——查看正在进行的活动\n“帮助”——查看本说明\n\n%(tail)s")
            % {"tail": tail}
        ),
        otherwise=text_reply(
            _(
                "您的留言已收到。本公众号目前只能自动回复部分内容："
                "回复“投票”查看正在进行的活动，回复“帮助”查看使用说明。"
            )
        ),
    )


def choose_reply(phrases: Phrases, message: Message) -> Reply | None:
    """Return the answer to a message, or None where an acknowledgement is enough."""
    if message.kind == "event":
        return phrases.welcome if message.event == "subscribe" else None
    if message.kind != "text":
        return phrases.otherwise
    words = message.content.strip().casefold()
    if len(words) > _LONGEST_COMMAND:
        return phrases.otherwise
    if _asks_for_campaigns(words):
        return phrases.campaigns
    if _asks_for_help(words):
        return phrases.help
    return phrases.otherwise


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
