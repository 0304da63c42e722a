# SPDX-License-Identifier: Apache-2.0
"""Refusals that citizens meet on their way in from WeChat."""

from django.utils.translation import gettext_lazy as _

from minyi.core.errors import DomainError, Invalid, NotFound, Unavailable


class AccountNotFound(NotFound):
    code = "account_not_found"
    title = _("没有这个公众号")
    sentence = _("您打开的链接所指的公众号没有在本平台登记。")
    action = _("请回到公众号重新打开活动页面。")


class AccountNotReady(Unavailable):
    code = "account_not_ready"
    title = _("公众号尚未配置完成")
    sentence = _("主办单位的公众号还不能确认您的身份。")
    action = _("请稍后再来，或者联系主办单位。")


class LoginRefused(DomainError):
    """WeChat did not tell us who is there."""

    code = "login_refused"
    status = 403
    title = _("没有完成身份确认")
    sentence = _("微信没有确认您的身份，请重新确认。")
    action = _("请点击“重新确认身份”。")


class LoginDenied(LoginRefused):
    code = "login_denied"
    title = _("您没有同意微信授权")
    sentence = _("没有授权就无法确认一人一票，页面内容仍可浏览。")
    action = _("如需投票，请点击“重新确认身份”并选择同意。")


class LoginExpired(LoginRefused):
    code = "login_expired"
    title = _("身份确认已过期")
    sentence = _("确认身份的链接只能在同一部手机上使用一次，十分钟内有效。")


class LoginCodeSpent(LoginRefused):
    code = "login_code_spent"
    title = _("微信授权码已失效")
    sentence = _("微信给出的授权码已经用过或者超过五分钟，不能再次使用。")


class SnapshotUser(LoginRefused):
    """A visitor of WeChat's preview page: a placeholder, not a person."""

    code = "snapshot_user"
    title = _("请使用完整服务")
    sentence = _("您正在浏览微信的“快照页”，微信没有告诉我们您是谁，所以不能投票。")
    action = _("请点击页面下方的“使用完整服务”，同意后再点击“重新确认身份”。")


class WeChatUnavailable(Unavailable):
    code = "wechat_unavailable"
    title = _("微信暂时没有响应")
    sentence = _("暂时无法向微信确认您的身份，没有提交任何内容。")
    action = _("请稍等片刻再试。")


class ForeignPage(Invalid):
    code = "foreign_page"
    title = _("不是本平台的页面")
    sentence = _("只能为本平台自己的网址生成微信签名。")
    action = _("请检查参数 url。")
