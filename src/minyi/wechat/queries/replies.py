# SPDX-License-Identifier: Apache-2.0
"""Which of an account's own answers never get their turn. The rule itself: `wechat.conversation`.

An exact word comes first. Then what the account understands by itself (a person is asked for, a
ballot, one's own matters). Then the words that may stand anywhere, in the office's order.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from minyi.wechat.conversation.picks import read_picks
from minyi.wechat.conversation.wording import asks_for_matters, asks_for_person
from minyi.wechat.models import KeywordReply


@dataclass(frozen=True, slots=True)
class Conflict:
    """A word that never gets its answer. `taken_by` 0: the account understands it by itself."""

    pk: int
    word: str
    taken_by: int = 0


def fold(text: str) -> str:
    """Return a text as it is compared: without blanks around it, in small letters."""
    return text.strip().casefold()


def find_conflicts(replies: Sequence[KeywordReply]) -> list[Conflict]:
    """Return the words that something else takes; `replies` are those that are on, in order."""
    exact: dict[str, int] = {}
    above: list[tuple[str, int]] = []
    found: list[Conflict] = []
    for reply in replies:
        if reply.match == KeywordReply.Match.EXACT:
            words = [fold(word) for word in reply.words]
            takers = ((word, exact.setdefault(word, reply.pk)) for word in words)
            found += [Conflict(reply.pk, word, pk) for word, pk in takers if pk != reply.pk]
        else:
            found += _taken(reply, above)
            above += [(fold(word), reply.pk) for word in reply.words]
    return found


def _taken(reply: KeywordReply, above: Sequence[tuple[str, int]]) -> Iterator[Conflict]:
    for word in map(fold, reply.words):
        taker = next((pk for part, pk in above if part in word), None)
        if _is_understood(word) and reply.answer_kind != KeywordReply.Answer.TRANSFER:
            yield Conflict(reply.pk, word)
        elif taker is not None:
            yield Conflict(reply.pk, word, taker)


def _is_understood(word: str) -> bool:
    return bool(asks_for_person(word) or asks_for_matters(word) or read_picks(word))
