# SPDX-License-Identifier: Apache-2.0
"""What templates say again and again: moments, numbers, icons, form controls."""

from datetime import date, datetime

from django import template
from django.forms import BoundField
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, RadioSelect
from django.templatetags.static import static
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, to_locale

register = template.Library()

WAN = 10_000  # 万, the step in which Chinese counts large numbers
WEEKDAYS = (
    gettext_lazy("周一"),
    gettext_lazy("周二"),
    gettext_lazy("周三"),
    gettext_lazy("周四"),
    gettext_lazy("周五"),
    gettext_lazy("周六"),
    gettext_lazy("周日"),
)
CHOSEN_BY_TICKING = (CheckboxInput, CheckboxSelectMultiple, RadioSelect)


@register.simple_tag
def icon(name: str) -> SafeString:
    """Show one symbol of `static/ui/icons.svg`; words beside it carry the meaning."""
    return format_html(
        '<svg class="mi-icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("ui/icons.svg"),
        name,
    )


@register.simple_tag
def when(moment: date | datetime | None, show: str = "date") -> SafeString | str:
    """Write a moment with its weekday; how far away it is goes into the title.

    `{% when moment "distance" %}` shows the distance beside the date as well.
    """
    if not moment:
        return ""
    now = timezone.localtime()
    local = timezone.localtime(moment) if isinstance(moment, datetime) else moment
    far = distance(local, now)
    written = _written(local, now)
    words = _("%(moment)s，%(distance)s") % {"moment": written, "distance": far}
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(),
        _("%(moment)s，%(distance)s（北京时间）")
        % {"moment": date_format(local, "DATE_FORMAT"), "distance": far},
        words if show == "distance" else written,
    )


def _written(local: date | datetime, now: datetime) -> str:
    facts = {
        "date": date_format(local, "MONTH_DAY_FORMAT" if local.year == now.year else "DATE_FORMAT"),
        "weekday": str(WEEKDAYS[local.weekday()]),
    }
    if not isinstance(local, datetime):
        return _("%(date)s（%(weekday)s）") % facts
    return _("%(date)s（%(weekday)s）%(time)s") % {**facts, "time": f"{local:%H:%M}"}


def distance(local: date | datetime, now: datetime) -> str:
    """Say how far a moment is from now: minutes and hours within a day, else calendar days."""
    day = local.date() if isinstance(local, datetime) else local
    days = (day - now.date()).days
    if isinstance(local, datetime) and abs((local - now).total_seconds()) < 24 * 3600:
        minutes = int((local - now).total_seconds() // 60)
        return _minutes_away(minutes)
    if days == 0:
        return _("今天")
    return _("%d 天后") % days if days > 0 else _("%d 天前") % -days


def _minutes_away(minutes: int) -> str:
    if abs(minutes) < 1:
        return _("现在")
    if abs(minutes) < 60:
        return _("%d 分钟后") % minutes if minutes > 0 else _("%d 分钟前") % -minutes
    hours = abs(minutes) // 60
    return _("%d 小时后") % hours if minutes > 0 else _("%d 小时前") % hours


@register.filter
def number(value: object, unit: str = "") -> object:
    """Group a number by thousands; `number:"万"` shortens where exactness is not asked."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if unit == "万" and abs(value) >= WAN:
        return _("%s万") % number_format(value / WAN, 1, force_grouping=True)
    return f"{value:,}"


@register.filter
def percent(value: float, whole: float = 100) -> str:
    """Write a value as a share of `whole`, with one decimal; no whole, no share."""
    return f"{value / whole:.1%}" if whole else "–"


@register.filter
def html_language(code: str) -> str:
    """Turn Django's language code into the tag HTML wants: zh-hans → zh-Hans (BCP 47)."""
    return to_locale(code).replace("_", "-")


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """Draw a field's control in our clothes; Django itself ties it to its help and errors."""
    if isinstance(field.field.widget, CHOSEN_BY_TICKING):
        return field.as_widget()
    classes = field.field.widget.attrs.get("class", "")
    attrs: dict[str, str | bool] = {"class": f"mi-control {classes}".strip()}
    if field.errors:
        attrs["aria-describedby"] = _described_by(field)
    return field.as_widget(attrs=attrs)


def _described_by(field: BoundField) -> str:
    """Name help and error, in the order in which they stand."""
    ids = [f"{field.auto_id}_helptext"] if field.help_text else []
    return " ".join([*ids, f"{field.auto_id}_error"])
