# SPDX-License-Identifier: Apache-2.0
from django.utils.translation import gettext_lazy as _

ACTS = {
    "agencies.account.added": _("新增公众号"),
    "agencies.account.changed": _("修改公众号"),
    "agencies.agency.added": _("新增单位"),
    "agencies.agency.changed": _("修改单位信息"),
    "agencies.post.given": _("任命岗位"),
    "agencies.post.changed": _("调整岗位"),
    "agencies.region.added": _("新增行政区划"),
    "agencies.region.changed": _("修改行政区划"),
    "agencies.rule.added": _("新增期限规则"),
    "agencies.rule.changed": _("修改期限规则"),
    "agencies.password.reset": _("重置口令"),
    "agencies.two_factor.reset": _("解除两步验证"),
    "agencies.two_factor.enabled": _("开启两步验证"),
    "agencies.two_factor.disabled": _("关闭两步验证"),
}
