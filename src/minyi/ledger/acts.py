# SPDX-License-Identifier: Apache-2.0
from django.utils.translation import gettext_lazy as _

ACTS = {
    "ledger.witness.added": _("新增见证单位"),
    "ledger.witness.changed": _("修改见证单位"),
}
