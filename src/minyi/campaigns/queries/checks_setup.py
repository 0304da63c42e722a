# SPDX-License-Identifier: Apache-2.0
"""Checks that the campaign can run as planned: stages, rules, people, accounts, access for all."""

from collections.abc import Callable
from itertools import pairwise

from django.utils.translation import gettext as _

from minyi.campaigns.models import Campaign, Nominee, Stage
from minyi.campaigns.phases import PHASES
from minyi.core.words import listed, sentence_of

from .checks import CheckItem, Place, Subject, named

# Stages that follow one another without overlap; notice, review and display may run beside them.
_IN_ORDER = ("nomination", "voting", "verification", "publicity", "result")


def stages(subject: Subject) -> CheckItem:
    """The stages that must exist do, in an order that makes sense."""
    problems = [
        _("缺少“%s”环节") % phase.name
        for phase in PHASES.values()
        if phase.is_required and phase.key not in subject.stages
    ]
    planned = [subject.stages[kind] for kind in _IN_ORDER if kind in subject.stages]
    problems += [
        _("“%(later)s”须在“%(earlier)s”结束之后开始")
        % {"later": later.phase.name, "earlier": earlier.phase.name}
        for earlier, later in pairwise(planned)
        if later.opens_at < earlier.closes_at and not _is_shown_again(subject, earlier, later)
    ]
    voting = subject.stages.get("voting")
    is_draft = subject.campaign.launched_at is None
    if voting and is_draft and voting.opens_at <= subject.now:
        problems.append(_("“公众投票”的开始时间已经过去"))
    return CheckItem(
        "stages",
        not problems,
        True,
        _("日程"),
        sentence_of(problems) if problems else _("共 %d 个环节，前后衔接。") % len(subject.stages),
        _("调整各环节的起止时间。"),
        place="schedule",
    )


def _is_shown_again(subject: Subject, earlier: Stage, later: Stage) -> bool:
    """Tell whether publicity goes on in a result stage that began meanwhile and cannot move."""
    is_launched = subject.campaign.launched_at is not None
    return is_launched and earlier.kind == "publicity" and later.opens_at <= subject.now


def purpose(subject: Subject) -> CheckItem:
    """E-06: conditions and method are public, so they must be written."""
    campaign = subject.campaign
    missing = [
        str(Campaign._meta.get_field(field).verbose_name)
        for field in ("purpose", "scope")
        if not getattr(campaign, field).strip()
    ]
    return CheckItem(
        "purpose",
        not missing,
        True,
        _("目的和范围"),
        _("尚未填写：%s。") % listed(missing) if missing else _("已填写，将向社会公布。"),
        _("写明活动目的、评选范围和对象。"),
        _("评选条件、办法和结果应当公开（E-06）"),
        "basics",
    )


def criteria(subject: Subject) -> CheckItem:
    """R049: weighted standards that make a whole."""
    total = sum(criterion.weight for criterion in subject.criteria)
    return CheckItem(
        "criteria",
        total == 100,
        True,
        _("评选标准"),
        _("共 %(count)d 项标准，权重合计 %(total)d%%。")
        % {"count": len(subject.criteria), "total": total},
        _("调整各项标准的权重，使合计为 100%。"),
        _("评选条件、办法和结果应当公开（E-06）"),
        "weights",
    )


def picks(subject: Subject) -> CheckItem:
    """R057: a rule that voters can keep, and that still is a choice."""
    campaign, candidates = subject.campaign, len(subject.nominees)
    is_met, is_blocking = True, True
    place: Place = "rules"
    finding = _("每次选 %(min)d 至 %(max)d 个，现有候选对象 %(count)d 个。") % {
        "min": campaign.min_picks,
        "max": campaign.max_picks,
        "count": candidates,
    }
    if "nomination" in subject.stages and candidates < campaign.min_picks:
        finding += _("候选对象将在公众推荐环节产生。")
    elif candidates < campaign.min_picks:
        is_met, place = False, "nominees"
        finding += _("没有公众推荐环节，候选对象不足以满足最少选择数。")
    elif candidates <= campaign.max_picks and candidates > 1:
        is_met, is_blocking = False, False
        finding += _("可以全选，投票结果难以区分。")
    return CheckItem(
        "picks",
        is_met,
        is_blocking,
        _("选择数与候选对象"),
        finding,
        _("调整最少、最多选择数，或增加候选对象。"),
        place=place,
    )


