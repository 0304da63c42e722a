# SPDX-License-Identifier: Apache-2.0
"""Every signal of brushing: its words, and whom it may hurt. The one list, without Django.

`inline`     seen when a ballot paper is handed out; adds to a score (minyi.integrity.inline)
`screening`  found among all ballots of a vote; a rule of the engine (minyi.integrity.engine)

A code is part of the public log and of output files: it never changes its meaning. A vote may do
without any of them (`Campaign.silent_signals`); all are in use unless it says so.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Stage = Literal["inline", "screening"]


def gettext_noop(message: str) -> str:
    """Mark a message for translation and return it unchanged."""
    return message


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal. `name` is what the public reads as a reason; texts are Chinese msgids.

    `finding` and `finding_en` are the engine's own words, which it writes without catalogues.
    """

    code: str
    stage: Stage
    name: str
    may_hurt: str  # who looks like that honestly, and what saves them
    finding: str = ""
    finding_en: str = ""


_INLINE = (
    Signal(
        "automation",
        "inline",
        gettext_noop("由自动化程序打开投票页面"),
        gettext_noop("做网页测试、无障碍检测的人，以及少数改装浏览器的用户。"),
    ),
    Signal(
        "no_wechat",
        "inline",
        gettext_noop("微信身份来自微信以外的浏览器"),
        gettext_noop("用隐私工具改写浏览器标识的人。单独出现不会引起安全验证。"),
    ),
    Signal(
        "hosted",
        "inline",
        gettext_noop("来自机房网络"),
        gettext_noop(
            "使用企业云桌面、加速器或境外中转网络的人。仅在运维人员提供机房网段表时有效。"
        ),
    ),
    Signal(
        "just_arrived",
        "inline",
        gettext_noop("账号刚刚首次出现"),
        gettext_noop("所有第一次参加活动的群众。单独出现不会引起安全验证。"),
    ),
    Signal(
        "busy_door",
        "inline",
        gettext_noop("同一网络出口短时间内人数远超平常"),
        gettext_noop(
            "校园、医院、单位、会场和运营商共用出口的人。每十分钟 120 人以内、"
            "或者不超过该出口平常的人数，都不计分；只计人数的倍数，从不拒绝任何人。"
        ),
    ),
    Signal(
        "door_reloads",
        "inline",
        gettext_noop("同一网络出口反复领取选票"),
        gettext_noop("网络不稳、页面反复重开的单位。人均五次以内不计分。"),
    ),
    Signal(
        "own_reloads",
        "inline",
        gettext_noop("同一人反复领取选票"),
        gettext_noop("反复搜索、刷新页面的人。十分钟内二十次以内不计分。"),
    ),
    Signal(
        "struck_before",
        "inline",
        gettext_noop("此前活动中有选票被认定为刷票"),
        gettext_noop("曾被误认定而没有申诉的人。申诉成立的不计。"),
    ),
)

