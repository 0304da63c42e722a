# SPDX-License-Identifier: Apache-2.0
"""The rules in words. Codes are part of the output format: a code never changes its meaning."""

from types import MappingProxyType

RULES = MappingProxyType(
    {
        "same_phones": (
            "同一候选人的选票集中来自少数机型与版本，远多于其他候选人",
            "A few phone models cast far more of this candidate's ballots than of others'.",
        ),
        "same_greeting": (
            "连接特征相同，且不是某个单位的统一出口，多为同一软件所发",
            "The same connection greeting from many networks: one program rather than many phones.",
        ),
        "same_tempo": (
            "停留时长、触摸次数、浏览页数几乎一致",
            "Time on page, touches and pages seen are almost identical.",
        ),
        "same_haste": (
            "停留时长与触摸情况异常集中",
            "Time on page and touches are unusually alike.",
        ),
        "account_lot": (
            "账号在同一时段成批首次出现",
            "The accounts were first seen in one lot, within the same two hours.",
        ),
        "machine_hall": (
            "来自机房地址，而非个人上网地址",
            "Sent from machine-hall addresses, not from those people use.",
        ),
        "same_standing": (
            "账号新旧、参与次数与关注情况异常集中",
            "Age, earlier campaigns and following of the accounts are unusually alike.",
        ),
        "same_phones_and_standing": (
            "同机型且账号状况相同的选票异常集中",
            "Accounts of one kind on one phone model are unusually many.",
        ),
        "same_haste_and_standing": (
            "操作节奏相同且账号状况相同的选票异常集中",
            "Accounts of one kind acting at one pace are unusually many.",
        ),
        "from_afar": (
            "来自候选人所在省以外的选票异常集中（从不单独作为依据）",
            "Unusually many from outside the candidate's province (never a reason alone).",
        ),
        "same_haste_and_place": (
            "同在本省或同在外省、操作节奏相同的选票异常集中",
            "Ballots from home, or those from elsewhere, are unusually alike in pace.",
        ),
        "company": (
            "与同一时段已认定的异常选票高度相似",
            "Closely resembles ballots of the same hours that are certain.",
        ),
    }
)

KEPT = MappingProxyType(
    {
        "too_few": ("人数不足一组，不予隔离", "Too few people to be a group; left alone."),
        "one_house": (
            "多数来自同一出口（校园、单位、会场、医院），不予隔离",
            "Most came through one door (campus, office, hall, hospital); left alone.",
        ),
        "one_chat": (
            "多数由同一分享带来（群聊传播），不予隔离",
            "Most followed one sharer (a chat group); left alone.",
        ),
        "over_budget": (
            "超出误隔离上限，留待人工查看",
            "Beyond the budget for false quarantine; left for people to look at.",
        ),
    }
)


def in_words(codes: str) -> list[str]:
    """Return one line per code, Chinese and English."""
    return [f"{RULES[code][0]} / {RULES[code][1]}" for code in codes.split("|") if code]
