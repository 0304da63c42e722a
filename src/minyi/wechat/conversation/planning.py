# SPDX-License-Identifier: Apache-2.0
"""What an account does with a message. Everything it needs to decide lies in its book, in memory.

    ANSWERED   the reply stands ready; written down afterwards
    KEPT       the reply stands ready; who came or looked in is on the disk before it is given
    ERRAND     something must be looked up or done: the slow lane (errands.py)
    PERSON     a person must see it: on the disk before WeChat is told that it arrived
    NOTICE     WeChat tells what became of something: taken into the database first (events.py)
    PASSED     nothing to say and nothing to keep

Order for a text: «确认» or «取消», where a ballot waits for it; a person when asked for one; an
exact reply of the office; a ballot or a question about one's own matters; the office's other
replies; names; built-in words; a person. While a person is there, everything is said to them,
except an explicit ballot («投 12», then «确认投票» or «取消»): no ballot may lie beside its voter's
name (ADR 13).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from ..callback.messages import Article, Message, Reply, news_reply
from ..outgoing.windows import TRIGGERS
from .phrases import Phrases, list_links
from .picks import Picks, read_picks
from .wording import (
    asks_for_campaigns,
    asks_for_help,
    asks_for_matters,
    asks_for_notices,
    asks_for_person,
    asks_for_silence,
    cancels,
    confirms,
    confirms_ballot,
)

LONGEST_COMMAND = 40  # letters; a longer text is a letter to us, not a word to look up
SHORTEST_NAME = 2


class Lane(Enum):
    """How a message is dealt with."""

    ANSWERED = "answered"
    KEPT = "kept"
    ERRAND = "errand"
    PERSON = "person"
    NOTICE = "notice"
    PASSED = "passed"


class Plan(NamedTuple):
    """What to do with one message. `reply` may be none: then an acknowledgement is enough.

    `otherwise`: what to do where the errand found nothing to say. `is_beside`: a person is there.
    `unless_taken`: the reply is given only if no person has taken the conversation over by now.
    """

    lane: Lane
    reply: Reply | None = None
    errand: str = ""  # a key of Errands.by_name
    picks: Picks | None = None
    calls: bool = False
    is_beside: bool = False
    unless_taken: bool = False
    otherwise: "Plan | None" = None


@dataclass(frozen=True, slots=True)
class Place:
    """Something with a page of its own that a citizen may name: a campaign or a nominee."""

    title: str
    description: str
    url: str
    picture_url: str = ""


@dataclass(frozen=True, slots=True)
class SceneWords:
    """What a QR code's own welcome says: to who follows through it, and to who follows already."""

    welcome: Reply
    greeting: Reply


@dataclass(frozen=True, slots=True)
class Rule:
    """One keyword reply: the words, folded, and what to do (None: call a person)."""

    words: tuple[str, ...]
    reply: Reply | None


@dataclass(frozen=True, slots=True)
class Book:
    """Everything an account knows by heart; made anew every two seconds, never changed."""

    phrases: Phrases
    exact: Mapping[str, Reply | None] = field(default_factory=dict)
    contained: Sequence[Rule] = ()
    clicks: Mapping[str, Reply] = field(default_factory=dict)
    scenes: Mapping[str, SceneWords] = field(default_factory=dict)
    names: Mapping[str, Sequence[Place]] = field(default_factory=dict)
    campaigns: Sequence[Place] = ()
    has_rounds: bool = False
    with_person: frozenset[str] = frozenset()  # openids; the robot is silent
    called: frozenset[str] = frozenset()  # openids who wait for a person, who may come any moment
    has_answerer: bool = False
    # What was decided for words before: in a crowd many say the same.
    decided: dict[str, "Plan"] = field(default_factory=dict, compare=False)


def plan_for(book: Book, message: Message) -> Plan:
    """Decide what to do with a message."""
    if message.kind == "event":
        return _plan_for_event(book, message)
    if message.sender in book.with_person:
        return _plan_beside_person(book, message)
    if message.kind != "text":
        return Plan(Lane.PERSON, book.phrases.otherwise)
    plan = plan_for_words(book, message.content)
    if message.sender not in book.called:
        return plan
    if plan.errand == "ask":
        return Plan(Lane.PERSON)  # they asked for a person, who reads this
    if plan.lane is Lane.ANSWERED:
        # Whoever takes over may have done so in another process: the database is asked.
        return _unless_taken(plan)
    if plan.otherwise is not None and plan.otherwise.lane is Lane.ANSWERED:
        return plan._replace(otherwise=_unless_taken(plan.otherwise))
    return plan


def _unless_taken(plan: Plan) -> Plan:
    return plan._replace(lane=Lane.PERSON, unless_taken=True)


def _plan_beside_person(book: Book, message: Message) -> Plan:
    """A bare number may answer what the person asked; with a verb it can only be a ballot."""
    if message.kind == "text" and book.has_rounds:
        words = message.content.strip().casefold()
        if confirms_ballot(words):
            return Plan(Lane.ERRAND, errand="confirm", otherwise=Plan(Lane.PERSON))
        if cancels(words):
            return Plan(Lane.ERRAND, errand="cancel", otherwise=Plan(Lane.PERSON))
        picks = None if words in book.exact else read_picks(words)
        if picks is not None and picks.is_explicit:
            return _vote(book, picks)._replace(is_beside=True)
    return Plan(Lane.PERSON)


