# SPDX-License-Identifier: Apache-2.0
"""What people write of a nominee: tidied, of a sensible length, no inducement, no strange links."""

import unicodedata
from collections.abc import Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import Field, Model

from minyi.campaigns.errors import (
    FieldMissing,
    FieldTooLong,
    FieldTooShort,
    InducesSharing,
    UnknownCategory,
    UnknownCriterion,
    VideoHostNotAllowed,
)
from minyi.campaigns.models import Campaign, Nominee
from minyi.campaigns.wording import lint_texts
from minyi.core.words import listed

# Characters. Short lines follow their columns; long texts are what fits a telephone in two minutes.
LIMITS = {
    "name": 60,
    "unit": 80,
    "merits": 80,
    "story": 5_000,
    "reason": 2_000,
    "innovation": 2_000,
    "responsibility": 2_000,
    "evidence": 1_000,
    "video_caption": 300,
    "video_url": 200,
}
# Where officials publish films, and WeChat's own channels; an agency adds its site by setting.
VIDEO_HOSTS = ("v.qq.com", "channels.weixin.qq.com", "weixin.qq.com")


def tidy(text: str) -> str:
    """Normalise to NFC, drop control characters but line breaks, strip the ends."""
    plain = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    return "".join(c for c in plain if c == "\n" or unicodedata.category(c) != "Cc").strip()


def check_length(text: str, *, field: str, label: str, at_least: int = 0) -> None:
    """Raise unless the text has between `at_least` and its field's limit of characters."""
    if at_least and not text:
        raise FieldMissing(label=label)
    if len(text) < at_least:
        raise FieldTooShort(label=label, limit=at_least)
    if len(text) > LIMITS[field]:
        raise FieldTooLong(label=label, limit=LIMITS[field], length=len(text))


def check_wording(texts: Mapping[str, str]) -> None:
    """Raise InducesSharing for the first text, by its label, that asks for sharing or following."""
    for hit in lint_texts(texts):
        if hit.rule.code.startswith("W-"):
            raise InducesSharing(label=hit.place, words=hit.words)


def check_video_url(url: str) -> None:
    """Raise VideoHostNotAllowed unless the link is https to a host on the list."""
    hosts = (*VIDEO_HOSTS, *getattr(settings, "VIDEO_HOSTS", ()))
    parts = urlsplit(url)
    is_plain = parts.scheme == "https" and not parts.username and "\\" not in url
    if not is_plain or parts.hostname not in hosts:
        raise VideoHostNotAllowed(hosts=listed(hosts))


def check_category(campaign: Campaign, category_id: int | None) -> None:
    """Raise UnknownCategory for a category of another campaign."""
    if category_id is not None and not campaign.categories.filter(pk=category_id).exists():
        raise UnknownCategory


def tidy_evidence(campaign: Campaign, evidence: Mapping[str, str]) -> dict[str, str]:
    """Return the facts by criterion id, the empty ones left out; raises UnknownCriterion."""
    criteria = {str(criterion.pk): criterion for criterion in campaign.criteria.all()}
    kept = {}
    for key, text in evidence.items():
        if key not in criteria:
            raise UnknownCriterion
        if facts := tidy(text):
            check_length(facts, field="evidence", label=criteria[key].name)
            kept[key] = facts
    return kept


def label_of(field: str, model: type[Model] = Nominee) -> str:
    """Return what the pages call a field."""
    column = model._meta.get_field(field)
    return str(column.verbose_name) if isinstance(column, Field) else field
