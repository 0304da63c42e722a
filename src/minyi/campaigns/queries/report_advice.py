# SPDX-License-Identifier: Apache-2.0
"""Suggestions that follow from the figures of a report. Each names the figure it follows from."""

from .report import ReportFigures, percent
from .report_robustness import PUBLIC_ONLY, WITHOUT_PUBLIC, Robustness

CLOSE = 1.0  # per cent of the counted ballots: a margin below it is close
CROWDED = 20.0  # per cent of the counted ballots in one hour
NIGHT = 30.0  # per cent between midnight and six; a quarter would be even
STRUCK = 5.0  # per cent of the received ballots
SINGLE = 50.0  # per cent of the counted ballots


def suggest(figures: ReportFigures, robustness: Robustness) -> list[str]:
    """Return what the figures suggest, the weightiest first; never nothing."""
    found = [
        *_about_margin(figures, robustness),
        *_about_time(figures),
        *_about_ballots(figures),
        *_about_opinions(figures),
    ]
    return found or ["各项数字没有显示需要专门处理的问题，建议保留本次的规则和安排。"]


def _about_margin(figures: ReportFigures, robustness: Robustness) -> list[str]:
    found = []
    if figures.counted == 0:
        return ["没有收到计票的选票。建议查明公告、入口和开放时间是否便于公众参与。"]
    margins = (robustness.added.ballots, robustness.removed.ballots)
    least = min((n for n in margins if n is not None), default=None)
    share = percent(least or 0, figures.counted)
    if least is not None and share < CLOSE:
        found.append(
            f"入选界线附近差距很小：{least} 张选票（占 {share}%）就会改变入选名单。建议在总结材料中"
            "如实说明，避免把界线两侧的对象作差别很大的评价。"
        )
    changed = [trial.question for trial in robustness.trials if trial.changed]
    weighed = {PUBLIC_ONLY, WITHOUT_PUBLIC}
    if fragile := [question for question in changed if question not in weighed]:
        found.append(
            f"下列情况会改变入选名单：{'；'.join(fragile)}。建议对照第六部分逐项说明原因。"
        )
    if weighed & {*changed}:
        found.append(
            "公众投票与其他评分的取向不同，只看其中一项，入选名单就会改变。"
            "建议在总结材料中说明各项权重事先确定的理由。"
        )
    return found


def _about_time(figures: ReportFigures) -> list[str]:
    uneven, found = figures.unevenness, []
    if uneven.busiest_hour_share >= CROWDED:
        found.append(
            f"{uneven.busiest_hour_share}% 的选票集中在一小时（{uneven.busiest_hour_at}）。建议核对"
            "当时的宣传推送和组织情况，排除摊派投票。"
        )
    if uneven.night_share >= NIGHT:
        found.append(
            f"0 时至 6 时的选票占 {uneven.night_share}%，高于均匀分布。建议由监督人员抽查这一时段。"
        )
    if figures.counted and uneven.hours_without * 2 > uneven.hours:
        found.append(
            f"开放投票的 {uneven.hours} 个小时中有 {uneven.hours_without} 个没有选票。建议下次缩短"
            "投票期，或者分期推送提醒。"
        )
    return found


def _about_ballots(figures: ReportFigures) -> list[str]:
    found = []
    struck = percent(figures.quarantined + figures.void, figures.received)
    if struck >= STRUCK:
        found.append(
            f"不计入的选票占收到选票的 {struck}%。建议公布认定依据，并在下次活动前向社会提示。"
        )
    single = percent(figures.single_pick, figures.counted)
    if figures.max_picks > 1 and single >= SINGLE:
        found.append(
            f"{single}% 的选票只选了一个对象，而规则允许选 {figures.max_picks} 个。"
            "建议适当提高最少选择数，减少只为一个对象拉票的影响。"
        )
    return found


def _about_opinions(figures: ReportFigures) -> list[str]:
    found = []
    if figures.objections.upheld:
        found.append(
            f"有 {figures.objections.upheld} 件异议成立。建议把原因归类，纳入下次资格审核的要点。"
        )
    waiting = sum(one.count for one in figures.nominations if one.name == "待审核")
    if waiting:
        found.append(f"还有 {waiting} 件公众推荐没有审核。建议逐件答复推荐人。")
    return found