def plan_for_words(book: Book, said: str) -> Plan:
    """Decide what to do with what a citizen wrote, or tapped in the menu."""
    words = said.strip().casefold()
    plan = book.decided.get(words)
    if plan is None:
        plan = _plan_for_words(book, words)
        if len(words) <= LONGEST_COMMAND:
            book.decided[words] = plan
    return plan


def _plan_for_words(book: Book, words: str) -> Plan:
    if confirms(words):
        return Plan(Lane.ERRAND, errand="confirm", otherwise=_plan_for_command(book, words))
    if cancels(words):
        return Plan(Lane.ERRAND, errand="cancel", otherwise=_plan_for_command(book, words))
    return _plan_for_command(book, words)


def _plan_for_command(book: Book, words: str) -> Plan:
    if words in book.exact:
        return _configured(book.exact[words])
    if confirms(words) and book.has_rounds:
        return Plan(Lane.ANSWERED, book.phrases.unconfirmed)
    if cancels(words) and book.has_rounds:
        return Plan(Lane.ANSWERED, book.phrases.uncancelled)
    picks = read_picks(words)
    if len(words) > LONGEST_COMMAND and picks is None:
        return _unanswered(book)
    if asks_for_person(words):
        return Plan(Lane.PERSON, calls=True)
    if picks is not None and (book.has_rounds or picks.is_explicit):
        return _vote(book, picks)
    if asks_for_matters(words):
        return Plan(Lane.ERRAND, errand="matters")
    if asks_for_silence(words):
        return Plan(Lane.ERRAND, errand="notices_off")
    if asks_for_notices(words):
        return Plan(Lane.ERRAND, errand="notices_on")
    return _look_up(book, words)


def _look_up(book: Book, words: str) -> Plan:
    for rule in book.contained:
        if any(word in words for word in rule.words):
            return _configured(rule.reply)
    if words in book.names:
        return Plan(Lane.ANSWERED, _point_to(book.names[words]))
    if asks_for_campaigns(words):
        return Plan(Lane.ANSWERED, book.phrases.campaigns)
    if asks_for_help(words):
        return Plan(Lane.ANSWERED, book.phrases.help)
    if len(words) >= SHORTEST_NAME:
        found = [place for place in book.campaigns if words in place.title.casefold()]
        if found:
            return Plan(Lane.ANSWERED, _point_to(found))
    return _unanswered(book)


def _configured(reply: Reply | None) -> Plan:
    return Plan(Lane.ANSWERED, reply) if reply else Plan(Lane.PERSON, calls=True)


def _vote(book: Book, picks: Picks) -> Plan:
    if not book.has_rounds:
        return Plan(Lane.ANSWERED, book.phrases.campaigns)
    return Plan(Lane.ERRAND, errand="vote", picks=picks)


def _unanswered(book: Book) -> Plan:
    if book.has_answerer:
        return Plan(Lane.ERRAND, errand="ask", otherwise=Plan(Lane.PERSON, book.phrases.otherwise))
    return Plan(Lane.PERSON, book.phrases.otherwise)


def _plan_for_event(book: Book, message: Message) -> Plan:
    event, key = message.event, message.key
    if event == "subscribe":
        scene = book.scenes.get(key.removeprefix("qrscene_"))
        return Plan(Lane.KEPT, scene.welcome if scene else book.phrases.welcome)
    if event == "SCAN":
        scene = book.scenes.get(key)
        return Plan(Lane.KEPT, scene.greeting if scene else None)
    if event == "CLICK":
        return _plan_for_click(book, key)
    if event == "unsubscribe":
        return Plan(Lane.PERSON)  # nobody reads it, but it must not be lost: nothing more is sent
    if event in NOTICES:
        return Plan(Lane.NOTICE)
    return Plan(Lane.ANSWERED if event in _SEEN else Lane.PASSED)


def _plan_for_click(book: Book, key: str) -> Plan:
    if key in book.clicks:
        return Plan(Lane.ANSWERED, book.clicks[key])
    if key.startswith("say:"):
        return plan_for_words(book, key.removeprefix("say:"))
    return plan_for_words(book, key)


# What a citizen does without saying anything: it only tells that they were there.
_SEEN = frozenset(
    {
        *TRIGGERS,
        *("VIEW", "view_miniprogram", "LOCATION", "location_select"),
        *("pic_sysphoto", "pic_photo_or_album", "pic_weixin"),
    }
)
# What WeChat reports about something we or a citizen did (wechat-api.md §1.6).
NOTICES = frozenset(
    {
        "TEMPLATESENDJOBFINISH",
        "MASSSENDJOBFINISH",
        "PUBLISHJOBFINISH",
        "subscribe_msg_popup_event",
        "subscribe_msg_change_event",
        "subscribe_msg_sent_event",
        "user_info_modified",
        "user_authorization_revoke",
        "user_authorization_cancellation",
        "wxa_media_check",
        "qualification_verify_success",
        "qualification_verify_fail",
        "naming_verify_success",
        "naming_verify_fail",
        "annual_renew",
        "verify_expired",
    }
)


def _point_to(places: Sequence[Place]) -> Reply:
    """Answer with a card; after a text WeChat shows one, so several become a list of links."""
    if len(places) == 1:
        place = places[0]
        return news_reply([Article(place.title, place.description, place.picture_url, place.url)])
    return list_links(places)
