# SPDX-License-Identifier: Apache-2.0
from django.utils.translation import gettext_lazy as _

from minyi.core.errors import DomainError, Invalid


class LockedOut(DomainError):
    """Too many failed log-ins for this name from this address."""

    code = "locked_out"
    status = 429
    title = _("登录已暂时锁定")
    sentence = _("连续多次登录失败，为保护账号安全，已暂时锁定。")
    action = _("请在 15 分钟后重试；忘记口令的，请联系本单位管理员。")


class UsernameTaken(Invalid):
    code = "username_taken"
    title = _("用户名已被使用")
    sentence = _("用户名“%(username)s”属于另一位工作人员。")
    action = _("请换一个用户名；如需让同一人担任两个单位的岗位，请联系平台运维人员。")


class PostHeldAlready(Invalid):
    code = "post_held_already"
    title = _("岗位重复")
    sentence = _("该工作人员已在本单位担任这一岗位。")
    action = _("请选择其他岗位，或者修改原岗位的起止日期。")


class LastAdministrator(DomainError):
    """Ending this post would leave the agency without an administrator."""

    code = "last_administrator"
    title = _("不能结束这一岗位")
    sentence = _("这是本单位最后一名管理员。")
    action = _("请先任命另一名管理员。")


class PersonOfOthers(DomainError):
    """This person also works for an agency that the actor does not administer."""

    code = "person_of_others"
    status = 403
    title = _("不能重置")
    sentence = _("该工作人员还在其他单位任职，或者负责平台运维。")
    action = _("请联系平台运维人员办理。")
