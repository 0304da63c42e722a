# SPDX-License-Identifier: Apache-2.0
"""Refusals of the console: WeChat's no, menus, replies, scenes and followers."""

from django.utils.translation import gettext_lazy as _

from minyi.core.errors import DomainError, Invalid, NotFound, Unavailable


class WeChatRefused(DomainError):
    """WeChat answered, and said no."""

    code = "wechat_refused"
    title = _("微信没有接受")
    sentence = _("%(words)s（微信错误码 %(errcode)s）")
    action = _("微信上的内容没有改动。")


class WeChatSilent(Unavailable):
    """No usable answer came, so nobody knows whether WeChat did it."""

    code = "wechat_silent"
    title = _("微信没有响应")
    sentence = _("平台没有收到微信的答复，不能确定是否已经生效。")
    action = _("请稍后再试；已保存在本平台的内容不受影响。")


class AccountCannot(DomainError):
    """The account's type, certification or settings stand against it; WeChat was not asked."""

    code = "account_cannot"
    title = _("这个公众号不能使用此功能")
    sentence = _("%(reason)s")
    action = ""


class RowNotFound(NotFound):
    """A menu, reply, scene or follower of an account; the words of NotFound fit."""


class StaleMenu(DomainError):
    """Somebody saved another draft meanwhile; `facts["differences"]` says where it differs."""

    code = "stale_menu"
    title = _("菜单刚刚改过")
    sentence = _("您打开这一页之后，%(who)s保存了另一份草稿，所以这次没有保存。")
    action = _("请对照下面的不同之处，确认后再保存。")


class EmptyMenu(DomainError):
    code = "empty_menu"
    title = _("菜单是空的")
    sentence = _("菜单里还没有按钮，不能发布。")
    action = _("请至少添加一个按钮；要撤下菜单，请使用“停用菜单”。")


class MenuNotReady(DomainError):
    code = "menu_not_ready"
    title = _("菜单还不能发布")
    sentence = _("有 %(problems)d 处不合要求。")
    action = _("请按按钮旁边的提示修改。")


class SceneKeyTaken(DomainError):
    code = "scene_key_taken"
    title = _("标识已被使用")
    sentence = _("这个公众号已有标识为“%(key)s”的场景。")
    action = _("请换一个标识。")


class SceneInUse(DomainError):
    """A permanent code hangs somewhere: what it leads to must not vanish."""

    code = "scene_in_use"
    title = _("二维码已经生成")
    sentence = _("永久二维码生成后一直有效，可能已经张贴，所以标识不能改，场景也不能删除。")
    action = _("可以修改名称、欢迎语和链接。")


class SyncRunning(DomainError):
    code = "sync_running"
    title = _("正在同步")
    sentence = _("这个公众号的粉丝正在同步，不需要再次发起。")
    action = _("请稍候，页面会显示进度。")


class TooManyChosen(Invalid):
    code = "too_many_chosen"
    title = _("选中的人太多")
    sentence = _("一次最多选 %(most)d 人，现在选了 %(found)d 人。")
    action = _("请分几次办理。")


class NobodyChosen(Invalid):
    code = "nobody_chosen"
    title = _("还没有选人")
    sentence = _("没有选中任何粉丝，未作任何处理。")
    action = _("请先勾选要办理的粉丝。")
