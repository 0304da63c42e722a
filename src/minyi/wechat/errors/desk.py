# SPDX-License-Identifier: Apache-2.0
"""Refusals of the staff desk."""

from django.utils.translation import gettext_lazy as _

from minyi.core.errors import DomainError, Invalid, NotFound, Unavailable


class ConversationNotFound(NotFound):
    code = "conversation_not_found"
    title = _("没有这个会话")
    sentence = _("要查看的会话不存在，或者属于其他单位。")
    action = _("请回到会话列表查找。")


class AlreadyHeld(DomainError):
    """Somebody was faster."""

    code = "conversation_held"
    title = _("同事已经接待")
    sentence = _("%(who)s已经在接待这位公众。")
    action = _("如果同事不在，可以写明理由后接过来。")


class NotHeld(DomainError):
    code = "conversation_not_held"
    title = _("请先接待")
    sentence = _("这个会话现在不由您接待，没有发送。")
    action = _("请先点“接待”；如果同事正在接待，请与同事联系。")


class HolderChanged(DomainError):
    code = "holder_changed"
    title = _("接待人已经变化")
    sentence = _("您打开页面之后，会话换了接待人。")
    action = _("请看过现在的情况再办理。")


class AnswerStale(DomainError):
    """Something was said that the writer of the answer had not seen."""

    code = "answer_stale"
    title = _("对话有了新内容，没有发送")
    sentence = _("您写答复的时候，对话里又有了新消息。")
    action = _("请看过新消息，再决定怎样答复；您写的内容还在。")


class AnswerUnfit(Invalid):
    code = "answer_unfit"
    title = _("没有发送")
    sentence = _("%(why)s")
    action = _("请修改后再发。")


class NoWayToAnswer(DomainError):
    """Neither the window nor a template lets us write to this person."""

    code = "no_way_to_answer"
    title = _("现在不能答复")
    sentence = _("%(why)s%(what)s")
    action = _("需要尽快告知的，请改用电话等方式。")


class NotAColleague(Invalid):
    code = "not_a_colleague"
    title = _("不能转给此人")
    sentence = _("要转给的人现在没有接待会话的岗位。")
    action = _("请在名单里另选一位。")


class ShiftOverlaps(DomainError):
    code = "shift_overlaps"
    title = _("值班时间重叠")
    sentence = _("%(who)s在这一天已有重叠的值班：%(span)s。")
    action = _("请先取消原来的班次，或者改时间。")


class NothingToCopy(DomainError):
    code = "nothing_to_copy"
    title = _("没有可以沿用的值班")
    sentence = _("上一周没有排班，或者这一周都已排好。")
    action = _("请在下面逐个安排。")


class QuickReplyExists(Invalid):
    code = "quick_reply_exists"
    title = _("没有保存")
    sentence = _("已有标题为“%(title)s”的快捷回复。")
    action = _("请换一个标题。")


class SpansOverlap(Invalid):
    code = "spans_overlap"
    title = _("没有保存")
    sentence = _("%(day)s的两段时间重叠。")
    action = _("请改正后再保存。")


class MediaGone(NotFound):
    code = "media_gone"
    title = _("图片或语音已经取不到")
    sentence = _("微信只保存三天，或者这不是可以查看的内容。")
    action = _("如仍需要，请对方再发一次。")


class MediaAway(Unavailable):
    code = "media_away"
    title = _("暂时取不到图片或语音")
    sentence = _("微信暂时没有响应。")
    action = _("请稍等片刻再点一次。")
