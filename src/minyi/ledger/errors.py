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


class SharesSpent(DomainError):
    """A share names its issue in one byte."""

    code = "shares_spent"
    title = _("份额不能再换发")
    sentence = _("这把密钥的份额已经分发 %(most)d 次，不能再换发。")
    action = _("请妥善保管现有份额；活动发布之前可以重新生成密钥。")


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


# --- Identity vault -------------------------------------------------------------------------------


class VaultDestroyed(DomainError):
    """The appeal period is over: keys and rows are gone, for us too."""

    code = "vault_destroyed"
    status = 410
    title = _("身份对应关系已经销毁")
    sentence = _(
        "本次投票的申诉期已过，投票人与选票的对应关系已于 %(at)s 销毁，任何人都不能再查阅。"
    )
    action = _("销毁记录写在公开账本中。仍需核查选票的，请用回执在核验页查询。")


class VaultLocked(Unavailable):
    """The master key of the environment is not the one that wraps this vault's data key."""

    code = "vault_locked"
    title = _("身份保险库无法打开")
    sentence = _("平台的主密钥与这次投票的身份保险库不符，暂时不能办理。")
    action = _("请技术人员核对 MINYI_VAULT_KEY；更换过主密钥的，请同时配置旧密钥后执行轮换。")


class VaultDamaged(DomainError):
    """A field is not what was sealed in its place: somebody has written to the database."""

    code = "vault_damaged"
    title = _("身份记录校验未通过")
    sentence = _("这张选票的身份记录与封存时不符，可能被改动或者移位，不能查阅。")
    action = _("请保存现场，由监督人员和技术人员共同检查数据库。")


class OpeningNotFound(NotFound):
    code = "opening_not_found"
    title = _("没有这份查阅申请")
    sentence = _("您要找的身份查阅申请不存在，或者不属于您的单位。")


class PurposeNeeded(Invalid):
    code = "purpose_needed"
    title = _("请写明用途")
    sentence = _("查阅投票人身份须写明具体用途，至少 %(least)d 字。")
    action = _("请写明为办理哪一件申诉或者核查哪一条线索后再提交。")


class BallotsNeeded(Invalid):
    code = "ballots_needed"
    title = _("请写明选票")
    sentence = _("一份申请须写明 1 至 %(most)d 张选票，没有写明的选票不能查阅。")
    action = _("请逐行填写选票的回执编号或者账本序号。")


class HoursOutOfRange(Invalid):
    code = "hours_out_of_range"
    title = _("开放时间有误")
    sentence = _("开放时间应为 1 至 %(most)d 小时。")


class OpeningDecided(DomainError):
    code = "opening_decided"
    title = _("这份申请已经办结")
    sentence = _("这份查阅申请已经批准或者驳回，不能再次办理。")
    action = _("请刷新页面查看最新状态；确有需要的，请另行申请。")


class SamePersonOpens(DomainError):
    """The two keys belong to two people."""

    code = "same_person_opens"
    title = _("申请人不能批准自己的申请")
    sentence = _("查阅投票人身份须由两人办理：一人申请，另一人批准。")
    action = _("请由本单位另一位监督人员批准。")


class OpeningNotAllowed(DomainError):
    code = "opening_not_allowed"
    status = 403
    title = _("尚未批准")
    sentence = _("这份查阅申请没有获得批准，不能查阅。")
    action = _("请等待监督人员批准。")


class OpeningOver(DomainError):
    code = "opening_over"
    status = 410
    title = _("查阅时间已过")
    sentence = _("批准的查阅时间已于 %(until)s 结束。")
    action = _("确有需要的，请重新申请。")
