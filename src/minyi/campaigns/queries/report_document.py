# SPDX-License-Identifier: Apache-2.0
"""An activity report as a document: what the figures say, in the order an office expects.

A report is written in Chinese whatever the reader's language, as a draft that the office goes on
writing in. What the platform does not collect is said to be missing, and nothing stands in for it.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.timezone import localtime

from minyi.ui.typeset.blocks import Block, Chart, Document, Heading, Note, Paragraph, Table

from .report import Named, ReportFigures
from .report_advice import suggest
from .report_robustness import Margin, Robustness, Trial

CHARTED = 20  # more bars than that are not read


def compose(figures: ReportFigures, robustness: Robustness) -> Document:
    """Return the report."""
    return Document(
        title=f"关于“{figures.title}”活动情况的报告",
        subtitle="（系统生成初稿）",
        author=figures.agency,
        blocks=[
            *_overview(figures),
            *_participation(figures),
            *_outcome(figures),
            *_opinions(figures),
            *_excluded(figures),
            *_stability(figures, robustness),
            *_advice(figures, robustness),
            *_sources(figures),
        ],
        closing=[figures.agency, _day(figures.as_of)],
    )


def _overview(figures: ReportFigures) -> list[Block]:
    kind = "表彰评选" if figures.is_award else "民意征集、评议（不授予称号）"
    approval = f"，批准文号为{figures.approval_number}" if figures.approval_number else ""
    begun = f"{_day(figures.stages[0].opens_at)}启动，" if figures.stages else ""
    often = "每人每天一次" if figures.is_daily else "整个活动期间每人一次"
    return [
        Heading("一、活动概况"),
        Paragraph(
            f"“{figures.title}”由{figures.agency}（{figures.region}）主办，{begun}"
            f"{_day(figures.published_at)}公布结果。活动性质为{kind}{approval}。"
        ),
        *([Paragraph(figures.purpose)] if figures.purpose else []),
        Paragraph(
            f"每张选票选择 {figures.min_picks} 至 {figures.max_picks} 个对象，{often}；"
            f"入选名额 {figures.seats} 个。{'；'.join(figures.formula).rstrip('。')}。"
            f"同分处理：{figures.tie_words}。"
        ),
        Table(
            "活动日程",
            ["环节", "开始", "结束"],
            [[one.name, _moment(one.opens_at), _moment(one.closes_at)] for one in figures.stages],
            [2, 3, 3],
        ),
    ]


def _participation(figures: ReportFigures) -> list[Block]:
    days = [day.day[5:] for day in figures.days]
    hours = [f"{hour}时" for hour in range(24)]
    return [
        Heading("二、参与情况"),
        Heading("（一）总量", 2),
        Paragraph(
            f"共收到选票 {figures.received} 张，其中计票 {figures.counted} 张，核查中 "
            f"{figures.quarantined} 张，认定无效 {figures.void} 张；计票的选票共投出 "
            f"{figures.votes} 票，其中只选一个对象的选票 {figures.single_pick} 张。"
        ),
        Heading("（二）按时间", 2),
        Chart("columns", "每天计票的选票", days, [d.counted for d in figures.days], "选票", "张"),
        Table(
            "每天的选票（张）",
            ["日期", "收到", "计票"],
            [[day.day, day.received, day.counted] for day in figures.days],
            [2, 1, 1],
        ),
        Chart("columns", "一天之中各时段计票的选票", hours, figures.hours_of_day, "选票", "张"),
        Table(
            "各时段计票的选票（张）",
            ["时段", "选票", "时段", "选票"],
            [
                [hours[n], figures.hours_of_day[n], hours[n + 12], figures.hours_of_day[n + 12]]
                for n in range(12)
            ],
        ),
        *_unevenness(figures),
        Heading("（四）按地区和渠道", 2),
        Paragraph(
            "选票不记录投票人的姓名、地区、年龄、性别、所用渠道和网络地址，身份信息单独加密保管、"
            "不用于统计，因此没有按地区、按渠道的投票数，本报告也不作推算。"
            "下表按候选对象的类别列出得票。"
        ),
        _named_table("各类别得票（票）", "类别", "得票", figures.votes_by_category),
    ]


def _unevenness(figures: ReportFigures) -> list[Block]:
    one = figures.unevenness
    return [
        Heading("（三）参与是否均匀", 2),
        Paragraph(
            "集中在少数时段的投票，可能来自一次集中宣传，也可能来自组织化投票，下列数字供判断。"
            if figures.counted
            else "没有计票的选票，不作分析。"
        ),
        Table(
            "参与的均匀程度",
            ["项目", "数值", "说明"],
            [
                ["开放投票的小时数", one.hours, f"其中没有选票的 {one.hours_without} 个"],
                ["选票最多的一小时", one.busiest_hour, one.busiest_hour_at or "无"],
                ["其占全部选票", f"{one.busiest_hour_share}%", "计票的选票"],
                ["最忙的十分之一小时合计占", f"{one.busiest_tenth_share}%", "完全均匀时约为 10%"],
                ["选票最多的一分钟", one.busiest_minute, one.busiest_minute_at or "无"],
                ["0 时至 6 时占", f"{one.night_share}%", "完全均匀时为 25%"],
                ["基尼系数", f"{one.gini:.3f}", "0 为各小时相同，越近 1 越集中"],
            ],
            [3, 2, 4],
        ),
    ]


def _outcome(figures: ReportFigures) -> list[Block]:
    shown = figures.nominees[:CHARTED]
    names = [f"{one.number} 号 {one.name}" for one in shown]
    rows = [
        [
            *(one.rank, f"{one.number} 号 {one.name}", one.unit or one.category, one.votes),
            *(f"{one.share}%", one.score, "是" if one.is_selected else ""),
        ]
        for one in figures.nominees
    ]
    more = f"（前 {CHARTED} 名）" if len(figures.nominees) > CHARTED else ""
    return [
        Heading("三、候选对象和结果"),
        Paragraph(
            f"参加排名的候选对象 {len(figures.nominees)} 个，入选 {len(figures.selected)} 个。"
            "得票率是得票数占计票选票数的比例；一张选票可以选多个对象，各对象之和可以超过 100%。"
        ),
        *(
            [Chart("bars", f"得票数{more}", names, [one.votes for one in shown], "得票", "票")]
            if shown
            else []
        ),
        Table(
            "名次、得票和综合得分",
            ["名次", "候选对象", "单位", "得票", "得票率", "综合得分", "入选"],
            rows,
            [2, 6, 5, 3, 3, 3, 2],
        ),
    ]


def _opinions(figures: ReportFigures) -> list[Block]:
    objections, appeals = figures.objections, figures.appeals
    return [
        Heading("四、公众意见"),
        Paragraph(
            f"公示期间收到异议 {objections.filed} 件，其中成立 {objections.upheld} 件、不成立 "
            f"{objections.dismissed} 件、不予受理 {objections.declined} 件、尚未办结 "
            f"{objections.open} 件。对选票认定提出的申诉 {appeals.filed} 件，其中成立 "
            f"{appeals.upheld} 件、不成立 {appeals.dismissed} 件、尚未办结 {appeals.open} 件。"
        ),
        *(
            [_named_table("公众推荐（件）", "状态", "件数", figures.nominations)]
            if figures.nominations
            else [Paragraph("本次活动没有收到公众推荐。")]
        ),
        Note("公众号文章的留言保存在微信，不在本平台留存，没有列入；需要的，请从公众号后台摘录。"),
    ]


def _excluded(figures: ReportFigures) -> list[Block]:
    if not figures.excluded_by_rule:
        return [
            Heading("五、不计入的选票"),
            Paragraph("没有被列入核查或者认定无效的选票。"),
        ]
    return [
        Heading("五、不计入的选票"),
        Paragraph(
            f"不计入的选票共 {figures.quarantined + figures.void} 张，"
            "逐张留在公开账本中，没有删除。"
        ),
        _named_table("不计入的选票（张）", "原因", "选票", figures.excluded_by_rule),
    ]


def _stability(figures: ReportFigures, robustness: Robustness) -> list[Block]:
    gap = (
        f"入选的最后一名“{robustness.last_in}”与未入选的第一名“{robustness.first_out}”"
        f"相差 {robustness.gap} 分。"
        if robustness.gap
        else "候选对象全部入选或者没有候选对象，没有入选的界线。"
    )
    return [
        Heading("六、结果的稳健性"),
        Paragraph(f"这里回答：换一种情况，入选的前 {figures.seats} 名会不会改变。{gap}"),
        Paragraph(
            f"{_added(robustness.added)}{_removed(robustness.removed)}"
            "以上按计票规则逐次重算，其他选票、评分不变。"
        ),
        Table(
            "如果……入选名单会不会改变",
            ["如果", "试算次数", "改变次数", "新入选", "落选"],
            [_trial_row(trial) for trial in robustness.trials],
            [6, 2, 2, 3, 3],
        ),
        Note(
            "选票不记录网络地址和渠道，因此不能试算“去掉最大的网络”“去掉某一渠道”。"
            "“逐一去掉”表示每次只去掉一个、其余保留。"
        ),
    ]


def _added(margin: Margin) -> str:
    if margin.ballots is None:
        return "增加选票不会改变入选名单。"
    return f"至少再有 {margin.ballots} 张选票都投给“{margin.name}”，入选名单才会改变。"


def _removed(margin: Margin) -> str:
    if margin.ballots is None:
        return "减少任何一个入选对象的选票，都不会改变入选名单。"
    return f"投给“{margin.name}”的选票至少减少 {margin.ballots} 张，入选名单才会改变。"


def _trial_row(trial: Trial) -> list[str | int]:
    came, went = "、".join(trial.came) or "—", "、".join(trial.went) or "—"
    return [trial.question, trial.times, trial.changed, came, went]


def _advice(figures: ReportFigures, robustness: Robustness) -> list[Block]:
    advice = suggest(figures, robustness)
    return [
        Heading("七、问题和建议"),
        *(Paragraph(f"{number}．{text}") for number, text in enumerate(advice, start=1)),
        Paragraph(f"{len(advice) + 1}．（请主办单位结合工作实际补充。）"),
    ]


def _sources(figures: ReportFigures) -> list[Block]:
    agreement = (
        "报告中的票数与公布的结果一致。"
        if figures.agrees
        else "注意：报告中的票数与公布的结果不一致，公布以后又有选票认定的变动，请核实后再使用。"
    )
    return [
        Heading("八、数据来源"),
        Paragraph(
            f"选票数据取自{figures.source}。名次和得分取自公布的结果，结果摘要（SHA-256）为"
            f"{figures.digest}。数据截至{_moment(figures.as_of)}。{agreement}"
        ),
    ]


def _named_table(caption: str, kind: str, count: str, rows: Sequence[Named]) -> Table:
    return Table(caption, [kind, count], [[row.name, row.count] for row in rows], [3, 1])


def _day(moment: datetime) -> str:
    local = localtime(moment)
    return f"{local.year}年{local.month}月{local.day}日"


def _moment(moment: datetime) -> str:
    return f"{_day(moment)}{localtime(moment):%H:%M}"
