# SPDX-License-Identifier: Apache-2.0
"""WeChat as a messenger of citizens' notices, and the worker's way into `services.sending`."""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from minyi.citizens.notices import Notice, Offer, Purpose
from minyi.core.outbox import Again, Delivery, consumer, when_given_up

from ..models import Contact
from ..queries import find_account
from ..queries.offers import find_offer
from ..services import outgoing
from ..services.sending import Surroundings, send_one
from .carrier import Carrier, LineCarrier
from .quiet import read_quiet_hours

PATIENCE = 5  # looks for a message that WeChat says has failed: about a minute


class WeChatMessenger:
    """Carries notices to those who came through an official account."""

    key = "wechat"

    def send(
        self,
        *,
        account: str,
        subject: str,
        citizen_id: UUID,
        purpose: Purpose,
        key: str,
        words: Notice,
        url: str,
        now: datetime,
    ) -> None:
        """Put the message into the outbox."""
        outgoing.send_to_citizen(
            account=account,
            openid=subject,
            citizen_id=citizen_id,
            purpose=purpose.key,
            words=words,
            url=url,
            key=key,
            now=now,
        )

    def is_wanted(self, *, account: str, subject: str) -> bool:
        """Tell whether this person has not switched notices off."""
        rows = Contact.objects.filter(account__slug=account, openid=subject)
        return not rows.filter(opted_out_at__isnull=False).exists()

    def switch(self, *, account: str, subject: str, wanted: bool, now: datetime) -> None:
        """Switch this person's notices on or off."""
        outgoing.switch_notices(account=account, openid=subject, wanted=wanted, now=now)

    def find_offer(self, *, account: str, subject: str, purpose: str) -> Offer | None:
        """Return the subscription notice of this purpose (wx-open-subscribe, a service account)."""
        return find_offer(
            account=find_account(account, secrets={}), openid=subject, purpose=purpose
        )


@when_given_up(outgoing.TOPIC)
def give_up(delivery: Delivery, reason: str) -> None:
    """The outbox tries this message no more: say so where staff looks."""
    outgoing.note_given_up(
        outgoing_id=int(str(delivery.payload["outgoing"])),
        round_=int(str(delivery.payload["round"])),
        said=reason,
        now=delivery.now,
    )


@consumer(outgoing.TOPIC)
def deliver(delivery: Delivery, *, carrier: Carrier | None = None) -> None:
    """Send one message of the outbox."""
    send_one(
        outgoing_id=int(str(delivery.payload["outgoing"])),
        round_=int(str(delivery.payload["round"])),
        tries=delivery.attempt,
        around=Surroundings(
            carrier=carrier or LineCarrier(),
            secrets=settings.WECHAT_SECRETS,
            quiet=read_quiet_hours(settings.QUIET_HOURS),
        ),
        now=delivery.now,
    )


@consumer(outgoing.WINDOW_TOPIC)
def use_window(delivery: Delivery) -> None:
    """Somebody can be written to again: try what waited for them."""
    outgoing.send_what_waited(
        account_id=int(str(delivery.payload["account"])),
        openid=str(delivery.payload["openid"]),
        now=delivery.now,
    )


@consumer(outgoing.FAILED_TOPIC)
def learn_of_failure(delivery: Delivery) -> None:
    """WeChat says that a message did not arrive; that may overtake our own note that it is sent."""
    told = {name: str(value) for name, value in delivery.payload.items()}
    if not outgoing.note_failed(**told, now=delivery.now) and delivery.attempt < PATIENCE:
        raise Again("no such message sent yet")
