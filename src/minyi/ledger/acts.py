# SPDX-License-Identifier: Apache-2.0
from django.utils.translation import gettext_lazy as _

ACTS = {
    "ledger.witness.added": _("新增见证单位"),
    "ledger.witness.changed": _("修改见证单位"),
    "ledger.vault.asked": _("申请查阅投票人身份"),
    "ledger.vault.allowed": _("批准查阅投票人身份"),
    "ledger.vault.refused": _("驳回查阅投票人身份"),
    "ledger.vault.looked": _("查阅投票人身份"),
    "ledger.vault.destroyed": _("销毁身份保险库"),
}
