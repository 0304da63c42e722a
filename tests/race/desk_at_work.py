# SPDX-License-Identifier: Apache-2.0
"""Eight case workers press the same button at once; run as a program on a database of its own."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from minyi.core.errors import DomainError  # noqa: E402
from minyi.wechat.models import ChatMessage, Conversation, Handling, Outgoing  # noqa: E402
from minyi.wechat.services import desk  # noqa: E402
from minyi.wechat.tests.given_desk import given_clerk, given_conversation  # noqa: E402
from minyi.wechat.tests.given_outgoing import Office  # noqa: E402

MANY = 8


def at_once(*acts: Callable[[], object]) -> list[str]:
    """Run the acts together; return what came of each."""
    together = Barrier(len(acts))

    def run(act: Callable[[], object]) -> str:
        together.wait()
        try:
            act()
        except DomainError as refusal:
            return refusal.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as people:
        return sorted(people.map(run, acts))


def main() -> None:
    now = timezone.now()
    office = Office(now=now)
    actors = [given_clerk(office).actor for _ in range(MANY)]
    talk = given_conversation(office)
    taken = at_once(
        *(
            lambda actor=actor: desk.take_over(conversation_id=talk.pk, actor=actor, now=now)
            for actor in actors
        )
    )
    holder = str(Conversation.objects.get().assignee_id)
    held_by = next(actor for actor in actors if actor.id == holder)
    seen = ChatMessage.objects.latest("pk").pk
    answered = at_once(
        *[
            lambda: desk.answer(
                conversation_id=talk.pk,
                words="您好",
                nonce="a" * 32,
                seen=seen,
                actor=held_by,
                now=now,
            )
        ]
        * MANY
    )
    print(  # noqa: T201 - the test reads it
        json.dumps(
            {
                "taken": taken,
                "handlings": Handling.objects.count(),
                "answered": answered,
                "messages": ChatMessage.objects.filter(direction="out").count(),
                "outgoing": Outgoing.objects.count(),
            }
        )
    )


if __name__ == "__main__":
    assert os.environ["DATABASE_URL"]
    main()
