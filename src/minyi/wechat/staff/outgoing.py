# SPDX-License-Identifier: Apache-2.0
"""What was sent to citizens: the list, and one message with its history and what can be decided."""

from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_filters import ChoiceFilter, ModelChoiceFilter, MultipleChoiceFilter
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import HeaderButton

from minyi.citizens.notices import list_purposes
from minyi.core.staff import MENU_ORDER, AgencyModelViewSet, AgencyPolicy
from minyi.wechat.models import Outgoing, OutgoingChannel
from minyi.wechat.outgoing.reasons import reason_for
from minyi.wechat.services import outgoing as service

from . import pages

ICON = "mail"
PERMISSION = "wechat.outgoing"
State = Outgoing.State
NEED_SOMEBODY = (State.UNKNOWN, State.NONE, State.FAILED)
BADGES = {
    State.WAITING: "soon",
    State.SENDING: "soon",
    State.SENT: "open",
    State.UNKNOWN: "stop",
    State.NONE: "stop",
    State.FAILED: "stop",
}


def purpose_words(key):
    """Return what a purpose is called; one of a retired version keeps its key."""
    return next((purpose.title for purpose in list_purposes() if purpose.key == key), key)


def reason_words(code):
    """Return the sentence for a reason code."""
    reason = reason_for(code)
    return reason.sentence if reason else ""


class OutgoingFilters(WagtailFilterSet):
    state = MultipleChoiceFilter(label=gettext_lazy("状态"), choices=State.choices)
    channel = ChoiceFilter(label=gettext_lazy("发送方式"), choices=OutgoingChannel.choices)
    purpose = ChoiceFilter(
        label=gettext_lazy("用途"),
        choices=lambda: [(purpose.key, purpose.title) for purpose in list_purposes()],
    )
    account = ModelChoiceFilter(
        label=gettext_lazy("公众号"),
        queryset=lambda request: pages.own_accounts(request, PERMISSION),
        empty_label=gettext_lazy("全部"),
    )

    class Meta:
        model = Outgoing
        fields = ["state", "channel", "purpose", "account"]


class OutgoingIndex(generic.IndexView):
    def get_base_queryset(self):
        return super().get_base_queryset().select_related("account")

    def get_header_buttons(self):
        waiting = self.get_base_queryset().filter(state__in=NEED_SOMEBODY).count()
        if not waiting:
            return super().get_header_buttons()
        query = "&".join(f"state={state}" for state in NEED_SOMEBODY)
        return [
            *super().get_header_buttons(),
            HeaderButton(
                _("需要处理（%(count)d）") % {"count": waiting},
                f"{reverse('wechat_outgoing:index')}?{query}",
                icon_name="warning",
            ),
        ]


class OutgoingViewSet(AgencyModelViewSet):
    model = Outgoing
    name = "wechat_outgoing"
    url_prefix = "wechat/outgoing"
    icon = ICON
    menu_label = gettext_lazy("发出的消息")
    menu_order = MENU_ORDER["wechat_outgoing"]
    add_to_admin_menu = True
    index_view_class = OutgoingIndex
    index_results_template_name = "wechat/staff/outgoing_results.html"
    filterset_class = OutgoingFilters
    search_fields = ["text", "openid"]
    inspect_view_enabled = False
    list_display = [
        TitleColumn(
            "__str__",
            label=gettext_lazy("内容"),
            get_url=lambda row: reverse("wechat_outgoing_one", args=[row.pk]),
        ),
        StatusTagColumn(
            "get_state_display",
            label=gettext_lazy("状态"),
            primary=lambda row: row.state in NEED_SOMEBODY,
        ),
        Column("get_channel_display", label=gettext_lazy("发送方式")),
        Column("reason", label=gettext_lazy("原因"), accessor=lambda row: reason_words(row.reason)),
        Column("purpose", label=gettext_lazy("用途"), accessor=lambda r: purpose_words(r.purpose)),
        Column("account", label=gettext_lazy("公众号")),
        DateColumn("asked_at", label=gettext_lazy("提出时间")),
    ]

    def get_form_class(self, for_update=False):
        return None


@require_safe
def one(request, outgoing_id):
    """Show one message: what it says, how it went, and what a person can decide."""
    outgoing = pages.row_for(request, Outgoing, outgoing_id, PERMISSION)
    steps = list(outgoing.steps.all())
    return pages.show(
        request,
        "outgoing_one.html",
        title=str(outgoing),
        icon=ICON,
        trail=[(_("发出的消息"), reverse("wechat_outgoing:index"))],
        outgoing=outgoing,
        person=f"…{outgoing.openid[-6:]}",
        purpose=purpose_words(outgoing.purpose),
        badge=BADGES[outgoing.state],
        reason=reason_for(outgoing.reason),
        obstacles=_obstacles(outgoing, steps),
        steps=[(step, reason_words(step.reason), _detail(step)) for step in steps],
        is_waiting=outgoing.state == State.WAITING,
        can_confirm=outgoing.state == State.UNKNOWN,
        can_send_again=outgoing.state in NEED_SOMEBODY,
    )


@require_POST
def confirm(request, outgoing_id):
    """Keep that it arrived after all."""
    _decide(request, outgoing_id, service.confirm_sent, said=_("已记录：消息已送达，不会再发。"))
    return redirect("wechat_outgoing_one", outgoing_id)


@require_POST
def again(request, outgoing_id):
    """Send it once more."""
    _decide(request, outgoing_id, service.send_again, said=_("将再发一次，请稍后刷新查看结果。"))
    return redirect("wechat_outgoing_one", outgoing_id)


def _decide(request, outgoing_id, act, *, said):
    doing = {"outgoing_id": outgoing_id, "actor": request.user.actor, "now": timezone.now()}
    pages.succeeded(request, lambda: act(**doing), said=said)


def _obstacles(outgoing, steps):
    """Return, for a message that found no way, why each way was closed and what helps."""
    if outgoing.state not in (State.NONE, State.FAILED) or not steps:
        return []
    pairs = _pairs(steps[-1].detail)
    return [(OutgoingChannel(way).label, reason_for(code)) for way, code in pairs]


def _detail(step):
    """Return WeChat's own words; the codes of closed ways are told apart, in words."""
    return "" if _pairs(step.detail) else step.detail


def _pairs(detail):
    pairs = [part.split(":") for part in detail.split(",")]
    known = all(len(pair) == 2 and pair[0] in OutgoingChannel.values for pair in pairs)
    return pairs if known else []


viewsets = [OutgoingViewSet()]
urls = [
    path("wechat/outgoing/<int:outgoing_id>/", one, name="wechat_outgoing_one"),
    path("wechat/outgoing/<int:outgoing_id>/confirm/", confirm, name="wechat_outgoing_confirm"),
    path("wechat/outgoing/<int:outgoing_id>/again/", again, name="wechat_outgoing_again"),
]
policies = [
    AgencyPolicy(Outgoing, grants={"view": PERMISSION}, agency_path="account__agency_id"),
]
