# SPDX-License-Identifier: Apache-2.0
"""Which way a message takes: what the window, the consents and the account allow, in one order.

    customer service → subscription notice → template message → none, and then staff is told why

(A passive reply costs nothing, but only a message of the citizen makes one possible: see
`services.outgoing.take_for_reply`.) Pure: facts in, a way or the reasons out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..models import OutgoingChannel

SERVICE = OutgoingChannel.SERVICE.value
SUBSCRIPTION = OutgoingChannel.SUBSCRIPTION.value
TEMPLATE = OutgoingChannel.TEMPLATE.value
ORDER = (SERVICE, SUBSCRIPTION, TEMPLATE)


@dataclass(frozen=True, slots=True)
class TemplateChoice:
    """The account's template for a purpose, and which fact goes into which of its fields."""

    template_id: str
    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known about one person in one account at this moment.

    `is_following` is None when we never heard. `refused`: way → reason code WeChat gave already.
    """

    is_following: bool | None = None
    is_blocked: bool = False
    has_opted_out: bool = False
    refuses_messages: bool = False
    service_left: int = 0
    grants_left: int = 0
    offered: frozenset[str] = frozenset(ORDER)
    templates: Mapping[str, TemplateChoice] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Way:
    """How to send."""

    channel: str
    template: TemplateChoice | None = None


@dataclass(frozen=True, slots=True)
class NoWay:
    """Why not to send: one reason code, and for each way the reason it was left out."""

    reason: str
    each: Mapping[str, str] = field(default_factory=dict)


def find_way(situation: Situation, *, is_answer: bool) -> Way | NoWay:
    """Return the first way that is open, or why none is."""
    if situation.is_blocked:
        return NoWay("blocked")
    if situation.refuses_messages:
        return NoWay("refuses_messages")
    may_answer = is_answer and _obstacle(SERVICE, situation) == ""
    if situation.has_opted_out and not may_answer:
        return NoWay("opted_out")
    each: dict[str, str] = {}
    for channel in ORDER:
        obstacle = _obstacle(channel, situation)
        if not obstacle:
            return Way(channel, situation.templates.get(channel))
        each[channel] = obstacle
        if situation.has_opted_out:
            break  # an answer goes as an answer or not at all
    return NoWay("no_way", each)


def may_disturb(situation: Situation, *, is_answer: bool) -> bool:
    """Tell whether this message may go out at night: the answer to somebody who is there."""
    return is_answer and situation.service_left > 0


def _obstacle(channel: str, situation: Situation) -> str:
    """Return the reason code for which this way is closed; empty when it is open."""
    if channel in situation.refused:
        return situation.refused[channel]
    if channel not in situation.offered:
        return "not_offered"
    if channel == SERVICE:
        return "" if situation.service_left > 0 else "window_closed"
    if channel not in situation.templates:
        return "no_template"
    if channel == SUBSCRIPTION:
        return "" if situation.grants_left > 0 else "no_grant"
    return "not_following" if situation.is_following is False else ""
