# SPDX-License-Identifier: Apache-2.0
"""Menus that some phone may still show."""

from typing import Any

from django.db.models import F, Max

from minyi.wechat.models import MenuVersion

VERSIONS_ANSWERED = 3  # phones keep a menu for minutes, and some for longer


def list_lately_published() -> list[tuple[str, list[dict[str, Any]]]]:
    """Return (slug, buttons) of the last versions of each account's menu; one query.

    Click keys are digests of their text, so an old key can only ever mean its old text.
    """
    versions = MenuVersion.objects.annotate(last=Max("menu__versions__number"))
    lately = versions.filter(number__gt=F("last") - VERSIONS_ANSWERED)
    return list(lately.values_list("menu__account__slug", "buttons"))
