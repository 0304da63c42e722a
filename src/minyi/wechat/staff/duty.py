# SPDX-License-Identifier: Apache-2.0
"""Duty: office hours, the week's shifts, and the quick replies of an account."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin.widgets import AdminAutoHeightTextInput

from minyi.core.errors import DomainError
from minyi.core.staff import AgencyPolicy
from minyi.wechat.models import DutyShift, OfficeHours, QuickReply, Weekday
from minyi.wechat.outgoing.carrier import LONGEST_TEXT
from minyi.wechat.queries import office_hours
from minyi.wechat.queries.duty import list_colleagues, list_on_duty, list_week
from minyi.wechat.services import duty
from minyi.wechat.services.duty import DUTY, HoursSpan

from . import pages

ICON = "time"
PARTS = (("first", gettext_lazy("上午")), ("second", gettext_lazy("下午")))
WEEK = timedelta(days=7)


class ClockField(forms.TimeField):
    """A time of day, typed: browsers' own pickers follow the computer, some with 12 hours."""

    def __init__(self, label):
        widget = forms.TimeInput(
            attrs={"aria-label": label, "placeholder": gettext_lazy("时:分"), "maxlength": 5},
            format="%H:%M",
        )
        super().__init__(
            label=label,
            required=False,
            widget=widget,
            input_formats=["%H:%M", "%H%M", "%H"],
            error_messages={"invalid": gettext_lazy("请写成 9:00 这样。")},
        )

    def to_python(self, value):
        return super().to_python(value.replace("：", ":") if isinstance(value, str) else value)


class HoursForm(forms.Form):
    """Two spans for each weekday; both ends or none."""

    def __init__(self, *args, spans=(), **kwargs):
        super().__init__(*args, **kwargs)
        known: dict[int, list[object]] = {}
        for span in spans:
            known.setdefault(span.weekday, []).append(span)
        for weekday in Weekday:
            for index, (part, words) in enumerate(PARTS):
                facts = {"day": weekday.label, "part": words}
                begin = ClockField(_("%(day)s%(part)s开始") % facts)
                end = ClockField(_("%(day)s%(part)s结束") % facts)
                own = known.get(weekday, [])
                if index < len(own):
                    begin.initial, end.initial = own[index].opens, own[index].closes
                self.fields[f"{weekday.value}-{part}-opens"] = begin
                self.fields[f"{weekday.value}-{part}-closes"] = end

    def lines(self):
        """Return a line of bound fields for each weekday."""
        for weekday in Weekday:
            parts = [
                (
                    words,
                    self[f"{weekday.value}-{part}-opens"],
                    self[f"{weekday.value}-{part}-closes"],
                )
                for part, words in PARTS
            ]
            yield weekday.label, parts

    def clean(self):
        said = super().clean()
        for opens, closes in self._pairs():
            begin, end = said.get(opens), said.get(closes)
            if (begin is None) != (end is None) and not {opens, closes} & self.errors.keys():
                self.add_error(closes if end is None else opens, _("请填写两头的时间。"))
            elif begin is not None and begin >= end:
                self.add_error(closes, _("结束时间要晚于开始时间。"))
        return said

    def spans(self):
        """Return what was filled in."""
        said = self.cleaned_data
        return [
            HoursSpan(int(opens[0]), said[opens], said[closes])
            for opens, closes in self._pairs()
            if said[opens]
        ]

    def _pairs(self):
        return [
            (f"{weekday.value}-{part}-opens", f"{weekday.value}-{part}-closes")
            for weekday in Weekday
            for part, _words in PARTS
        ]


