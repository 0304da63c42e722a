# SPDX-License-Identifier: Apache-2.0
"""Refusals of the public log."""

from django.utils.translation import gettext_lazy as _

from minyi.core.errors import DomainError, NotFound, Unavailable


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
