# SPDX-License-Identifier: Apache-2.0
"""How to vote in the chat, in words made from the vote that is open.

Never with a nominee's number for an example: that would recommend somebody to all who ask.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.utils.translation import gettext as _

from minyi.campaigns.queries.chat import OpenRound

from ..callback.messages import MAX_TEXT_BYTES, Reply, text_reply

NOT_KEPT = "（请公众核对选票的答复，内容不留存）"  # kept for readers of the conversation
_MOST_SPELLED_OUT = 3
_SHORTEST_NAME = 12  # bytes: four Chinese characters


def write_rule(round_: OpenRound) -> str:
    """Say how many nominees a ballot may name."""
    if round_.min_picks == round_.max_picks:
        return _("本活动每张选票须选 %(count)d 项。") % {"count": round_.max_picks}
    return _("本活动每张选票可选 %(least)d 至 %(most)d 项。") % {
        "least": round_.min_picks,
        "most": round_.max_picks,
    }


def write_form(round_: OpenRound, *, title: str = "") -> str:
    """Say how a ballot of this round is written: the verb and as many numbers as it takes."""
    count = max(round_.min_picks, min(2, round_.max_picks))
    numbers = [_("号码")] * min(count, _MOST_SPELLED_OUT)
    more = ["……"] if count > _MOST_SPELLED_OUT else []
    return " ".join([_("投"), *([title] if title else []), *numbers, *more])


def write_help(rounds: Sequence[OpenRound]) -> str:
    """Say in one line how to vote by chat now; nothing while no vote is open."""
    if not rounds:
        return ""
    if len(rounds) > 1:
        return _("“投 活动名称 号码”——给候选对象投票，核对后回复“确认”才计票")
    return _("“%(form)s”——给候选对象投票，核对后回复“确认”才计票。%(rule)s") % {
        "form": write_form(rounds[0]),
        "rule": write_rule(rounds[0]),
    }


def ask_to_confirm(
    round_: OpenRound, *, picks: Sequence[int], names: Mapping[int, str], word: str
) -> Reply:
    """Read the ballot aloud and ask for the word that casts it.

    Who is on it stays nowhere: not in the record, and not in what is sent should this come late.
    """
    head = _("请核对您投给“%(title)s”的选票：") % {"title": round_.title}
    final = (
        _("每人每天可投一次，投出后当天不能更改。")
        if round_.is_daily
        else _("每人只能投一次，投出后不能更改。")
    )
    tail = _(
        "核对无误，请回复“%(word)s”投票。%(final)s选错了，请重新回复号码；回复“取消”则不投。"
        "现在还没有计票，10 分钟内不确认即作废。"
    ) % {"word": word, "final": final}
    room = (MAX_TEXT_BYTES - len(f"{head}\n\n{tail}".encode())) // len(picks)
    lines = list_picks(picks, names, room)
    again = _("刚才没有及时答复您，没有计票。请再回复一次号码。")
    whole = text_reply("\n".join([head, *lines, "", tail]))
    return replace(whole, said=NOT_KEPT, late=again, is_alone=True)


def list_picks(picks: Sequence[int], names: Mapping[int, str], room: int) -> list[str]:
    """Return a line for each pick: number and name, cut to `room` bytes."""
    return [_line(number, names.get(number, ""), room) for number in picks]


def _line(number: int, name: str, room: int) -> str:
    head = _("%(number)s 号 ") % {"number": number}
    left = max(room - len(head.encode()) - 1, _SHORTEST_NAME)
    cut = name.encode()[:left].decode(errors="ignore")
    return f"{head}{cut}"
