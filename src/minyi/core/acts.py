# SPDX-License-Identifier: Apache-2.0
"""What the acts on the audit trail are called. Each app names its own in `AppConfig.ready()`."""

from collections.abc import Mapping

from django.core.exceptions import ImproperlyConfigured

from .errors import Words

_names: dict[str, Words] = {}


class UnnamedAct(ImproperlyConfigured):
    """Somebody records an act that a reader of the trail could not understand."""


def name_acts(names: Mapping[str, Words]) -> None:
    """Add names; `app.noun.verb` → what a person would say."""
    twice = _names.keys() & names.keys()
    if twice:
        raise ImproperlyConfigured(f"Named twice: {', '.join(sorted(twice))}")
    _names.update(names)


def check_named(act: str) -> None:
    """Raise UnnamedAct unless the act has a name."""
    if act not in _names:
        raise UnnamedAct(act)


def words_for(act: str) -> Words:
    """Return what the act is called; an act of a retired version keeps its code."""
    return _names.get(act, act)
