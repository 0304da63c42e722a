# SPDX-License-Identifier: Apache-2.0
"""Write down what citizens sent and what the robot answered: a whole batch in one transaction.

A crowd writes at once, so this is SQL over one JSON text per batch (as in `ballotbox.schema`):
while the database works through it the interpreter is free for the event loop, and ORM rows would
cost ten times as much. Contract tests hold the statements against the migrated tables.

An identity already written makes its letter do nothing, whichever process it came to: one batch
writes at a time (SQLite's write lock; an advisory lock on PostgreSQL).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
from django.db import connection, transaction
from django.utils import timezone

from minyi.core import outbox
from minyi.wechat.callback.messages import CountedText, Message, Reply
from minyi.wechat.models import Contact, Conversation
from minyi.wechat.outgoing.windows import ALLOWANCES, LONGEST, MESSAGE, SHORT, TRIGGERS
from minyi.wechat.queries.waiting import find_waiting

from . import inbox_sql
from .grants import end_grants
from .outgoing import WINDOW_TOPIC
from .scenes import note_scan

LONGEST_LAST_TEXT = 120
_INBOX_LOCK = 0x696E626F78  # «inbox»
_json = msgspec.json.Encoder()


class Letter(NamedTuple):
    """One thing a citizen sent, and what became of it at the counter.

    `must_see`: a person must read it. `missed`: no answer fitted. `calls`: a person was asked for.
    `text`: what to keep of it where the words themselves must not be kept (a ballot).
    `when_called`: what to say instead of `answer` once a person has been called.
    `when_still_called`: what to say to who calls once more, from how many wait before them.
    `unless_taken`: `answer` fits, and is given unless a person has taken the conversation over.
    """

    account: str
    message: Message
    answer: Reply | None = None
    must_see: bool = False
    missed: bool = False
    calls: bool = False
    text: str | None = None
    when_called: Reply | None = None
    unless_taken: bool = False
    when_still_called: CountedText | None = None

    def reply(self, recorded: "Recorded") -> Reply | None:
        """Return the words for what is to be said."""
        match recorded.says:
            case Says.ANSWER:
                return self.answer
            case Says.CALLED:
                return self.when_called
            case Says.STILL_CALLED if self.when_still_called:
                return self.when_still_called.reply(recorded.ahead)
        return None


class Says(IntEnum):
    """What suits a conversation as it is now."""

    NOTHING = 0
    ANSWER = 1
    CALLED = 2
    STILL_CALLED = 3


class Recorded(NamedTuple):
    """What a letter led to: whether it was new, what is said to it, how many wait before them."""

    is_new: bool
    says: Says
    ahead: int = 0


_KNOWN = Recorded(is_new=False, says=Says.NOTHING)


@dataclass(slots=True)
class _Change:
    """What the letters of one batch change for one contact."""

    account_id: int
    openid: str
    at: str
    last_text: str = ""
    trigger: str = ""
    window_at: str = ""
    since_long: str = ""
    since_short: str = ""
    unread: int = 0
    missed_first: int = 0  # before the first letter an answer fitted
    missed_last: int = 0  # after the last one
    was_answered: bool = False
    calls: bool = False
    talks: bool = False  # there is something for the conversation, not only for the contact
    follow: str = ""
    scene: str = ""


@transaction.atomic
def record_letters(letters: Sequence[Letter], *, account_ids: dict[str, int]) -> list[Recorded]:
    """Write a batch and tell, for each letter, what it led to."""
    _take_turn()
    fresh = _without_known(letters)
    changes = _fold(fresh, account_ids)
    _write(inbox_sql.ADD_CONTACTS, [_contact_row(change) for change in changes.values()])
    _write(
        inbox_sql.OPEN_WINDOWS,
        [_window_row(change) for change in changes.values() if change.trigger],
    )
    for change in changes.values():
        if change.follow:
            _follow(change)
    for letter in fresh.values():
        _count_scan(letter, account_ids)
    talking = [change for change in changes.values() if change.talks]
    _write(inbox_sql.ADD_CONVERSATIONS, [[c.account_id, c.openid, c.at] for c in talking])
    _write(inbox_sql.CHANGE_CONVERSATIONS, [_conversation_row(change) for change in talking])
    states = _states([change for change in talking if change.unread])
    places = _places([c for c in talking if c.calls], states)
    recorded = {
        identity: _recorded(
            letter,
            states.get(_place(letter, account_ids)),
            places.get(_place(letter, account_ids)),
        )
        for identity, letter in fresh.items()
    }
    _write(inbox_sql.ADD_MESSAGES, _message_rows(fresh, recorded, account_ids))
    _tell_of_windows({place: c.window_at for place, c in changes.items() if c.trigger})
    return [recorded.get(letter.message.identity, _KNOWN) for letter in letters]


def _tell_of_windows(opened: dict[tuple[int, str], str]) -> None:
    """Have tried again what found no way to these people: they can be written to now."""
    if not opened:
        return
    now = timezone.now()
    for account_id, openid in find_waiting(places=list(opened), now=now):
        outbox.send(
            topic=WINDOW_TOPIC,
            key=f"{account_id}:{openid}:{opened[account_id, openid]}",
            payload={"account": account_id, "openid": openid},
            now=now,
        )


def moment(sent_at: str) -> datetime:
    """Return WeChat's CreateTime as a moment."""
    return datetime.fromtimestamp(int(sent_at), tz=UTC)


