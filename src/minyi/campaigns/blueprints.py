# SPDX-License-Identifier: Apache-2.0
"""Templates of campaigns as data: what an office starts from and then makes its own (R047, R080).

Lengths of stages are calendar days; publicity is counted in working days. Texts become rows of
the office, so they are plain Chinese; what the console says about a template is translated.
"""

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .models import Campaign

Unit = Literal["day", "workday"]


@dataclass(frozen=True, slots=True)
class PlannedStage:
    kind: str
    length: int
    unit: Unit = "day"
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlannedCriterion:
    name: str
    weight: int
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Blueprint:
    """`key` also begins the campaign's address. `figures` is the weight of 业务数据."""

    key: str
    name: str | Promise
    description: str | Promise
    type: Campaign.Type
    title: str
    theme: str
    purpose: str
    scope: str
    seats: int
    criteria: tuple[PlannedCriterion, ...]
    categories: tuple[str, ...]
    stages: tuple[PlannedStage, ...]
    min_picks: int = 1
    max_picks: int = 1
    frequency: Campaign.Frequency = Campaign.Frequency.CAMPAIGN
    count_mode: Campaign.CountMode = Campaign.CountMode.AFTER_CLOSE
    count_hours: tuple[int, ...] = ()
    public_weight: int = 100
    jury_weight: int = 0
    figures_weight: int = 0
    tie_rule: Campaign.TieRule = Campaign.TieRule.SHARED


_SERVICE = PlannedCriterion("服务质量", 35, "态度、效率、一次办成，方便老年人和行动不便的群众")
_DISCLOSURE = PlannedCriterion("信息公开", 20, "办事指南准确完整，收费、时限、结果公开")
_INNOVATION = PlannedCriterion("创新做法", 20, "减环节、减材料、减跑动的做法及成效")
_SATISFACTION = PlannedCriterion("民众满意度", 25, "好差评、回访和投诉办理情况")

_FULL_PLAN = (
    PlannedStage("notice", 3, note="公布评选安排、标准和投票规则"),
    PlannedStage("nomination", 10, note="单位和个人均可推荐，须附事实材料"),
    PlannedStage("review", 5, note="核实材料，听取纪检监察等部门意见"),
    PlannedStage("display", 3, note="公布候选对象及事迹"),
    PlannedStage("voting", 10, note="每位群众凭微信身份投票，自愿、免费"),
    PlannedStage("verification", 4, note="核验选票，汇总专家评审和业务数据"),
    PlannedStage("publicity", 5, "workday", note="公示拟定结果，受理异议"),
    PlannedStage("result", 30, note="公布结果，说明计分过程"),
)
_SHORT_PLAN = (
    PlannedStage("notice", 2, note="公布评议安排和评议标准"),
    PlannedStage("display", 3, note="公布参加评议的对象及情况"),
    PlannedStage("voting", 10, note="群众凭微信身份评议，自愿、免费"),
    PlannedStage("verification", 3, note="核验选票"),
    PlannedStage("publicity", 5, "workday", note="公示评议结果，受理异议"),
    PlannedStage("result", 30, note="公布评议结果和改进安排"),
)

