# SPDX-License-Identifier: Apache-2.0
"""From what the office has set to replies that stand ready."""

from collections.abc import Iterator, Mapping, Sequence

from ..buttons import Button, Kind, read_draft
from ..callback.messages import Article, Reply, news_reply, text_reply
from ..callback.voting import Link
from ..queries.scripts import Answer, SceneGreeting, Script
from .phrases import link_to, write_welcome
from .planning import Rule, SceneWords


def exact_of(script: Script) -> Mapping[str, Reply | None]:
    """Return the replies to exact words; the first set for a word is the one sent."""
    found: dict[str, Reply | None] = {}
    for answer in script.answers:
        for word in answer.words if answer.is_exact else ():
            found.setdefault(word, _reply(answer))
    return found


def contained_of(script: Script) -> Sequence[Rule]:
    """Return the replies to words that may stand anywhere, in the office's order."""
    return [
        Rule(answer.words, _reply(answer))
        for answer in script.answers
        if not answer.is_exact and answer.words
    ]


def clicks_of(script: Script) -> Mapping[str, Reply]:
    """Return the texts behind the keys of the menus."""
    return {
        button.key: text_reply(button.text)
        for menu in script.menus
        for button in _buttons(read_draft(menu))
        if button.kind == Kind.REPLY and button.text
    }


def scenes_of(script: Script, *, name: str) -> Mapping[str, SceneWords]:
    """Return what each QR code says to who comes through it."""
    return {scene.key: _scene_words(scene, name) for scene in script.scenes}


def _scene_words(scene: SceneGreeting, name: str) -> SceneWords:
    link = link_to(Link(scene.name, scene.url)) if scene.url else ""
    welcome = write_welcome(name=name, welcome=scene.welcome, tail=link)
    return SceneWords(welcome=welcome, greeting=welcome)


def _buttons(buttons: Sequence[Button]) -> Iterator[Button]:
    for button in buttons:
        yield button
        yield from _buttons(button.sub)


def _reply(answer: Answer) -> Reply | None:
    if answer.kind == "transfer":
        return None
    if answer.kind == "card":
        card = Article(answer.title, answer.description, answer.picture_url, answer.url)
        return news_reply([card])
    return text_reply(answer.text)
