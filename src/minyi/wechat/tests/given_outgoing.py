# SPDX-License-Identifier: Apache-2.0
"""Messages on their way out, and a WeChat that answers as it is told."""

from collections import deque
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from minyi.citizens.notices import Notice
from minyi.core.models import OutboxMessage
from minyi.core.outbox import Delivery
from minyi.core.outbox_worker import Worker
from minyi.wechat.client.api_errors import error_of
from minyi.wechat.models import Contact, Grant, MessageTemplate, Outgoing
from minyi.wechat.outgoing import messenger
from minyi.wechat.outgoing.carrier import Parcel
from minyi.wechat.services.outgoing import TOPIC, send_to_citizen
from minyi.wechat.tests.given import OPENID, given_official_account

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
PURPOSE = "campaigns.nomination_decided"
WORDS = Notice(
    "您推荐的“%(name)s”已通过审核。", {"name": "社区服务窗口", "outcome": "已通过", "reason": ""}
)
FIELDS = {"thing1": "name", "phrase2": "outcome"}


class FakeWeChat:
    """Keeps the parcels it was given. `answers`: an error, or None for «sent», one per call."""

    def __init__(self, *answers: object) -> None:
        self.parcels: list[Parcel] = []
        self._answers = deque(answers)

    def carry(self, parcel: Parcel) -> str:
        self.parcels.append(parcel)
        answer = self._answers.popleft() if self._answers else None
        if isinstance(answer, BaseException):
            raise answer
        return str(200_000 + len(self.parcels))

    @property
    def ways(self) -> list[str]:
        return [parcel.channel for parcel in self.parcels]


def no(code: int) -> Exception:
    """WeChat's refusal of that number."""
    return error_of("/cgi-bin/message/…", code=code, message="no rid: 1a2b-3c")


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class Office:
    """One account with one person, a WeChat to send through, and a worker at a clock."""

    def __init__(self, *answers: object, now: datetime = NOON, **account: object) -> None:
        self.account = given_official_account(**account)
        self.wechat = FakeWeChat(*answers)
        self.clock = Clock(now)
        self.worker = self.new_worker()

    def new_worker(self, wechat: FakeWeChat | None = None) -> Worker:
        carrier = wechat or self.wechat

        def deliver(delivery: Delivery) -> None:
            messenger.deliver(delivery, carrier=carrier)

        return Worker(consumers={TOPIC: deliver}, clock=self.clock)

    def given_contact(self, *, window: int = 0, openid: str = OPENID, **fields: object) -> Contact:
        if window:
            fields = {"window_kind": "message", "window_at": self.clock.now, **fields}
        return Contact.objects.create(
            account=self.account,
            openid=openid,
            **{
                "is_following": True,
                "last_seen_at": self.clock.now,
                "window_left": window,
                **fields,
            },
        )

    def given_template(self, channel: str = "template", **fields: object) -> MessageTemplate:
        return MessageTemplate.objects.create(
            account=self.account,
            channel=channel,
            **{
                "purpose": PURPOSE,
                "template_id": f"{channel}-id",
                "fields": FIELDS,
                **fields,
            },
        )

    def given_grant(self, left: int = 1, **fields: object) -> Grant:
        return Grant.objects.create(
            account=self.account,
            openid=OPENID,
            **{
                "template_id": "subscription-id",
                "left": left,
                "changed_at": self.clock.now,
                **fields,
            },
        )

    def tell(self, key: str = "nomination-1", **fields: object) -> Outgoing:
        return send_to_citizen(
            account=self.account.slug,
            **{
                "openid": OPENID,
                "purpose": PURPOSE,
                "words": WORDS,
                "url": "https://minyi.example/c/windows-2026/nominate/mine/",
                "key": key,
                "now": self.clock.now,
                **fields,
            },
        )

    def work(self) -> int:
        return self.worker.run_due()

    def wait(self, span: timedelta) -> int:
        """Let time pass, then let the worker look."""
        self.clock.now += span
        return self.work()

    def due_in(self) -> timedelta:
        return OutboxMessage.objects.get(state="waiting").due_at - self.clock.now


def state_of(outgoing: Outgoing) -> tuple[str, str, str]:
    """State, way and reason as they stand now."""
    outgoing.refresh_from_db()
    return outgoing.state, outgoing.channel, outgoing.reason