def tie_rule(subject: Subject) -> CheckItem:
    """V-06: what decides between equal scores exists."""
    campaign = subject.campaign
    is_met = campaign.tie_rule != Campaign.TieRule.JURY_FIRST or campaign.jury_weight > 0
    return CheckItem(
        "tie_rule",
        is_met,
        True,
        _("同分处理"),
        _("同分处理：%s。") % campaign.get_tie_rule_display()
        if is_met
        else _("同分时以专家分为先，但专家评审权重为 0，没有专家分可比。"),
        _("改用其他同分处理办法，或者设置专家评审权重。"),
        place="weights",
    )


def count_hours(subject: Subject) -> CheckItem:
    """V-06: the mode of publishing counts is fixed and complete."""
    campaign = subject.campaign
    is_scheduled = campaign.count_mode == Campaign.CountMode.SCHEDULED
    hours = listed(f"{hour:02d}:00" for hour in campaign.count_hours)
    if not is_scheduled:
        finding = _("票数公布方式：%s。") % campaign.get_count_mode_display()
    elif hours:
        finding = _("每日 %s 公布票数。") % hours
    else:
        finding = _("选择了每日定时公布，还没有填写公布时点。")
    return CheckItem(
        "count_hours",
        not is_scheduled or bool(campaign.count_hours),
        True,
        _("票数公布方式"),
        finding,
        _("填写每日公布时点，例如 18。"),
        place="rules",
    )


def trustees(subject: Subject) -> CheckItem:
    """R061: hidden counts are opened by two of three people, who have rehearsed it (ADR 16)."""
    key = subject.key
    if subject.campaign.count_mode == Campaign.CountMode.LIVE:
        is_met, finding = True, _("票数实时公布，选票不加密，不需要受托人。")
    elif not subject.keeps_log:
        is_met, finding = True, _("没有启用公开账本，选票不加密。")
    elif key is None:
        is_met, finding = False, _("还没有登记受托人，也没有生成选票密钥。")
    elif key.rehearsed_at is None:
        is_met, finding = False, _("选票密钥已生成，还没有做开封演练。")
    else:
        is_met = True
        finding = _("受托人：%s；已完成开封演练。") % listed(one.name for one in key.trustees)
    return CheckItem(
        "trustees",
        is_met,
        True,
        _("受托人和开封演练"),
        finding,
        _("登记三名受托人，生成密钥并分发份额，由其中两人演练一次开封。"),
        place="trustees",
    )


def pictures(subject: Subject) -> CheckItem:
    """L-01: every picture has words for those who cannot see it."""
    silent = [
        _("候选对象“%s”") % nominee.name
        for nominee in subject.nominees
        if any(not hanging.picture.alternative.strip() for hanging in nominee.gallery.all())
    ]
    cover = subject.campaign.cover
    if cover and not cover.alternative.strip():
        silent.insert(0, _("封面"))
    return CheckItem(
        "pictures",
        not silent,
        True,
        _("图片替代文本"),
        _("缺少替代文本：%s。") % named(silent) if silent else _("所有图片均有替代文本。"),
        _("在图片库中为图片填写替代文本，用一句话说明画面内容。"),
        _("无障碍环境建设法第三十二条（L-01）"),
        "nominees" if silent and silent[0] != _("封面") else "basics",
    )


