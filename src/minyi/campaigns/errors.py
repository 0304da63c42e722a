# SPDX-License-Identifier: Apache-2.0
"""Refusals of the selection chain. One section per noun; facts are filled into the sentences."""

from django.utils.translation import gettext_lazy as _

from minyi.core.errors import DomainError, NotFound

# --- Campaigns --------------------------------------------------------------------------------


class CampaignNotFound(NotFound):
    code = "campaign_not_found"
    title = _("没有这个活动")
    sentence = _("您要找的活动不存在，或者尚未发布。")


class WrongStage(DomainError):
    """What was asked belongs to another stage."""

    code = "wrong_stage"
    title = _("不在办理时间内")
    sentence = _("当前环节不能办理这项操作。")
    action = _("请查看活动日程，在规定时间内办理。")
