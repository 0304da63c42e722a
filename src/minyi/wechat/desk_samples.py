# SPDX-License-Identifier: Apache-2.0
"""What the sample account's desk begins with: hours, quick replies, two weeks of shifts."""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from minyi.agencies.models import OfficialAccount, User

from .models import DutyShift, OfficeHours, QuickReply
from .queries.office_hours import read_schedules

_MORNING, _AFTERNOON = (time(9), time(12)), (time(13, 30), time(17, 30))
_PEOPLE = ("jingban",)  # case workers of the sample office, in turn
_QUICK = (
    ("问候", "您好，我是工作人员，请问有什么可以帮您？"),
    ("请补充材料", "请把您的受理编号告诉我们（不要发身份证号和银行卡号），我们为您查询。"),
    ("转办告知", "您反映的问题已转有关科室办理，有结果后会在这里告诉您。"),
    ("投票规则", "每人一票，投票后可以凭回执编号核对自己的选票是否已计入（示例）。"),
    ("再见", "感谢您的来信，祝您生活愉快。如还有问题，请回复“人工”。"),
)


@transaction.atomic
def seed_desk(account: OfficialAccount, *, now: datetime) -> None:
    """Write the sample desk; what is there already stays."""
    if not OfficeHours.objects.filter(account=account).exists():
        for weekday in range(5):
            for opens, closes in (_MORNING, _AFTERNOON):
                OfficeHours.objects.create(
                    account=account, weekday=weekday, opens=opens, closes=closes
                )
        OfficeHours.objects.create(
            account=account, weekday=5, opens=_MORNING[0], closes=_MORNING[1]
        )
    if not QuickReply.objects.filter(account=account).exists():
        for order, (title, text) in enumerate(_QUICK, start=1):
            QuickReply.objects.create(account=account, title=title, text=text, order=order)
    if not DutyShift.objects.filter(account=account).exists():
        _add_shifts(account, now)


def _add_shifts(account: OfficialAccount, now: datetime) -> None:
    people = list(User.objects.filter(username__in=_PEOPLE))
    today = timezone.localtime(now).date()
    monday = today - timedelta(days=today.weekday())
    schedule = read_schedules([account.pk], since=now - timedelta(days=7))[account.pk]
    for offset in range(14):
        day = monday + timedelta(days=offset)
        for begins, ends in schedule.spans_on(day):
            for person in people:
                DutyShift.objects.create(
                    account=account, user=person, day=day, begins=begins, ends=ends
                )
