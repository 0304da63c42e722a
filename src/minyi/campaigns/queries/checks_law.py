# SPDX-License-Identifier: Apache-2.0
"""Checks that come from the law on awards (E-…), from vote practice (V-…) and WeChat (W-…)."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from minyi.campaigns import wording
from minyi.campaigns.wording import Hit
from minyi.core.words import listed

from .checks import CheckItem, Subject
from .checks_days import publicity

MOST_HITS_SHOWN = 4


def approval(subject: Subject) -> CheckItem:
    """E-01: a title in the name of a Party or government body needs an approval document."""
    campaign = subject.campaign
    if not subject.is_award:
        finding = _("本活动不授予称号，无需批准文件。")
    elif subject.has_approval:
        finding = _("批准文号：%s。") % campaign.approval_number
    elif campaign.approval_number:
        finding = _("已填写批准文号“%s”，还没有上传批准文件。") % campaign.approval_number
    elif campaign.approval_document_id:
        finding = _("已上传批准文件，还没有填写批准文号。")
    else:
        finding = _("没有批准文号，也没有批准文件。")
    return CheckItem(
        "approval",
        not subject.is_award or subject.has_approval,
        True,
        _("批准文件"),
        finding,
        _("填写批准文号并上传批准文件；没有批准的，请改为“民意征集、评议”。"),
        _("评比达标表彰活动管理办法：表彰评选须经中央或省级批准（E-01）"),
        "compliance",
    )


def name(subject: Subject) -> CheckItem:
    """E-02, E-03: words in a name that need approval."""
    hits = wording.lint_name(subject.campaign.title)
    is_met = not hits or (subject.is_award and subject.has_approval)
    if not hits:
        finding = _("名称中没有须经批准的字样。")
    elif is_met:
        finding = _("%s；已有批准文件。") % _quoted(hits)
    else:
        finding = _quoted(hits) + "。"
    return CheckItem(
        "name",
        is_met,
        True,
        _("活动名称用语"),
        finding,
        _("删去这些字样，或者取得批准后填写批准文号。"),
        _("评比达标表彰负面清单（E-02、E-03）"),
        "basics",
    )


def title_words(subject: Subject) -> CheckItem:
    """E-05: an evaluation promises no title."""
    campaign = subject.campaign
    texts = {_("活动名称"): campaign.title, _("主题"): campaign.theme}
    texts[_("目的和意义")] = campaign.purpose
    hits = [] if subject.is_award else wording.lint_title_words(texts)
    return CheckItem(
        "title_words",
        not hits,
        False,
        _("称号类用语"),
        _quoted(hits) + "。" if hits else _("没有与活动类型不符的称号类用语。"),
        _("改用“评议”“征集”等提法；确需授予称号的，请改为表彰评选并提供批准文件。"),
        _("评比达标表彰活动管理办法：未经批准不得授予称号（E-05）"),
        "basics",
    )


def title_length(subject: Subject) -> CheckItem:
    """E-10: the yearly plan takes names up to a length."""
    rule = subject.rules.get("campaign.title")
    length = len(subject.campaign.title)
    most = rule.amount if rule else 0
    return CheckItem(
        "title_length",
        rule is not None and length <= most,
        True,
        _("活动名称字数"),
        _("名称共 %(length)d 个字，上限 %(most)d 个字。") % {"length": length, "most": most}
        if rule
        else _("规则库中没有现行的名称字数规则。"),
        _("缩短活动名称。") if rule else _("请管理员补充规则“campaign.title”。"),
        subject.rule_source("campaign.title"),
        "basics",
    )


def free(subject: Subject) -> CheckItem:
    """E-04: no fee, direct or disguised."""
    hits = _hits(subject, "E-04")
    return CheckItem(
        "free",
        subject.campaign.is_free and not hits,
        True,
        _("不收取费用"),
        _finding(
            hits,
            is_promised=subject.campaign.is_free,
            fine=_("已承诺不收取任何费用，文本中没有收费内容。"),
            missing=_("尚未勾选“承诺不收取任何费用”。"),
        ),
        _("勾选承诺，并删去与收费有关的内容。"),
        _("评比达标表彰活动管理办法：不得收取任何费用（E-04）"),
        "compliance",
    )


def voluntary(subject: Subject) -> CheckItem:
    """W-01..W-04: nobody is made or lured to share or follow, no quotas for staff."""
    hits = _hits(subject, "W-")
    return CheckItem(
        "voluntary",
        subject.campaign.is_voluntary and not hits,
        True,
        _("自愿参与（不诱导转发和关注）"),
        _finding(
            hits,
            is_promised=subject.campaign.is_voluntary,
            fine=_("已作承诺，各项文本中没有诱导转发、分享、关注的内容。"),
            missing=_("尚未勾选“承诺不摊派投票任务、不以关注或转发为条件”。"),
        ),
        _("勾选承诺，并删改所列文字；带有这类文字的页面会被微信限制访问。"),
        _("微信外部链接内容管理规范（W-01 至 W-04）"),
        "compliance",
    )


def pupils(subject: Subject) -> CheckItem:
    """V-04: honours of pupils are not found by public vote."""
    hits = _hits(subject, "V-04")
    return CheckItem(
        "pupils",
        not hits,
        True,
        _("不涉及学生个人荣誉"),
        _quoted(hits) + "。" if hits else _("未发现以网络投票评选学生个人荣誉的内容。"),
        _("学生个人荣誉请在校内按规定产生，不在本平台投票。"),
        _("教育部门关于规范学生评选网络投票的通知（V-04）"),
        "basics",
    )


def levels(subject: Subject) -> CheckItem:
    """E-08: Party committees and governments of counties and above normally take no part."""
    names = {_("第 %d 号候选对象") % nominee.number: nominee.name for nominee in subject.nominees}
    hits = wording.lint_levels(names) if subject.is_award else []
    return CheckItem(
        "levels",
        not hits,
        False,
        _("参评单位层级"),
        _quoted(hits) + "。" if hits else _("未发现一般不参加评选的单位。"),
        _("请核对批准文件中的评选范围；不在范围内的，请办理退出或改为评议。"),
        _("评比达标表彰活动管理办法：参评对象层级（E-08）"),
        "nominees",
    )


LAW_CHECKS: tuple[Callable[[Subject], CheckItem], ...] = (
    approval,
    name,
    title_words,
    title_length,
    publicity,
    free,
    voluntary,
    pupils,
    levels,
)


def _hits(subject: Subject, code: str) -> list[Hit]:
    texts = {**subject.own_texts(), **subject.nominee_texts()}
    return [hit for hit in wording.lint_texts(texts) if hit.rule.code.startswith(code)]


def _finding(hits: Sequence[Hit], *, is_promised: bool, fine: str, missing: str) -> str:
    if is_promised and not hits:
        return fine
    found = _quoted(hits) + "。" if hits else ""
    return found if is_promised else missing + found


def _quoted(hits: Sequence[Hit]) -> str:
    shown = listed(str(hit) for hit in hits[:MOST_HITS_SHOWN])
    more = len(hits) - MOST_HITS_SHOWN
    return shown + (_("；另有 %d 处") % more if more > 0 else "")
