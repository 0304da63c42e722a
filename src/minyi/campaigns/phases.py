# SPDX-License-Identifier: Apache-2.0
"""Stages as data: a phase names what people may do while a stage of its kind is open."""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Feature = Literal["nominate", "review", "look", "vote", "score", "object", "result"]


@dataclass(frozen=True, slots=True)
class Phase:
    """A kind of stage. `public` says in one line what a citizen can do now."""

    key: str
    name: str | Promise
    public: str | Promise
    features: frozenset[Feature]
    is_required: bool = False


_ALL = (
    Phase("notice", _("启动公告"), _("了解活动安排与评选标准"), frozenset()),
    Phase("nomination", _("公众推荐"), _("推荐您认可的对象"), frozenset({"nominate", "review"})),
    Phase("review", _("资格审核"), _("主办单位正在审核推荐材料"), frozenset({"review"})),
    Phase("display", _("候选展示"), _("查看候选对象的事迹"), frozenset({"look"})),
    Phase("voting", _("公众投票"), _("投出您的一票"), frozenset({"look", "vote", "score"}), True),
    Phase("verification", _("核验评审"), _("正在核验票数、汇总评审"), frozenset({"look", "score"})),
    Phase("publicity", _("结果公示"), _("查看拟定结果，可提出异议"), frozenset({"look", "object"})),
    Phase("result", _("公布结果"), _("查看评选结果"), frozenset({"look", "result"})),
)
PHASES: dict[str, Phase] = {phase.key: phase for phase in _ALL}
PHASE_CHOICES = [(phase.key, phase.name) for phase in _ALL]
