# SPDX-License-Identifier: Apache-2.0
"""Why this app itself writes to citizens."""

from django.utils.translation import gettext_lazy as _

from minyi.citizens.notices import Purpose

LATE_ANSWER = Purpose("wechat.late_answer", _("对您留言的答复"), facts={}, is_answer=True)
DESK_REPLY = Purpose(
    "wechat.desk_reply", _("工作人员的答复"), facts={"answer": _("答复内容")}, is_answer=True
)
