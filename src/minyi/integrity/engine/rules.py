# SPDX-License-Identifier: Apache-2.0
"""The rules in words. Codes are part of the output format: a code never changes its meaning."""

from types import MappingProxyType

from minyi.integrity.signals import SIGNALS, codes_of

RULES = MappingProxyType(
    {code: (SIGNALS[code].finding, SIGNALS[code].finding_en) for code in codes_of("screening")}
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