_SCREENING = (
    Signal(
        "same_phones",
        "screening",
        gettext_noop("选票集中来自少数机型"),
        gettext_noop("单位统一配发手机、营业厅同款促销机型的人。"),
        "同一候选人的选票集中来自少数机型与版本，远多于其他候选人",
        "A few phone models cast far more of this candidate's ballots than of others'.",
    ),
    Signal(
        "same_greeting",
        "screening",
        gettext_noop("由同一软件批量发出"),
        gettext_noop("经单位防火墙统一出口上网的人；只来自一个网段的不算。"),
        "连接特征相同，且不是某个单位的统一出口，多为同一软件所发",
        "The same connection greeting from many networks: one program rather than many phones.",
    ),
    Signal(
        "same_tempo",
        "screening",
        gettext_noop("操作节奏几乎一致"),
        gettext_noop("在会场里跟着主持人一起操作的人。"),
        "停留时长、触摸次数、浏览页数几乎一致",
        "Time on page, touches and pages seen are almost identical.",
    ),
    Signal(
        "same_haste",
        "screening",
        gettext_noop("停留时长和触摸情况异常集中"),
        gettext_noop("打开页面前已经想好投给谁的人，如候选人的同事、学生。"),
        "停留时长与触摸情况异常集中",
        "Time on page and touches are unusually alike.",
    ),
    Signal(
        "account_lot",
        "screening",
        gettext_noop("账号在同一时段成批首次出现"),
        gettext_noop("在同一次宣讲、开学或入职时集中关注公众号的人；来自同一出口的不算。"),
        "账号在同一时段成批首次出现",
        "The accounts were first seen in one lot, within the same two hours.",
    ),
    Signal(
        "machine_hall",
        "screening",
        gettext_noop("来自机房地址"),
        gettext_noop("使用企业云桌面、加速器或境外中转网络的人。"),
        "来自机房地址，而非个人上网地址",
        "Sent from machine-hall addresses, not from those people use.",
    ),
    Signal(
        "same_standing",
        "screening",
        gettext_noop("账号状况异常集中"),
        gettext_noop("因一次分享第一次来到平台的人，如候选人的亲友。"),
        "账号新旧、参与次数与关注情况异常集中",
        "Age, earlier campaigns and following of the accounts are unusually alike.",
    ),
    Signal(
        "same_phones_and_standing",
        "screening",
        gettext_noop("同机型、同账号状况的选票异常集中"),
        gettext_noop("单位统一配发手机并统一关注公众号的人。"),
        "同机型且账号状况相同的选票异常集中",
        "Accounts of one kind on one phone model are unusually many.",
    ),
    Signal(
        "same_haste_and_standing",
        "screening",
        gettext_noop("同节奏、同账号状况的选票异常集中"),
        gettext_noop("由同一个群聊带来、看一眼就投的新用户。"),
        "操作节奏相同且账号状况相同的选票异常集中",
        "Accounts of one kind acting at one pace are unusually many.",
    ),
    Signal(
        "from_afar",
        "screening",
        gettext_noop("外地选票异常集中"),
        gettext_noop("在外上学、务工的同乡，以及地址库定位有误的人。从不单独作为依据。"),
        "来自候选人所在省以外的选票异常集中（从不单独作为依据）",
        "Unusually many from outside the candidate's province (never a reason alone).",
    ),
    Signal(
        "same_haste_and_place",
        "screening",
        gettext_noop("同地区、同节奏的选票异常集中"),
        gettext_noop("同一城市里由同一次宣传带来、看一眼就投的人。"),
        "同在本省或同在外省、操作节奏相同的选票异常集中",
        "Ballots from home, or those from elsewhere, are unusually alike in pace.",
    ),
    Signal(
        "odd_phones",
        "screening",
        gettext_noop("机型与系统版本的组合罕见"),
        gettext_noop("刷机或使用测试版系统的人；只占一位候选人选票很小一部分时不算。"),
        "机型与系统版本的组合罕见，疑为软件伪造，且集中于同一候选人",
        "Models and system versions that hardly ever go together, as software invents them.",
    ),
    Signal(
        "changing_phones",
        "screening",
        gettext_noop("同一账号多次投票时更换机型"),
        gettext_noop("活动期间换了手机、或在两部手机上登录同一微信的人。"),
        "同一账号多次投票时更换机型，且集中于同一候选人",
        "Accounts that come back on a different phone model, unusually many for one candidate.",
    ),
    Signal(
        "same_arrival",
        "screening",
        gettext_noop("来源渠道异常集中"),
        gettext_noop("由同一次分享带来的亲友、校友。从不单独作为依据。"),
        "来源渠道与分享者的传播范围异常集中（从不单独作为依据）",
        "The way of arriving and the reach of the sharers are unusually alike (never alone).",
    ),
    Signal(
        "loyal_doors",
        "screening",
        gettext_noop("大量网络出口几乎只投同一候选人"),
        gettext_noop("同村、同厂而分用许多宽带的人。从不单独作为依据。"),
        "大量网络出口的投票几乎全部投给同一候选人（从不单独作为依据）",
        "Many networks from which almost everybody voted for this one candidate (never alone).",
    ),
    Signal(
        "company",
        "screening",
        gettext_noop("与已认定的异常选票高度相似"),
        gettext_noop("与刷票者同一时段、同款手机、同样行事的真人。"),
        "与同一时段已认定的异常选票高度相似",
        "Closely resembles ballots of the same hours that are certain.",
    ),
)

# Signs that strengthen others: no ballot is held under the name of one of them.
NEVER_ALONE = frozenset({"from_afar", "same_arrival", "loyal_doors"})

SIGNALS: Mapping[str, Signal] = MappingProxyType({one.code: one for one in _INLINE + _SCREENING})


def codes_of(stage: Stage) -> tuple[str, ...]:
    """Return the codes of one stage, in their order."""
    return tuple(code for code, signal in SIGNALS.items() if signal.stage == stage)


def leading(codes: str) -> str:
    """Return of codes joined by «|», the strongest first, the one that names them all."""
    found = codes.split("|")
    return next((code for code in found if code not in NEVER_ALONE), found[0])


def find_unknown(codes: Collection[str]) -> list[str]:
    """Return the codes that no signal has."""
    return sorted(set(codes) - SIGNALS.keys())