_ALL = (
    Blueprint(
        key="window",
        name=_("十佳政务服务窗口评选"),
        description=_(
            "授予称号的表彰评选，须有批准文件。公众推荐、资格审核、公众投票与专家评审相结合，"
            "投票期间不公布票数。"
        ),
        type=Campaign.Type.AWARD,
        title="十佳政务服务窗口评选",
        theme="让办事更省心",
        purpose="发现群众身边的好窗口，推广便民利民的好做法，推动全市政务服务提质增效。",
        scope="全市各级政务服务大厅、便民服务中心及部门专业大厅的服务窗口",
        seats=10,
        criteria=(_SERVICE, _DISCLOSURE, _INNOVATION, _SATISFACTION),
        categories=("综合窗口", "专项窗口", "基层窗口"),
        stages=_FULL_PLAN,
        min_picks=1,
        max_picks=10,
        public_weight=60,
        jury_weight=30,
        figures_weight=10,
        tie_rule=Campaign.TieRule.JURY_FIRST,
    ),
    Blueprint(
        key="community",
        name=_("优秀便民服务中心、社区服务评议"),
        description=_(
            "不授予称号的群众评议。由群众选出身边办得好的便民服务中心和社区服务，"
            "每日 18:00 公布一次票数。"
        ),
        type=Campaign.Type.EVALUATION,
        title="优秀便民服务中心评议",
        theme="家门口的服务，群众来评",
        purpose="了解群众对便民服务中心和社区服务的评价，找到短板，逐项改进并反馈结果。",
        scope="各乡镇（街道）便民服务中心、村（社区）服务站",
        seats=10,
        criteria=(
            PlannedCriterion("服务态度", 25, "热情耐心，有问必答"),
            PlannedCriterion("办事效率", 25, "能当场办的当场办，限时办结"),
            PlannedCriterion("便民设施", 20, "无障碍设施、座椅、饮水、自助设备"),
            PlannedCriterion("贴近群众", 30, "上门代办、错时延时、帮老助残"),
        ),
        categories=("便民服务中心", "社区服务站"),
        stages=(_FULL_PLAN[0], _FULL_PLAN[1], *_SHORT_PLAN[1:]),
        min_picks=1,
        max_picks=5,
        count_mode=Campaign.CountMode.SCHEDULED,
        count_hours=(18,),
    ),
    Blueprint(
        key="policy",
        name=_("优秀政策落实案例评议"),
        description=_(
            "不授予称号的案例评议。部门报送、群众评价与专家评价相结合，比一比政策落实得怎么样。"
        ),
        type=Campaign.Type.EVALUATION,
        title="优秀政策落实案例评议",
        theme="政策好不好，群众说了算",
        purpose="听取群众对惠民政策落实情况的评价，推广落实得好的做法，改进落实不到位的环节。",
        scope="上一年度各部门、各乡镇（街道）惠民政策落实案例",
        seats=10,
        criteria=(
            PlannedCriterion("落实成效", 40, "目标完成情况和群众受益面"),
            PlannedCriterion("群众获得感", 30, "受益群众的评价"),
            PlannedCriterion("做法创新", 15, "方法可复制、可推广"),
            PlannedCriterion("过程公开", 15, "政策、流程、结果公开"),
        ),
        categories=("民生保障", "营商环境", "乡村建设"),
        stages=_SHORT_PLAN,
        min_picks=1,
        max_picks=5,
        public_weight=70,
        jury_weight=30,
        tie_rule=Campaign.TieRule.PUBLIC_FIRST,
    ),
    Blueprint(
        key="live",
        name=_("政务服务现场评议"),
        description=_("不授予称号的短期评议，适合会场和开放日：当天投票，票数实时公布。"),
        type=Campaign.Type.EVALUATION,
        title="政务服务开放日现场评议",
        theme="您的评价，我们改进的方向",
        purpose="在政务开放日听取到场群众的评价，当场公布，会后改进。",
        scope="参加政务开放日的服务单位",
        seats=3,
        criteria=(_SERVICE, _DISCLOSURE, _INNOVATION, _SATISFACTION),
        categories=(),
        stages=(
            PlannedStage("notice", 2),
            PlannedStage("voting", 1, note="现场扫码评议，自愿、免费"),
            PlannedStage("publicity", 5, "workday"),
            PlannedStage("result", 30),
        ),
        max_picks=3,
        count_mode=Campaign.CountMode.LIVE,
    ),
    Blueprint(
        key="blank",
        name=_("空白活动"),
        description=_("只带一份最短的日程，其余由您填写。"),
        type=Campaign.Type.EVALUATION,
        title="",
        theme="",
        purpose="",
        scope="",
        seats=10,
        criteria=(),
        categories=(),
        stages=(
            PlannedStage("notice", 3),
            PlannedStage("voting", 7),
            PlannedStage("publicity", 5, "workday"),
            PlannedStage("result", 30),
        ),
    ),
)
BLUEPRINTS: dict[str, Blueprint] = {blueprint.key: blueprint for blueprint in _ALL}
