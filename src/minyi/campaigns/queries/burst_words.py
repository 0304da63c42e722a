# SPDX-License-Identifier: Apache-2.0
"""Who a burst consists of, in words for reviewers (`integrity.bursts.facts_of`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from minyi.core.words import listed
from minyi.integrity.pictures import WAYS


@dataclass(frozen=True, slots=True)
class WhoInWords:
    """What the burst looks like, and label and value of what was seen."""

    looks_like: str
    facts: tuple[tuple[str, str], ...]


def who_in_words(picture: Mapping[str, Any]) -> WhoInWords | None:
    """Return None of a cluster that is no burst."""
    who = picture.get("who")
    if not who:
        return None
    ways = sorted(who["ways"].items(), key=lambda one: -one[1])[:3]
    dwell = who["dwell_ms"]
    facts = [
        (_("首次到访不足五分钟"), _share(who["newcomers"])),
        (_("最多的一种机型与版本"), f"{_share(who['phone'])}（{_elsewhere(who)}）"),
        (_("网络出口"), _("%d 个，最多的一个占 %s") % (who["doors"], _share(who["top_door"]))),
        (_("该出口以往一天最多"), _people(who["door_usual"])),
        (_("进入方式"), listed(f"{_(WAYS.get(way, way))} {_share(part)}" for way, part in ways)),
        (_("停留时长（四分位）"), _seconds(dwell)),
        (_("同时投给另一突增对象"), _share(who["overlap"])),
    ]
    if picture.get("sampled", 1) > 1:
        scale = _("每 %d 张抽看 1 张，张数为估计") % picture["sampled"]
        facts.append((_("抽样"), scale))
    return WhoInWords(_(who["words"]), tuple(facts))


def _share(share: float | None) -> str:
    return _("未收集") if share is None else f"{share:.0%}"


def _elsewhere(who: Mapping[str, Any]) -> str:
    return _("其他选票中占 %s") % _share(who["phone_elsewhere"])


def _people(many: int | None) -> str:
    return _("没有记录") if many is None else _("不超过 %d 人") % many


def _seconds(quartiles: list[int] | None) -> str:
    if quartiles is None:
        return _("未收集")
    return _("%s 秒") % " / ".join(f"{one / 1000:.1f}" for one in quartiles)
