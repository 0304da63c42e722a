# SPDX-License-Identifier: Apache-2.0
"""What takes the database or another service to answer: ballots, one's matters, questions.

Each errand is a coroutine; what blocks runs in the slow lane's threads. It returns the reply, or
None where a person should answer instead.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import httpx
from django.conf import settings
from django.db import close_old_connections
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from minyi.citizens.matters import Matter, list_matters
from minyi.citizens.services.recognition import recognise_citizen
from minyi.citizens.session import NewSession, make_session

from ..conversation.phrases import link_to
from ..conversation.planning import Plan
from ..services.contacts import know_citizen
from ..services.outgoing import switch_notices
from ..services.unconfirmed import find_ballot
from .answering import Answerer
from .ballots import box_transport, post_ballot
from .messages import Message, Reply, text_reply
from .voting import (
    Link,
    ReadyBallot,
    Voter,
    answer_ballot,
    cancel_ballot,
    prepare_ballot,
    read_aloud,
)

MOST_MATTERS = 6
MOST_QUESTIONS = 40  # in hand at once; far below slow.MOST_AT_ONCE, so that ballots find room
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """One errand: who asks what, through which account."""

    account: str
    message: Message
    plan: Plan
    is_sealed: bool  # the body itself is vouched for: not so in plain mode (wechat-api.md §1.2)


Errand = Callable[[Asked], Coroutine[Any, Any, Reply | None]]


class Errands:
    """The errands of this process, with the threads they use."""

    def __init__(
        self,
        *,
        find_answerer: Callable[[], Answerer | None],
        ballots: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._find_answerer = find_answerer
        self._ballots = ballots
        self._threads = ThreadPoolExecutor(4, thread_name_prefix="wechat-errands")
        # An answerer may take long: ballots and notices must not queue behind four questions.
        self._questions = ThreadPoolExecutor(4, thread_name_prefix="wechat-questions")
        self._asked = 0  # questions that run or wait; counted on the event loop
        # What takes a moment must not queue behind anything.
        self._short = ThreadPoolExecutor(2, thread_name_prefix="wechat-notes")
        self.by_name: Mapping[str, Errand] = {
            "vote": self.read_aloud,
            "confirm": self.vote,
            "cancel": self.cancel,
            "matters": self.tell_matters,
            "ask": self.ask,
            "notices_off": self.switch_notices_off,
            "notices_on": self.switch_notices_on,
        }

    async def read_aloud(self, asked: Asked) -> Reply | None:
        """Tell somebody which ballot they wrote; nothing is cast yet."""
        work = _read_aloud if asked.is_sealed else _vote_on_the_page
        return await self.in_thread(work, asked)

    async def vote(self, asked: Asked) -> Reply | None:
        """Cast the ballot somebody has seen and confirmed, by the one way there is."""
        if not asked.is_sealed:
            return None
        ready = await self.in_thread(_prepare_ballot, asked)
        if not isinstance(ready, ReadyBallot):
            return ready
        if self._ballots is None:
            self._ballots = box_transport()
        answer = await post_ballot(ready.ballot, transport=self._ballots)
        return await self.in_thread(
            partial(answer_ballot, public_url=settings.PUBLIC_URL, cast=ready.cast),
            ready.round,
            answer,
        )

    async def cancel(self, asked: Asked) -> Reply | None:
        """Void the ballot that waits, if any."""
        return await self.in_thread(_cancel_ballot, asked) if asked.is_sealed else None

    async def tell_matters(self, asked: Asked) -> Reply | None:
        """Say how the person's own matters stand."""
        return await self.in_thread(_tell_matters, asked)

    async def switch_notices_off(self, asked: Asked) -> Reply | None:
        """Send this person nothing any more that they have not just asked for."""
        return await self.in_thread(_switch_notices_off, asked)

    async def switch_notices_on(self, asked: Asked) -> Reply | None:
        """Send notices again."""
        return await self.in_thread(_switch_notices_on, asked)

    async def ask(self, asked: Asked) -> Reply | None:
        """Put the question to the answerer; with too many in hand a person answers."""
        answerer = self._find_answerer()
        if answerer is None or self._asked >= MOST_QUESTIONS:
            return None
        self._asked += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(
                self._questions, _in_office, _put_question, answerer, asked
            )
        finally:
            self._asked -= 1

    async def in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        """Run what blocks, in the office's language and with a connection of its own."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, _in_office, work, *arguments)

    async def at_once(self, work: Callable[..., T], *arguments: object) -> T:
        """Run what takes no longer than a row takes to be written."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._short, _in_office, work, *arguments)