def videos(subject: Subject) -> CheckItem:
    """L-01: every video has words for those who cannot hear it, and a video card has a video."""
    silent = [
        nominee.name
        for nominee in subject.nominees
        if (nominee.video_file or nominee.video_url) and not nominee.video_caption.strip()
    ]
    empty = [
        nominee.name
        for nominee in subject.nominees
        if nominee.card == Nominee.Card.VIDEO and not (nominee.video_file or nominee.video_url)
    ]
    problems = [_("缺少文字说明：%s") % named(silent)] if silent else []
    problems += [_("展示形式为视频而没有视频：%s") % named(empty)] if empty else []
    return CheckItem(
        "videos",
        not problems,
        True,
        _("视频文字说明"),
        sentence_of(problems) if problems else _("所有视频均有文字说明。"),
        _("为视频填写文字说明。"),
        _("无障碍环境建设法第三十二条（L-01）"),
        "nominees",
    )


def account(subject: Subject) -> CheckItem:
    """A vote inside WeChat needs a verified service account that is set up."""
    chosen = subject.campaign.account
    problems = [*subject.account_lacks] if chosen else [_("没有选择公众号")]
    name = chosen.name if chosen else ""
    return CheckItem(
        "account",
        not problems,
        True,
        _("公众号"),
        sentence_of(problems) if problems else _("“%s”已认证，配置完整。") % name,
        _("选用本单位已认证的服务号，并请管理员补全配置。"),
        _("微信网页授权仅限已认证的服务号"),
        "account" if chosen else "basics",
    )


def supervisor(subject: Subject) -> CheckItem:
    """R063: somebody can stop the vote, and must sign the result."""
    return CheckItem(
        "supervisor",
        subject.supervisors > 0,
        True,
        _("监督人员"),
        _("在岗监督人员 %d 人。") % subject.supervisors
        if subject.supervisors
        else _("本单位没有在岗的监督人员，投票无人监督，结果无人签字。"),
        _("请管理员设置至少一名监督岗位。"),
        place="agency",
    )


def jury(subject: Subject) -> CheckItem:
    """A weight for the jury needs a jury."""
    weight = subject.campaign.jury_weight
    if not weight:
        finding = _("未设专家评审权重。")
    elif subject.jurors:
        finding = _("专家评审占 %(weight)d%%，已确定评审专家 %(count)d 人。") % {
            "weight": weight,
            "count": subject.jurors,
        }
    else:
        finding = _("专家评审占 %d%%，还没有确定评审专家。") % weight
    return CheckItem(
        "jury",
        not weight or subject.jurors > 0,
        True,
        _("评审专家"),
        finding,
        _("确定评审专家，或将专家评审权重改为 0。"),
        place="jury",
    )


def phones(subject: Subject) -> CheckItem:
    """V-01: who can be asked, and who watches."""
    agency = subject.campaign.agency
    missing = [] if agency.help_phone else [_("咨询电话")]
    missing += [] if agency.supervision_phone else [_("监督电话")]
    return CheckItem(
        "phones",
        not missing,
        True,
        _("咨询和监督电话"),
        _("尚未填写：%s。") % listed(missing)
        if missing
        else _("咨询电话 %(help)s，监督电话 %(watch)s。")
        % {"help": agency.help_phone, "watch": agency.supervision_phone},
        _("请管理员在单位设置中填写。"),
        place="agency",
    )


def privacy(subject: Subject) -> CheckItem:
    """P-01: the notice to voters names who handles their data and how to reach them."""
    agency = subject.campaign.agency
    is_met = bool(agency.name and (agency.help_phone or agency.supervision_email))
    return CheckItem(
        "privacy",
        is_met,
        True,
        _("个人信息告知"),
        _("个人信息处理者：%(name)s，联系方式：%(contact)s。")
        % {"name": agency.name, "contact": agency.help_phone or agency.supervision_email}
        if is_met
        else _("没有可供公众行使个人信息权利的联系方式。"),
        _("请管理员在单位设置中填写咨询电话。"),
        _("个人信息保护法第十七条（P-01）"),
        "agency",
    )


SETUP_CHECKS: tuple[Callable[[Subject], CheckItem], ...] = (
    purpose,
    stages,
    criteria,
    picks,
    tie_rule,
    count_hours,
    trustees,
    jury,
    supervisor,
    pictures,
    videos,
    account,
    phones,
    privacy,
)
