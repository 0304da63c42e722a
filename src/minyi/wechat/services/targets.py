# SPDX-License-Identifier: Apache-2.0
"""What a menu button can lead to by name: published articles, and materials kept at WeChat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.utils.translation import gettext as _

from minyi.agencies.models import OfficialAccount
from minyi.core.errors import DomainError
from minyi.wechat.asking import ask_wechat
from minyi.wechat.capabilities import Ability, may
from minyi.wechat.client.materials import MOST_PER_PAGE, ListedKind
from minyi.wechat.models import Article

if TYPE_CHECKING:
    from minyi.wechat.client import WeChatClient

MOST_ARTICLES = 50
KEPT_S = 60  # several people arrange a menu; WeChat is asked once a minute
_PAGES: Sequence[tuple[ListedKind, int]] = (
    ("image", 0),
    ("image", MOST_PER_PAGE),
    ("video", 0),
    ("voice", 0),
)


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to choose: its number at WeChat and the name people know it by."""

    number: str
    name: str


@dataclass(frozen=True, slots=True)
class Targets:
    """What there is to choose from; `trouble` says why materials are missing, if they are."""

    articles: Sequence[Target]
    materials: Sequence[Target]
    trouble: str = ""


def list_targets(account: OfficialAccount) -> Targets:
    """Return the account's published articles and its newest materials."""
    rows = Article.objects.filter(account=account, state=Article.State.PUBLISHED)
    named = rows.exclude(article_id="").order_by("-published_at").values_list("article_id", "title")
    articles = [Target(number, title) for number, title in named[:MOST_ARTICLES]]
    key = f"wechat-materials:{account.pk}"
    found: tuple[list[Target], str] | None = cache.get(key)
    if found is None:
        found = _read_materials(account)
        cache.set(key, found, KEPT_S)
    return Targets(articles, *found)


def _read_materials(account: OfficialAccount) -> tuple[list[Target], str]:
    able = may(account, Ability.MATERIALS)
    if not able.allowed:
        return [], str(able.reason)
    try:
        return ask_wechat(account, _newest), ""
    except DomainError as refusal:
        return [], f"{refusal.title}{_('：')}{refusal.detail}"


async def _newest(client: "WeChatClient") -> list[Target]:
    kinds = {"image": _("图片"), "video": _("视频"), "voice": _("语音")}
    found: list[Target] = []
    for kind, offset in _PAGES:
        page = await client.materials.page(kind=kind, offset=offset)
        found += [
            Target(one.media_id, f"{kinds[kind]}：{one.name or one.media_id}") for one in page.items
        ]
    return found
