# SPDX-License-Identifier: Apache-2.0
"""Refusals of the public log."""

from django.utils.translation import gettext_lazy as _

from minyi.core.errors import DomainError, Invalid, NotFound, Unavailable


class LogNotFound(NotFound):
    code = "log_not_found"
    title = _("没有这本账本")
    sentence = _("这个活动没有公开账本，或者账本尚未开启。")


class LogNotBegun(DomainError):
    """The log has a key but no first entry yet: it begins when voting opens."""

    code = "log_not_begun"
    title = _("账本尚未开启")
    sentence = _("公开账本在投票开始时开启，现在还不能记账。")
    action = _("请在投票开始后办理。")


class LogUnwritable(Unavailable):
    """Disk, key or another writer keeps us from writing; nothing was recorded."""

    code = "log_unwritable"
    title = _("账本暂时不能写入")
    sentence = _("公开账本现在不能写入（%(reason)s），没有记账。")
    action = _("请稍后再试；仍不能办理的，请技术人员检查账本所在磁盘和密钥。")


class LogDamaged(DomainError):
    """What is on disk is not what the log has signed."""

    code = "log_damaged"
    title = _("账本核验未通过")
    sentence = _("公开账本的文件与其签名不符（%(findings)s），不能据此办理。")
    action = _("请保存现场，由监督人员和技术人员共同检查，并从备份恢复账本文件。")


class ChoicesHidden(DomainError):
    """The table holds the choices sealed: nobody can count them before the opening."""

    code = "choices_hidden"
    title = _("选票尚未开封")
    sentence = _("选票的选择加密存放，开封之前任何人都不能计票。")
    action = _("请在投票结束后由两名受托人开封。")


class KeyMissing(DomainError):
    code = "key_missing"
    title = _("还没有选票密钥")
    sentence = _("这个活动还没有生成选票密钥，也没有受托人。")
    action = _("请先登记三名受托人并生成密钥。")


class KeyOpened(DomainError):
    code = "key_opened"
    title = _("选票已经开封")
    sentence = _("选票已经开封，密钥已经写入公开账本，不能再更换份额。")
    action = _("请直接查看计票结果。")


class TrusteesUnclear(Invalid):
    """Three people, each with a name and an office, no two alike."""

    code = "trustees_unclear"
    title = _("受托人没有登记完整")
    sentence = _("受托人必须是三个不同的人，并写明单位和职务。")
    action = _("请逐一填写三名受托人的姓名、单位和职务。")


class ShareUnreadable(Invalid):
    code = "share_unreadable"
    title = _("份额填写有误")
    sentence = _("%(which)s写错了：校验没有通过。")
    action = _("请对照纸面逐组核对，或者扫描二维码、打开份额文件。")


class ShareForeign(Invalid):
    code = "share_foreign"
    title = _("不是这个活动的份额")
    sentence = _("%(which)s属于另一个活动，或者属于已经作废的密钥。")
    action = _("请找出写有本活动名称的份额。")


class ShareReplaced(Invalid):
    code = "share_replaced"
    title = _("份额已经换发")
    sentence = _("%(which)s（%(name)s）是第 %(issue)s 次分发的，已经换发为第 %(current)s 次。")
    action = _("请使用最近一次分发的份额。")


class ShareFalse(Invalid):
    """Its writing is sound, but it is not the share that was handed out."""

    code = "share_false"
    title = _("份额不符")
    sentence = _("%(which)s（%(name)s）与发给本人的份额不符。")
    action = _("请向该受托人核实；确认无误仍不符的，请监督人员到场检查。")


class ShareTwice(Invalid):
    code = "share_twice"
    title = _("同一份份额用了两次")
    sentence = _("两份都是%(name)s的份额，开封需要两名不同的受托人。")
    action = _("请另一名受托人填写自己的份额。")