class ShiftForm(forms.Form):
    user = forms.TypedChoiceField(label=gettext_lazy("值班人员"), coerce=int)
    day = forms.DateField(
        label=gettext_lazy("日期"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    begins = ClockField(gettext_lazy("开始"))
    ends = ClockField(gettext_lazy("结束"))

    def __init__(self, *args, colleagues, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["user"].choices = [
            (one.pk, f"{one.name}（{one.title}）" if one.title else one.name) for one in colleagues
        ]
        for name in ("begins", "ends"):
            self.fields[name].required = True

    def clean(self):
        said = super().clean()
        begins, ends = said.get("begins"), said.get("ends")
        if begins and ends and begins >= ends:
            self.add_error("ends", _("结束时间要晚于开始时间；跨过零点的，请分成两天安排。"))
        return said


def check_bytes(text):
    """Refuse a text longer than an answer may be."""
    if len(text.encode()) > LONGEST_TEXT:
        raise forms.ValidationError(_("太长：一条答复最多约 %d 个汉字。") % (LONGEST_TEXT // 3))


class QuickReplyForm(forms.Form):
    title = forms.CharField(
        label=gettext_lazy("标题"), max_length=30, help_text=gettext_lazy("工作人员按标题挑选。")
    )
    text = forms.CharField(
        label=gettext_lazy("内容"),
        widget=AdminAutoHeightTextInput(attrs={"data-limit": LONGEST_TEXT}),
        validators=[check_bytes],
        help_text=gettext_lazy("插入答复后还可以修改。"),
    )


@require_safe
def index(request, account_id):
    """Show hours, week and quick replies."""
    return _page(request, pages.account_for(request, account_id, DUTY))


def _page(request, account, *, hours=None, shift=None, status=200):
    now = timezone.now()
    today = timezone.localtime(now).date()
    monday = _monday(request, today)
    schedule = office_hours.read_schedules([account.pk], since=min(now, now + (monday - today)))[
        account.pk
    ]
    colleagues = list_colleagues(agency_id=account.agency_id, on=max(today, monday))
    spans = list(OfficeHours.objects.filter(account=account))
    week = list_week(account_id=account.pk, monday=monday, schedule=schedule, today=today)
    day = today if monday <= today < monday + WEEK else monday
    return pages.show(
        request,
        "desk_duty.html",
        title=_("值班"),
        icon=ICON,
        account=account,
        room="wechat_duty_room",
        status=status,
        hours=hours or HoursForm(spans=spans),
        has_hours=bool(spans),
        is_open=schedule.is_open(now),
        opens_at=schedule.opens_at(now),
        rule=office_hours.find_rule(region_code=account.agency.region.code, on=today),
        week=week,
        monday=monday,
        sunday=monday + timedelta(days=6),
        before=monday - WEEK,
        after=monday + WEEK,
        on_duty=list_on_duty([account.pk], now=now),
        colleagues=colleagues,
        shift=shift or ShiftForm(colleagues=colleagues, initial={"day": day}),
        quick=list(QuickReply.objects.filter(account=account)),
    )


@require_POST
def set_hours(request, account_id):
    """Keep the office hours."""
    account = pages.account_for(request, account_id, DUTY)
    form = HoursForm(request.POST)
    if form.is_valid():
        try:
            duty.set_hours(
                account=account, spans=form.spans(), actor=request.user.actor, now=timezone.now()
            )
        except DomainError as refusal:
            pages.explain(form, refusal)
        else:
            messages.success(request, _("接待时间已保存，几秒钟内生效。"))
            return redirect("wechat_duty_room", account.pk)
    return _page(request, account, hours=form, status=422)


@require_POST
def add_shift(request, account_id):
    """Put somebody on duty."""
    account = pages.account_for(request, account_id, DUTY)
    today = timezone.localtime().date()
    colleagues = list_colleagues(agency_id=account.agency_id, on=today)
    form = ShiftForm(request.POST, colleagues=colleagues)
    if form.is_valid():
        said = form.cleaned_data
        try:
            duty.add_shift(
                account=account,
                user_id=said["user"],
                day=said["day"],
                begins=said["begins"],
                ends=said["ends"],
                actor=request.user.actor,
                now=timezone.now(),
            )
        except DomainError as refusal:
            pages.explain(form, refusal)
        else:
            messages.success(request, _("值班已安排。"))
            return _to_week(account.pk, said["day"])
    return _page(request, account, shift=form, status=422)


@require_POST
def remove_shift(request, shift_id):
    """Take somebody off duty."""
    shift = pages.row_for(request, DutyShift, shift_id, DUTY)
    doing = {"shift": shift, "actor": request.user.actor, "now": timezone.now()}
    pages.succeeded(request, lambda: duty.remove_shift(**doing), said=_("值班已取消。"))
    return _to_week(shift.account_id, shift.day)


@require_POST
def copy_week(request, account_id):
    """Repeat the week before."""
    account = pages.account_for(request, account_id, DUTY)
    monday = _monday(request, timezone.localtime().date())
    doing = {"account": account, "monday": monday}
    pages.succeeded(
        request,
        lambda: duty.copy_week(actor=request.user.actor, now=timezone.now(), **doing),
        said=_("已沿用上一周的值班，请核对节假日和请假人员。"),
    )
    return _to_week(account.pk, monday)


@require_http_methods(["GET", "HEAD", "POST"])
def add_quick_reply(request, account_id):
    """Write a quick reply."""
    account = pages.account_for(request, account_id, DUTY)
    return _quick_page(request, account, None)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_quick_reply(request, quick_reply_id):
    """Change a quick reply."""
    reply = pages.row_for(request, QuickReply, quick_reply_id, DUTY)
    return _quick_page(request, reply.account, reply)


@require_POST
def change_quick_reply(request, quick_reply_id):
    """Move or delete a quick reply, from the list."""
    reply = pages.row_for(request, QuickReply, quick_reply_id, DUTY)
    doing = {"reply": reply, "actor": request.user.actor, "now": timezone.now()}
    match request.POST.get("act"):
        case "up":
            duty.move_quick_reply(steps=-1, **doing)
        case "down":
            duty.move_quick_reply(steps=1, **doing)
        case "delete":
            duty.delete_quick_reply(**doing)
            messages.success(request, _("已删除。"))
    return redirect(f"{reverse('wechat_duty_room', args=[reply.account_id])}#quick")


def _quick_page(request, account, reply):
    initial = {"title": reply.title, "text": reply.text} if reply else None
    form = QuickReplyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            duty.save_quick_reply(
                account=account,
                **form.cleaned_data,
                quick_reply_id=reply.pk if reply else None,
                actor=request.user.actor,
                now=timezone.now(),
            )
        except DomainError as refusal:
            pages.explain(form, refusal)
        else:
            messages.success(request, _("快捷回复已保存。"))
            return redirect(f"{reverse('wechat_duty_room', args=[account.pk])}#quick")
    return pages.show(
        request,
        "desk_quick_reply.html",
        title=_("修改快捷回复") if reply else _("新增快捷回复"),
        icon=ICON,
        account=account,
        trail=[(_("值班"), reverse("wechat_duty_room", args=[account.pk]))],
        status=422 if form.errors else 200,
        form=form,
        reply=reply,
    )


def _monday(request, today):
    """Return the Monday of the week that is asked for."""
    try:
        day = date.fromisoformat(request.GET.get("week", "") or request.POST.get("week", ""))
    except ValueError:
        day = today
    if not today - 60 * WEEK < day < today + 60 * WEEK:
        day = today
    return day - timedelta(days=day.weekday())


def _to_week(account_id, day):
    monday = day - timedelta(days=day.weekday())
    address = reverse("wechat_duty_room", args=[account_id])
    return redirect(f"{address}?{urlencode({'week': monday.isoformat()})}#week")


class DutyRoom(pages.AccountRoom):
    name = "wechat_duty"
    url_prefix = "wechat/duty"
    icon = ICON
    menu_label = gettext_lazy("值班")
    page = "wechat_duty_room"
    permissions = (DUTY,)


viewsets = [DutyRoom()]
urls = [
    path("wechat/duty/<int:account_id>/", index, name="wechat_duty_room"),
    path("wechat/duty/<int:account_id>/hours/", set_hours, name="wechat_hours"),
    path("wechat/duty/<int:account_id>/shifts/", add_shift, name="wechat_shift_add"),
    path("wechat/duty/<int:account_id>/shifts/copy/", copy_week, name="wechat_shifts_copy"),
    path("wechat/duty/shift/<int:shift_id>/remove/", remove_shift, name="wechat_shift_remove"),
    path("wechat/duty/<int:account_id>/quick/", add_quick_reply, name="wechat_quick_add"),
    path("wechat/duty/quick/<int:quick_reply_id>/", edit_quick_reply, name="wechat_quick"),
    path(
        "wechat/duty/quick/<int:quick_reply_id>/change/",
        change_quick_reply,
        name="wechat_quick_change",
    ),
]
policies = [
    AgencyPolicy(model, grants={"view": DUTY}, agency_path="account__agency_id")
    for model in (DutyShift, OfficeHours, QuickReply)
]
