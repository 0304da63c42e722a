# SPDX-License-Identifier: Apache-2.0
"""Nothing put into the outbox waits for nobody: every topic that is sent has a consumer."""

import ast
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from minyi.core import outbox

SOURCES = Path(outbox.__file__).parents[2]
OWN = {"minyi/core/outbox.py", "minyi/core/outbox_worker.py"}


def topics_sent(tree: ast.Module, names: dict[str, object]) -> Iterator[str]:
    """Yield every topic a module names in a call, also through a function of its own."""
    forwarding = {
        node.name: place
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for place, given in enumerate([*node.args.args, *node.args.kwonlyargs])
        if given.arg == "topic"
    }
    for call in ast.walk(tree):
        if not isinstance(call, ast.Call):
            continue
        called = ast.unparse(call.func)
        for given in call.keywords:
            if given.arg == "topic" and ast.unparse(given.value) != "topic":
                yield value_of(given.value, names)
        place = forwarding.get(called)
        if place is not None and place < len(call.args):
            yield value_of(call.args[place], names)


def value_of(expression: ast.expr, names: dict[str, object]) -> str:
    value = eval(compile(ast.Expression(expression), "<topic>", "eval"), names)
    assert isinstance(value, str), ast.unparse(expression)
    return value


def all_topics() -> set[str]:
    found = set()
    for path in SOURCES.glob("minyi/**/*.py"):
        inside = path.relative_to(SOURCES).as_posix()
        if "/tests/" in inside or "/migrations/" in inside or inside in OWN:
            continue
        text = path.read_text()
        if "topic" in text and "outbox" in text:
            module = import_module(inside.removesuffix(".py").replace("/", "."))
            found |= set(topics_sent(ast.parse(text), vars(module)))
    return found


def test_every_topic_that_is_sent_has_a_consumer():
    topics = all_topics()
    assert {"wechat.outgoing", "wechat.mass_sent", "wechat.published"} <= topics  # it does find
    assert topics - set(outbox.consumers()) == set()


def test_a_topic_sent_through_a_function_is_found():
    tree = ast.parse(
        'outbox.send(topic=T, key="1")\ndef tell(topic, n):\n    send(topic=topic)\ntell("b", 1)'
    )
    assert set(topics_sent(tree, {"T": "a"})) == {"a", "b"}
