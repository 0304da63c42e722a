# SPDX-License-Identifier: Apache-2.0
"""Refusals about articles, broadcasts and comments."""

from django.utils.translation import gettext_lazy as _

from minyi.core.errors import DomainError, Invalid, NotFound


class ArticleNotFound(NotFound):
    code = "article_not_found"


class NotToEdit(DomainError):
    code = "article_not_to_edit"
    title = _("现在不能修改")
    sentence = _("文章的状态是“%(state)s”，不能修改。")
    action = _("已经发布的文章，请先撤回，或者另写一篇更正。")


class StaleArticle(DomainError):
    code = "stale_article"
    title = _("文章已经有人改过")
    sentence = _("您打开页面之后，有人保存了新的版本。")
    action = _("请刷新页面，看过新版本再办理。")


class ArticleIncomplete(Invalid):
    code = "article_incomplete"
    title = _("文章还不完整")
    sentence = _("%(missing)s")
    action = _("请补充后再提交。")


class NotReadyToPublish(DomainError):
    code = "article_not_ready"
    title = _("现在不能发布")
    sentence = _("文章的状态是“%(state)s”，只有待审核的文章才能发布。")
    action = _("请编写人先提交审核。")


class WriterPublishes(DomainError):
    """Whoever had a hand in the text does not send it out."""

    code = "writer_publishes"
    status = 403
    title = _("编写人不能自己发布")
    sentence = _("您参与了这篇文章的编写，须由另一位审核人员发布。")
    action = _("请联系本单位的其他审核人员。")


class ReasonMissing(Invalid):
    code = "reason_missing"
    title = _("请说明理由")
    sentence = _("这项操作要写明理由，理由会留痕。")
    action = _("请填写理由后再提交。")


class NothingToWithdraw(DomainError):
    code = "nothing_to_withdraw"
    title = _("没有可以撤回的内容")
    sentence = _("“%(what)s”现在不在微信上。")


class BroadcastQuotaSpent(DomainError):
    code = "broadcast_quota_spent"
    title = _("群发次数已经用完")
    sentence = _("%(period)s最多群发 %(limit)d 次，已经用了 %(used)d 次。")
    action = _("请在次数恢复之后再群发，或者只发布、不群发。")


class BroadcastRunning(DomainError):
    code = "broadcast_running"
    title = _("这篇文章正在群发")
    sentence = _("同一篇文章的上一次群发还没有结果。")
    action = _("请等待微信返回结果。")


class BroadcastUnknown(DomainError):
    """Sending again could send twice."""

    code = "broadcast_unknown"
    title = _("上一次群发的结果不明")
    sentence = _("同一篇文章的上一次群发不能确定是否已经发出，再次群发可能重复。")
    action = _("请登录公众平台核对，再选择“已发出”或“未发出”。")


class NotToSettle(DomainError):
    code = "not_to_settle"
    title = _("结果已经明确")
    sentence = _("现在的状态是“%(state)s”，不需要人工核实。")
    action = _("请刷新页面查看最新状态。")


class NoComments(DomainError):
    code = "no_comments"
    title = _("这篇文章没有留言")
    sentence = _("文章还没有发布，或者微信没有给出它的留言编号。")
