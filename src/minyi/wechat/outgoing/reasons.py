# SPDX-License-Identifier: Apache-2.0
"""Why a message is not out (yet), as codes in the rows and as words for staff, with what to do."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from minyi.core.errors import Words


@dataclass(frozen=True, slots=True)
class Reason:
    """What happened, and what somebody can do about it; empty: nothing, it goes on by itself."""

    sentence: Words
    action: Words = ""


REASONS: Mapping[str, Reason] = {
    "quiet_hours": Reason(_("现在是免打扰时段，早上自动发送。")),
    "busy": Reason(_("微信暂时繁忙，将自动重试。")),
    "unreachable_server": Reason(_("暂时连不上微信服务器，将自动重试。")),
    "account_fault": Reason(
        _("微信拒绝了公众号的凭据或配置。"),
        _("请管理员核对 AppID、AppSecret 和服务器 IP 白名单，改好后会自动重试。"),
    ),
    "quota_spent": Reason(_("公众号当日的调用次数已用完，零点后自动发送。")),
    "unknown_error": Reason(
        _("微信返回了未收录的错误码。"), _("系统会自动重试；仍不成功的，请按错误码查询。")
    ),
    "blocked": Reason(
        _("此人已被拉黑，不再发送。"), _("如需恢复，请先在粉丝管理中移出黑名单，再点“再发一次”。")
    ),
    "opted_out": Reason(
        _("此人已关闭消息通知，按本人意愿不再发送。"), _("如必须告知，请改用电话或者书面方式。")
    ),
    "refuses_messages": Reason(
        _("对方在微信中关闭了“接收消息”，微信不允许公众号向其发送。"),
        _("请改用电话等方式告知；对方再次给公众号发消息后，可点“再发一次”。"),
    ),
    "no_way": Reason(
        _("目前没有可用的发送方式。"),
        _("请改用电话等方式告知；对方再次给公众号发消息后，可点“再发一次”。"),
    ),
    "window_closed": Reason(
        _("对方 48 小时内没有给公众号发过消息，或者条数已用完。"), _("等对方再次发来消息。")
    ),
    "no_template": Reason(
        _("这项用途还没有配置模板。"), _("请联系管理员，为这项用途选用并登记模板。")
    ),
    "template_missing": Reason(
        _("微信找不到登记的模板。"), _("请核对模板编号，模板可能已在微信后台删除。")
    ),
    "no_grant": Reason(
        _("对方没有订阅这项通知，或者授权次数已用完。"), _("请对方在页面上重新订阅。")
    ),
    "not_following": Reason(_("对方没有关注公众号。"), _("模板消息只能发给已关注的人。")),
    "not_offered": Reason(_("公众号的类型或认证状态没有这项能力。"), _("详见“公众号能力”。")),
    "content_refused": Reason(
        _("微信不接受消息的内容或字段。"), _("请核对模板的字段对应和内容长度，再点“再发一次”。")
    ),
    "our_fault": Reason(
        _("发送请求不符合微信的要求。"), _("这是系统问题，请把错误码和 rid 告诉技术支持。")
    ),
    "unreachable": Reason(
        _("微信告知无法送达此人（已取消关注、拒收或者不存在）。"), _("请改用电话等方式告知。")
    ),
    "user_block": Reason(_("对方拒收公众号的消息。"), _("请改用电话等方式告知。")),
    "system_failed": Reason(_("微信内部发送失败。"), _("可以点“再发一次”。")),
    "no_answer": Reason(
        _("已交给微信，但没有得到答复，不能确定是否送达。为避免重复，不会自动再发。"),
        _("请在微信后台或者与对方核实后，选择“确认已送达”或“再发一次”。"),
    ),
    "interrupted": Reason(
        _("发送途中程序中断，不能确定是否送达。为避免重复，不会自动再发。"),
        _("请在微信后台或者与对方核实后，选择“确认已送达”或“再发一次”。"),
    ),
    "given_up": Reason(
        _("多次尝试都没有办成，系统已停止重试。"),
        _("请把“发送经过”中的详情告诉技术支持，处理后点“再发一次”。"),
    ),
    "confirmed": Reason(_("工作人员核实已送达。")),
    "sent_again": Reason(_("工作人员要求再发一次。")),
    "window_opened": Reason(_("对方又发来消息，重新发送。")),
    "already_there": Reason(_("微信告知先前一次已经收到，没有重复发送。")),
}


def reason_for(code: str) -> Reason | None:
    """Return the words for a code; a code of a retired version keeps its name."""
    return (REASONS.get(code) or Reason(code)) if code else None
