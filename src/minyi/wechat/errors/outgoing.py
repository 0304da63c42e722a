# SPDX-License-Identifier: Apache-2.0
"""Refusals about messages to citizens and their templates."""

from django.utils.translation import gettext_lazy as _

from minyi.core.errors import DomainError, Invalid, NotFound


class NobodyToTell(DomainError):
    code = "nobody_to_tell"
    title = _("没有可以通知的人")
    sentence = _("此人没有通过这个公众号来访过，无法在微信中通知。")
    action = _("请改用电话或者书面方式。")


class OutgoingNotFound(NotFound):
    code = "outgoing_not_found"
    title = _("没有这条消息")
    sentence = _("要查看的消息不存在，或者属于其他单位。")
    action = _("请回到“发出的消息”列表查找。")


class NotToDecide(DomainError):
    code = "outgoing_not_to_decide"
    title = _("这条消息不需要处理")
    sentence = _("消息现在的状态是“%(state)s”，不需要人工处理。")
    action = _("请刷新页面查看最新状态。")


class PurposeUnknown(Invalid):
    code = "purpose_unknown"
    title = _("没有这个用途")
    sentence = _("没有用途“%(purpose)s”。")
    action = _("请从列表中选择。")


class TemplateFieldMissing(Invalid):
    code = "template_field_missing"
    title = _("字段对应不完整")
    sentence = _("这些字段还没有选择内容：%(fields)s。微信不接受空的字段。")
    action = _("请为每个字段选择内容，或者换一个字段较少的模板。")


class TemplateFieldUnknown(Invalid):
    code = "template_field_unknown"
    title = _("没有这项内容")
    sentence = _("这项用途没有这些内容：%(fields)s。可用的内容有：%(known)s。")
    action = _("请改用其中的内容。")


class TemplateNotFound(NotFound):
    code = "template_not_found"
    title = _("没有这个模板")
    sentence = _("要处理的模板不存在，或者属于其他单位。")
    action = _("请回到“消息模板”页面查看。")
