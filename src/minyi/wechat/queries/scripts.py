# SPDX-License-Identifier: Apache-2.0
"""What the office has set an account to say, and who of its contacts a person is talking to."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from minyi.wechat.models import Conversation, KeywordReply, Menu, Scene, TagMenu
from minyi.wechat.queries.menus import list_lately_published

MOST_WITH_PERSON = 5_000


@dataclass(frozen=True, slots=True)
class Answer:
    """One keyword reply, as set."""

    words: tuple[str, ...]
    is_exact: bool
    kind: str  # text, card or transfer
    text: str
    title: str
    description: str
    picture_url: str
    url: str


@dataclass(frozen=True, slots=True)
class SceneGreeting:
    """What a QR code says, as set."""

    key: str
    name: str
    welcome: str
    url: str


@dataclass(frozen=True, slots=True)
class Script:
    """Everything set for one account. `menus`: the buttons of each menu WeChat may show."""

    answers: Sequence[Answer] = ()
    scenes: Sequence[SceneGreeting] = ()
    menus: Sequence[Sequence[dict[str, Any]]] = ()
    with_person: frozenset[str] = field(default=frozenset())
    called: frozenset[str] = field(default=frozenset())


def read_scripts() -> dict[str, Script]:
    """Return the scripts of all accounts by slug, in six queries however many there are."""
    answers: defaultdict[str, list[Answer]] = defaultdict(list)
    scenes: defaultdict[str, list[SceneGreeting]] = defaultdict(list)
    menus: defaultdict[str, list[Sequence[dict[str, Any]]]] = defaultdict(list)
    people: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for reply in KeywordReply.objects.filter(is_on=True).select_related("account"):
        answers[reply.account.slug].append(_answer(reply))
    for scene in Scene.objects.select_related("account"):
        scenes[scene.account.slug].append(
            SceneGreeting(scene.key, scene.name, scene.welcome, scene.url)
        )
    for slug, kept in list_lately_published():
        menus[slug].append(kept)
    for slug, live in Menu.objects.values_list("account__slug", "live"):
        menus[slug].append(live)
    for slug, buttons in TagMenu.objects.values_list("account__slug", "live"):
        menus[slug].append(buttons)
    talking = Conversation.objects.exclude(state=Conversation.State.ROBOT).order_by("-last_at")
    for slug, openid, state in talking.values_list(
        "contact__account__slug", "contact__openid", "state"
    )[:MOST_WITH_PERSON]:
        people[slug, state].add(openid)
    slugs = {*answers, *scenes, *menus, *(slug for slug, _state in people)}
    return {
        slug: Script(
            answers[slug],
            scenes[slug],
            menus[slug],
            with_person=frozenset(people[slug, Conversation.State.PERSON]),
            called=frozenset(people[slug, Conversation.State.WAITING]),
        )
        for slug in slugs
    }


def _answer(reply: KeywordReply) -> Answer:
    return Answer(
        words=tuple(str(word).strip().casefold() for word in reply.words if str(word).strip()),
        is_exact=reply.match == KeywordReply.Match.EXACT,
        kind=reply.answer_kind,
        text=reply.text,
        title=reply.title,
        description=reply.description,
        picture_url=reply.picture_url,
        url=reply.url,
    )
