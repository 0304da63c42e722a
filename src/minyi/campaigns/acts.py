# SPDX-License-Identifier: Apache-2.0
from django.utils.translation import gettext_lazy as _

ACTS = {
    "campaigns.campaign.drafted": _("创建活动"),
    "campaigns.campaign.edited": _("修改活动设置"),
    "campaigns.campaign.launched": _("发布活动"),
    "campaigns.campaign.cancelled": _("撤销活动"),
    "campaigns.voting.paused": _("暂停投票"),
    "campaigns.voting.resumed": _("恢复投票"),
    "campaigns.nomination.accepted": _("推荐审核通过"),
    "campaigns.nomination.rejected": _("推荐审核未通过"),
    "campaigns.nomination.merged": _("合并推荐"),
    "campaigns.nomination.unmerged": _("撤销合并"),
    "campaigns.nominee.added": _("新增候选对象"),
    "campaigns.nominee.edited": _("修改候选对象"),
    "campaigns.nominee.picture_replaced": _("更换候选对象图片"),
    "campaigns.nominee.video_replaced": _("更换候选对象视频"),
    "campaigns.nominee.withdrawn": _("候选对象退出"),
    "campaigns.figures.imported": _("导入业务数据"),
    "campaigns.figures.set": _("填写业务数据"),
    "campaigns.juror.seated": _("聘请评审专家"),
    "campaigns.juror.unseated": _("移出评审专家"),
    "campaigns.juror.scored": _("提交评分"),
    "campaigns.result.computed": _("汇总结果"),
    "campaigns.result.signed": _("结果签字"),
    "campaigns.result.signature_withdrawn": _("撤回签字"),
    "campaigns.result.published": _("公布结果"),
}
