# SPDX-License-Identifier: Apache-2.0
from django.utils.translation import gettext_lazy as _

ACTS = {
    "publishing.picture.added": _("上传图片"),
    "publishing.picture.changed": _("修改图片"),
    "publishing.picture.deleted": _("删除图片"),
    "publishing.document.added": _("上传文件"),
    "publishing.document.changed": _("修改文件"),
    "publishing.document.deleted": _("删除文件"),
}
