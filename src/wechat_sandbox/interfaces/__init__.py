# SPDX-License-Identifier: Apache-2.0
"""Every interface the sandbox answers, by path."""

from __future__ import annotations

from wechat_sandbox.interfaces import (
    articles,
    comments,
    drafts,
    figures,
    mass,
    materials,
    menus,
    mini,
    qrcodes,
    quota,
    safety,
    service,
    shorten,
    staff,
    subscriptions,
    tags,
    templates,
    tokens,
    users,
    web,
)
from wechat_sandbox.interfaces.base import Interface

_MODULES = (
    articles,
    comments,
    drafts,
    figures,
    mass,
    materials,
    menus,
    mini,
    qrcodes,
    quota,
    safety,
    service,
    shorten,
    staff,
    subscriptions,
    tags,
    templates,
    tokens,
    users,
    web,
)


def _merged() -> dict[str, Interface]:
    paths: dict[str, Interface] = {}
    for module in _MODULES:
        if twice := paths.keys() & module.INTERFACES.keys():
            raise RuntimeError(f"{module.__name__}: {', '.join(sorted(twice))} twice")
        paths |= module.INTERFACES
    return paths


INTERFACES: dict[str, Interface] = _merged()
# The same paths by what they are about, for who looks for one.
AREAS: dict[str, tuple[str, ...]] = {
    module.__name__.rpartition(".")[2]: tuple(module.INTERFACES) for module in _MODULES
}
