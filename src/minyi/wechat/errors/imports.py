# SPDX-License-Identifier: Apache-2.0
"""Files of WeChat's back office that cannot be read."""

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minyi.core.errors import Invalid


class FileDamaged(Invalid):
    """A file of the back office that cannot be read without guessing."""

    code = "file_damaged"
    title = _("文件不能导入")
    sentence = _("%(place)s：%(why)s")
    action = _("没有导入其中任何内容。请在微信后台重新导出后再试。")

    def __init__(self, *, filename: str, line: int | None, column: str, why: object) -> None:
        place = filename
        if line is not None:
            place = gettext("%(file)s 第 %(line)d 行") % {"file": filename, "line": line}
        if column:
            place = gettext("%(place)s“%(column)s”列") % {"place": place, "column": column}
        super().__init__(place=place, why=why)
        self.line = line
        self.column = column