def _in_office(work: Callable[..., T], *arguments: object) -> T:
    close_old_connections()
    try:
        with translation.override(settings.LANGUAGE_CODE):
            return work(*arguments)
    finally:
        close_old_connections()


def _put_question(answerer: Answerer, asked: Asked) -> Reply | None:
    answered = answerer.answer(
        account=asked.account, openid=asked.message.sender, question=asked.message.content
    )
    return text_reply(answered.text, is_ai=answered.is_ai) if answered else None


def _session(asked: Asked) -> NewSession:
    """Return a session for whoever wrote: WeChat's own server, by its signature, says who."""
    openid, now = asked.message.sender, timezone.now()
    citizen = recognise_citizen(channel="wechat", account=asked.account, subject=openid, now=now)
    know_citizen(account=asked.account, openid=openid, citizen_id=citizen.pk, now=now)
    return make_session(
        citizen_id=str(citizen.pk), channel="wechat", account=asked.account, subject=openid
    )


def _voter(asked: Asked) -> Voter:
    return Voter(_session(asked), settings.LANGUAGE_CODE, settings.PUBLIC_URL)


def _read_aloud(asked: Asked) -> Reply:
    if asked.plan.picks is None:
        raise ValueError("A ballot has picks.")
    return read_aloud(
        voter=_voter(asked),
        picks=asked.plan.picks,
        nonce=nonce_for(asked.message),
        is_beside=asked.plan.is_beside,
        now=timezone.now(),
    )


def _prepare_ballot(asked: Asked) -> ReadyBallot | Reply | None:
    now = timezone.now()
    written = find_ballot(account=asked.account, openid=asked.message.sender, now=now)
    return prepare_ballot(voter=_voter(asked), written=written, now=now) if written else None


def _cancel_ballot(asked: Asked) -> Reply | None:
    now = timezone.now()
    written = find_ballot(account=asked.account, openid=asked.message.sender, now=now)
    return cancel_ballot(voter=_voter(asked), written=written, now=now) if written else None


def nonce_for(message: Message) -> str:
    """Return the ballot's nonce, made from the numbers' message: confirmed twice, it counts once.

    Keyed, so that the ballot's row does not lead to the message's.
    """
    return salted_hmac("minyi.wechat.voting", message.identity, algorithm="sha256").hexdigest()[:32]


def _vote_on_the_page(_asked: Asked) -> Reply:
    page = link_to(Link(_("打开投票页面"), f"{settings.PUBLIC_URL}/"))
    return text_reply(
        _("本公众号未启用安全模式，不能在对话中投票，没有计票。%(page)s") % {"page": page}
    )


def _switch_notices_off(asked: Asked) -> Reply:
    _switch_notices(asked, wanted=False)
    return text_reply(
        _(
            "已为您关闭通知，今后不再主动向您发送提醒。您仍然可以在这里提问、投票和查询进度。"
            "需要时回复“恢复通知”即可重新打开。公众号群发的文章不受影响，不想接收的请取消关注。"
        )
    )


def _switch_notices_on(asked: Asked) -> Reply:
    _switch_notices(asked, wanted=True)
    return text_reply(_("已为您恢复通知，您参与的事项有进展时会告诉您。回复“退订”可以随时关闭。"))


def _switch_notices(asked: Asked, *, wanted: bool) -> None:
    openid = asked.message.sender
    switch_notices(account=asked.account, openid=openid, wanted=wanted, now=timezone.now())


def _tell_matters(asked: Asked) -> Reply:
    found = list_matters(session=_session(asked).session, now=timezone.now())
    if not found:
        return text_reply(
            _("没有查到您的推荐、选票或者办件。%(page)s")
            % {"page": link_to(Link(_("查看全部活动"), f"{settings.PUBLIC_URL}/"))}
        )
    return replace(
        text_reply("\n".join([_("您的事项："), *map(_line, found[:MOST_MATTERS])])),
        said=str(_("（本人事项查询的答复，不留存）")),
    )


def _line(matter: Matter) -> str:
    title = link_to(Link(matter.title, f"{settings.PUBLIC_URL}{matter.url}"))
    day = timezone.localtime(matter.at).strftime("%Y-%m-%d")
    return f"· {title}\n  {matter.state}（{day}）"
