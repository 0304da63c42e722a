# SPDX-License-Identifier: Apache-2.0
"""Ballots written in a chat that wait for «确认»: in the database, so that any process finds them.

A ballot stays until its time is over, even once it is cast: «确认» sent twice then posts the same
ballot with the same nonce, and the box answers with the same receipt.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac

from minyi.core import outbox
from minyi.core.outbox import Delivery
from minyi.wechat.models import UnconfirmedBallot

TOPIC = "wechat.unconfirmed_ballots"
WAITS_FOR = timedelta(minutes=10)
SWEPT_AFTER = WAITS_FOR + timedelta(minutes=1)  # whoever wrote in the same minute is over as well
_SALT = "minyi.wechat.unconfirmed"


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody wrote: for which campaign, which numbers, and the nonce of the ballot."""

    campaign_id: int
    picks: tuple[int, ...]
    nonce: str


def keep_ballot(*, account: str, openid: str, written: Written, now: datetime) -> None:
    """Keep what this person wrote last; what nobody confirmed in time is swept away."""
    sealed = _box(account, openid).encrypt(msgspec.json.encode(written)).decode()
    UnconfirmedBallot.objects.update_or_create(
        who=_mark("who", account, openid).hex(),
        defaults={"sealed": sealed, "expires_at": now + WAITS_FOR},
    )
    minute = f"{now.astimezone(UTC):%Y-%m-%dT%H:%M}"  # one broom for all who wrote in it
    outbox.send(topic=TOPIC, key=minute, payload={}, now=now, due_at=now + SWEPT_AFTER)


def forget_ballot(*, account: str, openid: str) -> None:
    """Void what this person wrote: something else was chosen, or nothing."""
    UnconfirmedBallot.objects.filter(who=_mark("who", account, openid).hex()).delete()


@outbox.consumer(TOPIC)
def sweep(delivery: Delivery) -> None:
    """Forget the ballots whose time is over."""
    UnconfirmedBallot.objects.filter(expires_at__lte=delivery.now).delete()


def find_ballot(*, account: str, openid: str, now: datetime) -> Written | None:
    """Return what this person wrote within the last ten minutes, if anything."""
    rows = UnconfirmedBallot.objects.filter(
        who=_mark("who", account, openid).hex(), expires_at__gt=now
    )
    sealed = rows.values_list("sealed", flat=True).first()
    if sealed is None:
        return None
    try:
        plain = _box(account, openid).decrypt(sealed.encode())
    except InvalidToken:  # the server's key has changed
        return None
    return msgspec.json.decode(plain, type=Written)


def _box(account: str, openid: str) -> Fernet:
    return Fernet(urlsafe_b64encode(_mark("key", account, openid)))


def _mark(use: str, account: str, openid: str) -> bytes:
    person = f"{account}\n{openid}"
    return salted_hmac(f"{_SALT}.{use}", person, algorithm="sha256").digest()
