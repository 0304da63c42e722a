# SPDX-License-Identifier: Apache-2.0
"""Send one message: choose the way, write `sending` down, call WeChat, write the result down.

Never twice: `sending` is committed before the call. Only WeChat's own «no», or a connection that
was never made, proves that nothing was sent; in every other case the message becomes `unknown` and
waits for a person. (A template message is the exception: for ten minutes WeChat itself drops a
repetition with the same client_msg_id.)
"""

import secrets as randomness
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from minyi.citizens.notices import get_purpose
from minyi.core.errors import DomainError
from minyi.core.outbox import Later
from minyi.wechat.client import api_errors
from minyi.wechat.models import Outgoing
from minyi.wechat.outgoing import ways
from minyi.wechat.outgoing.carrier import Carrier, Parcel, fill_fields
from minyi.wechat.outgoing.quiet import QuietHours
from minyi.wechat.outgoing.ways import NoWay, Situation, Way
from minyi.wechat.queries import Account, Secrets, find_account
from minyi.wechat.queries.situations import read_situation

from . import outcomes, reservations
from .outcomes import Attempt, change

State = Outgoing.State


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a send needs from outside: the way to WeChat, the accounts' secrets, the quiet hours."""

    carrier: Carrier
    secrets: Secrets
    quiet: QuietHours


def send_one(
    *, outgoing_id: int, round_: int, tries: int, around: Surroundings, now: datetime
) -> None:
    """Send the message if it still waits; raises core.outbox's Again, Later or GiveUp.

    `tries` counts from 1; the last one fails for good.
    """
    while True:  # at most once for each way: a way that was refused is not open again
        attempt = _begin(outgoing_id, round_, around, now)
        if attempt is None:
            return
        if isinstance(attempt, Later):
            raise attempt
        if _carry(attempt, around.carrier, now, tries):
            return


def _carry(attempt: Attempt, carrier: Carrier, now: datetime, tries: int) -> bool:
    """Call WeChat; False when another way may be open."""
    try:
        wechat_id = carrier.carry(attempt.parcel)
    except api_errors.NothingToDo:
        outcomes.sent(attempt, now=now, reason="already_there")
    except api_errors.ApiError as error:
        return outcomes.refused(attempt, error, now=now, tries=tries)
    except api_errors.Unanswered as error:
        outcomes.unanswered(attempt, error, now=now, tries=tries)
    except DomainError as error:  # BeyondLimits: our client did not even ask
        return outcomes.close_way(attempt, "content_refused", error.detail, now=now)
    else:
        outcomes.sent(attempt, now=now, wechat_id=wechat_id)
    return True


@transaction.atomic
def _begin(
    outgoing_id: int, round_: int, around: Surroundings, now: datetime
) -> Attempt | Later | None:
    """Write `sending` and return the attempt; or write down why not. None: nothing left to do."""
    rows = Outgoing.objects.select_for_update(of=("self",)).select_related("account")
    outgoing = rows.get(pk=outgoing_id)
    if outgoing.round != round_:
        return None  # staff began anew: that round has a message of its own in the outbox
    revived = outgoing.state == State.FAILED and outgoing.reason == "given_up"
    if outgoing.state not in (State.WAITING, State.SENDING) and not revived:
        return None  # `revived`: the operator brought the dead letter back
    if outgoing.state == State.SENDING:
        # Whoever wrote this never came back; if it is only slow, it may still write the result.
        outgoing.is_uncertain = True
    if outgoing.is_uncertain and not outcomes.may_repeat(outgoing, now=now):
        reason = outgoing.reason or "interrupted"
        change(outgoing, now=now, state=State.UNKNOWN, reason=reason)
        return None
    account = find_account(outgoing.account.slug, secrets=around.secrets)
    if account is None:
        raise LookupError(outgoing.account.slug)  # the foreign key keeps it from going away
    situation = read_situation(outgoing, account=account, now=now)
    if outgoing.is_uncertain:
        situation = replace(situation, offered=situation.offered & {ways.TEMPLATE})
    is_answer = get_purpose(outgoing.purpose).is_answer
    morning = None if outgoing.is_urgent else around.quiet.end_of(now)
    if morning and not ways.may_disturb(situation, is_answer=is_answer):
        return _wait(outgoing, morning, "quiet_hours", now)
    return _reserve_and_start(outgoing, account, situation, is_answer, now)


def _reserve_and_start(
    outgoing: Outgoing, account: Account, situation: Situation, is_answer: bool, now: datetime
) -> Attempt | None:
    while True:
        way = ways.find_way(situation, is_answer=is_answer)
        if isinstance(way, NoWay):
            outcomes.no_way(outgoing, way, now=now)
            return None
        held = reservations.take(account_id=outgoing.account_id, openid=outgoing.openid, way=way)
        if held is not None:
            break
        # Another message took the last one since we looked.
        if way.channel == ways.SERVICE:
            situation = replace(situation, service_left=0)
        else:
            situation = replace(situation, grants_left=0)
    token = randomness.token_hex(16)
    change(
        outgoing,
        now=now,
        state=State.SENDING,
        channel=way.channel,
        template_id=way.template.template_id if way.template else "",
        reason="",
        token=token,
        is_uncertain=outgoing.is_uncertain,
        first_tried_at=outgoing.first_tried_at or now,
    )
    return Attempt(outgoing.pk, token, _parcel(outgoing, account, way), held)


def _parcel(outgoing: Outgoing, account: Account, way: Way) -> Parcel:
    template = way.template
    return Parcel(
        account=account,
        channel=way.channel,
        openid=outgoing.openid,
        text=outgoing.text,
        url=outgoing.url,
        is_ai=outgoing.is_ai,
        client_msg_id=f"minyi-{outgoing.pk}-{outgoing.round}",
        template_id=template.template_id if template else "",
        fields=fill_fields(template.fields, outgoing.facts) if template else {},
    )


def _wait(outgoing: Outgoing, at: datetime, reason: str, now: datetime) -> Later:
    """Write down until when it waits and why. The outbox comes back then."""
    if (outgoing.due_at, outgoing.reason) != (at, reason):
        change(outgoing, now=now, due_at=at, reason=reason)
    return Later(at, reason=reason)
