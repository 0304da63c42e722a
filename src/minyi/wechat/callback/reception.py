# SPDX-License-Identifier: Apache-2.0
"""Who deals with a message that cannot be answered from memory alone, and what is kept of it.

The same message may come again while the first is still being dealt with: then both wait for the
one piece of work, and both get its answer.
"""

import asyncio
import time
from collections.abc import Mapping

from django.db import Error as DatabaseFault
from django.db import transaction
from django.utils import timezone

from ..conversation.planning import Book, Lane, Plan
from ..outgoing.carrier import with_link
from ..outgoing.windows import TRIGGERS
from ..services.inbox import Letter
from ..services.outgoing import ReplyWords, take_for_reply
from .endpoints import Endpoint
from .errands import Asked
from .events import take_notice
from .inbox import InboxWriter, Overloaded
from .messages import MAX_TEXT_BYTES, Message, NotAMessage, Reply, text_reply
from .recorder import NotWritten, account_ids
from .slow import SlowLane


class Unwilling(Exception):
    """Nothing was taken over: WeChat must send the message again."""


class Reception:
    """The lanes of one process; used on one event loop."""

    def __init__(self, *, writer: InboxWriter, slow: SlowLane) -> None:
        self._writer = writer
        self._slow = slow
        self._under_way: dict[bytes, asyncio.Task[Reply | None]] = {}

    def note(self, account: str, message: Message, reply: Reply | None) -> None:
        """Have an answered message written down, soon; raises Unwilling."""
        try:
            self._writer.note(Letter(account, message, reply))
        except Overloaded as error:
            raise Unwilling from error

    async def attend(
        self, account: str, endpoint: Endpoint, message: Message, plan: Plan
    ) -> Reply | None:
        """Deal with a message and return what to answer; raises Unwilling."""
        if plan.lane is Lane.PASSED:
            return None
        task = self._under_way.get(message.identity)
        if task is None:
            task = asyncio.ensure_future(self._answer(account, endpoint, message, plan))
            self._under_way[message.identity] = task
            task.add_done_callback(lambda _done: self._under_way.pop(message.identity, None))
        try:
            return await asyncio.shield(task)
        except (Overloaded, NotWritten, DatabaseFault) as error:
            raise Unwilling from error

    async def close(self) -> None:
        """Finish what is under way and write down what waits."""
        await self._slow.finish()
        await self._writer.close()

    async def _answer(
        self, account: str, endpoint: Endpoint, message: Message, plan: Plan
    ) -> Reply | None:
        """Deal with a message; what waited for its sender goes along with the answer."""
        until = time.monotonic() + TAKEN_WITHIN_S
        reply = await self._deal_with(account, endpoint, message, plan)
        if message.sender not in endpoint.waited_for or not _may_be_answered(message):
            return reply
        if reply is not None and (reply.is_alone or len(reply.late.encode()) > LONGEST_BESIDE):
            return reply
        try:
            return await self._slow.at_once(_add_what_waits, account, message, reply, until)
        except DatabaseFault:
            return reply  # it waits on

    async def _deal_with(
        self, account: str, endpoint: Endpoint, message: Message, plan: Plan
    ) -> Reply | None:
        if plan.lane is Lane.ANSWERED:
            self._writer.note(Letter(account, message, plan.reply))
            return plan.reply
        if plan.lane is Lane.KEPT:
            await self._writer.keep(Letter(account, message, plan.reply))
            return plan.reply
        if plan.lane is Lane.NOTICE:
            await self._slow.take(self._slow.in_thread(_take_notice, account, message))
            return None
        if plan.lane is Lane.PERSON:
            return await self._show_to_person(account, endpoint.book, message, plan)
        outcome = await self._slow.run(Asked(account, message, plan, endpoint.crypt is not None))
        if plan.otherwise is not None and outcome.reply is None and not outcome.is_late:
            return await self._deal_with(account, endpoint, message, plan.otherwise)
        self._writer.note(
            Letter(account, message, outcome.reply, text=_KEPT_INSTEAD.get(plan.errand))
        )
        return outcome.reply

    async def _show_to_person(
        self, account: str, book: Book, message: Message, plan: Plan
    ) -> Reply | None:
        is_leaving = message.event == "unsubscribe"
        letter = Letter(
            account,
            message,
            plan.reply,
            must_see=not is_leaving,
            missed=plan.reply is not None and not is_leaving and not plan.unless_taken,
            unless_taken=plan.unless_taken,
            calls=plan.calls,
            when_called=book.phrases.called,
            when_still_called=book.phrases.still_called,
        )
        return letter.reply(await self._writer.keep(letter))


TAKEN_WITHIN_S = 4.0  # later WeChat may have hung up, and what was taken would seem sent
AI_MARK_ROOM = 128
LONGEST_BESIDE = MAX_TEXT_BYTES // 2  # bytes of an answer beside which something else has room


def _may_be_answered(message: Message) -> bool:
    return message.kind != "event" or message.event in TRIGGERS


def _add_what_waits(
    account: str, message: Message, reply: Reply | None, until: float
) -> Reply | None:
    """Put what waits for this person before the answer: one text, as WeChat takes one reply."""
    waited = _take_in_time(account, message, until)
    if waited is None:
        return reply
    is_ai = waited.is_ai or (reply is not None and reply.is_ai)
    rest = f"\n\n{reply.late}" if reply else ""
    room = MAX_TEXT_BYTES - len(rest.encode()) - AI_MARK_ROOM
    return text_reply(with_link(waited.text, waited.url, room=room) + rest, is_ai=is_ai)


def _take_in_time(account: str, message: Message, until: float) -> ReplyWords | None:
    """Take what waits, unless that comes too late for this answer: then it waits on."""
    if time.monotonic() > until:
        return None
    with transaction.atomic():
        waited = take_for_reply(
            account=account,
            openid=message.sender,
            answering=message.identity.hex(),
            now=timezone.now(),
        )
        if time.monotonic() > until:  # the rows were locked for too long
            transaction.set_rollback(True)
            return None
    return waited


# What is kept of a message whose own words must not lie beside the sender's name: a ballot.
_KEPT_INSTEAD: Mapping[str, str] = {"vote": "（在对话中写了选票，内容不留存）"}


def _take_notice(account: str, message: Message) -> None:
    try:
        take_notice(account=account, message=message, account_ids=account_ids(), now=timezone.now())
    except NotAMessage:
        # The outer check has read it already, so only its depth can be wrong: nothing of WeChat's.
        return
