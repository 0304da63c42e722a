# SPDX-License-Identifier: Apache-2.0
"""What breaks a limit WeChat documents, refused before WeChat is asked."""

from django.utils.translation import gettext_lazy as _

from minyi.core.errors import Invalid


class BeyondLimits(Invalid):
    """Breaks a limit WeChat documents: refused before WeChat is asked. `facts["field"]`: which."""

    code = "beyond_limits"
    title = _("超出微信的限制")
    sentence = _("“%(field)s”应在 %(least)s 到 %(most)s 之间，现在是 %(found)s。")
    action = _("请修改后再试。")


class TooLong(BeyondLimits):
    code = "too_long"
    sentence = _("“%(field)s”应为 %(least)s 到 %(most)s 个字，现在有 %(found)s 个字。")


class TooLongInBytes(BeyondLimits):
    code = "too_long_in_bytes"
    sentence = _(
        "“%(field)s”应为 %(least)s 到 %(most)s 字节（一个汉字占 3 字节），现在有 %(found)s 字节。"
    )


class TooMany(BeyondLimits):
    code = "too_many"
    sentence = _("“%(field)s”应有 %(least)s 到 %(most)s 项，现在有 %(found)s 项。")


class NotOneOf(BeyondLimits):
    code = "not_one_of"
    sentence = _("“%(field)s”不能是 %(found)s，可选：%(choices)s。")


class FileNotAccepted(BeyondLimits):
    code = "file_not_accepted"
    sentence = _("“%(field)s”的文件格式不对，微信只接受：%(choices)s。")
