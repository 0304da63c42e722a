# SPDX-License-Identifier: Apache-2.0
"""Recognise a person by what a channel's own server said of them."""

from datetime import datetime

from django.db import IntegrityError, transaction

from minyi.citizens.models import ChannelIdentity, Citizen


def recognise_citizen(
    *, channel: str, account: str, subject: str, union: str = "", now: datetime
) -> Citizen:
    """Return the person behind a channel identity, known or new.

    Call it only with a subject our server got from the channel itself: a subject that came in a
    request proves nothing (peers.md 2.2: the classic hole of WeChat votes).
    """
    known = _find(channel, account, subject)
    if known is not None:
        return known
    try:
        with transaction.atomic():
            citizen = Citizen.objects.create(first_seen_at=now)
            ChannelIdentity.objects.create(
                citizen=citizen,
                channel=channel,
                account=account,
                subject=subject,
                union=union,
                linked_at=now,
            )
    except IntegrityError:
        # The same person came in by another request a moment ago; the constraint kept one.
        found = _find(channel, account, subject)
        if found is None:
            raise
        return found
    return citizen


def _find(channel: str, account: str, subject: str) -> Citizen | None:
    return Citizen.objects.filter(
        identities__channel=channel, identities__account=account, identities__subject=subject
    ).first()