def _take_turn() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_INBOX_LOCK])


def _without_known(letters: Sequence[Letter]) -> dict[bytes, Letter]:
    by_identity: dict[bytes, Letter] = {}
    for letter in letters:
        by_identity.setdefault(letter.message.identity, letter)
    names: list[list[object]] = [[identity.hex()] for identity in by_identity]
    known = {row[0] for row in _read(inbox_sql.FIND_MESSAGES, names)}
    return {
        letter.message.identity: letter
        for letter in by_identity.values()
        if letter.message.identity.hex() not in known
    }


def _fold(
    fresh: dict[bytes, Letter], account_ids: dict[str, int]
) -> dict[tuple[int, str], _Change]:
    """Sum up what the letters change, in the order in which they were sent."""
    changes: dict[tuple[int, str], _Change] = {}
    for letter in sorted(fresh.values(), key=lambda one: int(one.message.sent_at)):
        message = letter.message
        place = _place(letter, account_ids)
        at, since_long, since_short = _moments(message.sent_at)
        change = changes.get(place)
        if change is None:
            change = changes[place] = _Change(*place, at)
        change.at = at
        trigger = MESSAGE if message.kind != "event" else TRIGGERS.get(message.event, "")
        if (trigger and change.trigger != MESSAGE) or trigger == MESSAGE:
            change.trigger, change.window_at = trigger, at
            change.since_long, change.since_short = since_long, since_short
        if message.event in ("subscribe", "unsubscribe"):
            change.follow = message.event
        if message.event in ("subscribe", "SCAN") and message.key:
            change.scene = message.key.removeprefix("qrscene_")[:64]
        if not _is_told(message):
            continue
        change.talks = True
        change.last_text = words_of(letter)[:LONGEST_LAST_TEXT]
        change.unread += letter.must_see
        change.calls |= letter.calls
        _count_missed(change, letter)
    return changes


def _count_missed(change: _Change, letter: Letter) -> None:
    if not letter.missed:
        change.was_answered, change.missed_last = True, 0
        return
    change.missed_last += 1
    change.missed_first += not change.was_answered
    change.calls |= change.missed_last >= inbox_sql.CALLS_AFTER


def _contact_row(change: _Change) -> list[object]:
    is_following = change.follow != "unsubscribe"
    return [change.account_id, change.openid, change.at, is_following, change.scene]


def _window_row(change: _Change) -> list[object]:
    return [
        *(change.account_id, change.openid, change.window_at, change.trigger),
        *(ALLOWANCES[change.trigger].messages, change.since_long, change.since_short),
    ]


def _follow(change: _Change) -> None:
    contact = Contact.objects.filter(account_id=change.account_id, openid=change.openid)
    if change.follow == "subscribe":
        at = _aware(datetime.fromisoformat(change.at))
        contact.update(is_following=True, followed_at=at, scene=change.scene)
    else:
        # Whoever leaves wants nothing more (wechat-api.md §1.6): no window, no notice.
        at = _aware(datetime.fromisoformat(change.at))
        contact.update(is_following=False, left_at=at, window_kind="", window_left=0)
        end_grants(account_id=change.account_id, openid=change.openid, now=at)


def _count_scan(letter: Letter, account_ids: dict[str, int]) -> None:
    message = letter.message
    if message.event not in ("subscribe", "SCAN") or not message.key:
        return
    note_scan(
        account_id=account_ids[letter.account],
        key=message.key.removeprefix("qrscene_"),
        followed=message.event == "subscribe",
    )


def _conversation_row(change: _Change) -> list[object]:
    return [
        *(change.account_id, change.openid, change.at, change.last_text, change.unread),
        *(change.missed_first, change.missed_last, change.was_answered, change.calls),
    ]


def _message_rows(
    fresh: dict[bytes, Letter], recorded: dict[bytes, Recorded], account_ids: dict[str, int]
) -> list[list[object]]:
    rows: list[list[object]] = []
    for letter in fresh.values():
        message = letter.message
        if not _is_told(message):
            continue
        place = _place(letter, account_ids)
        at = _moments(message.sent_at)[0]
        media_id = message.fields.get("MediaId", "")[:128]
        kind, identity = message.kind[:20], message.identity.hex()
        rows.append([*place, at, "in", kind, words_of(letter), media_id, identity, *_FROM_CITIZEN])
        reply = letter.reply(recorded[message.identity])
        if reply is not None:
            rows.append(
                [*place, at, "out", reply.kind, reply.said, "", None, "robot", reply.is_ai, "sent"]
            )
    return rows


def _is_told(message: Message) -> bool:
    """Tell whether it belongs into the conversation, so that its identity is kept."""
    return message.kind != "event" or message.event in _TOLD_EVENTS


_FROM_CITIZEN = ("citizen", False, "received")
_TOLD_EVENTS = {
    *TRIGGERS,
    *("unsubscribe", "subscribe_msg_popup_event", "subscribe_msg_change_event"),
}


def words_of(letter: Letter) -> str:
    """Return what a reader of the conversation is shown of a message."""
    if letter.text is not None:
        return letter.text
    message = letter.message
    if message.kind == "event":
        return f"{message.event} {message.key}".strip()
    fields = message.fields
    told = (
        message.content
        or fields.get("Label", "")
        or " ".join(filter(None, (fields.get("Title", ""), fields.get("Url", ""))))
    )
    return told.replace("\0", "")


def _states(changes: Sequence[_Change]) -> dict[tuple[int, str], tuple[str, bool]]:
    places = [[change.account_id, change.openid, change.at] for change in changes]
    return {
        (account_id, openid): (state, bool(is_called))
        for account_id, openid, state, is_called in _read(inbox_sql.FIND_STATES, places)
    }


def _places(
    calling: Sequence[_Change], states: dict[tuple[int, str], tuple[str, bool]]
) -> dict[tuple[int, str], int]:
    """Return how many wait before those who had called already and call once more."""
    again = [
        [change.account_id, change.openid, change.at]
        for change in calling
        if states.get((change.account_id, change.openid)) == (Conversation.State.WAITING, False)
    ]
    return {
        (account_id, openid): ahead
        for account_id, openid, ahead in _read(inbox_sql.FIND_PLACES, again)
    }


def _place(letter: Letter, account_ids: dict[str, int]) -> tuple[int, str]:
    return account_ids[letter.account], letter.message.sender


def _recorded(letter: Letter, found: tuple[str, bool] | None, ahead: int | None) -> Recorded:
    """Tell what to say: where a person has taken over, or is about to, the robot is silent."""
    if found is None or not letter.must_see:
        return Recorded(True, Says.ANSWER)
    state, is_called = found
    if state == Conversation.State.PERSON:
        return Recorded(True, Says.NOTHING)
    if state == Conversation.State.WAITING and not letter.unless_taken:
        if letter.calls and ahead is not None and letter.when_still_called:
            return Recorded(True, Says.STILL_CALLED, ahead)
        return Recorded(True, Says.CALLED if is_called or letter.calls else Says.NOTHING)
    return Recorded(True, Says.ANSWER)


@lru_cache(maxsize=4096)  # a crowd writes many messages a second; the backend takes 25 µs for one
def _moments(sent_at: str) -> tuple[str, str, str]:
    """Return when it was sent, and since when a long and a short window would still be open.

    As this database keeps moments, so that they compare as texts do.
    """
    at = moment(sent_at)
    return _stored(at), _stored(at - LONGEST), _stored(at - SHORT)


def _stored(at: datetime) -> str:
    return str(connection.ops.adapt_datetimefield_value(at))


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _write(statement: inbox_sql.Statement, rows: list[list[object]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(statement.for_(connection.vendor), [_json.encode(rows).decode()])


def _read(statement: inbox_sql.Statement, rows: list[list[object]]) -> list[tuple[Any, ...]]:
    if not rows:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement.for_(connection.vendor), [_json.encode(rows).decode()])
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
