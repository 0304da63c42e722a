# SPDX-License-Identifier: Apache-2.0
"""What WeChat checks on one article of a draft, and what it makes of it.

The limits are those of the documentation page; codes it does not name are marked [R].
"""

from __future__ import annotations

import re
from typing import Any

from wechat_sandbox.accounts import Account
from wechat_sandbox.addresses import parts_of
from wechat_sandbox.errors import ApiError
from wechat_sandbox.office.abilities import may
from wechat_sandbox.press.article_body import clean_content, plain_words
from wechat_sandbox.state import Sandbox

MAX_ARTICLES = 8  # [R]
MAX_TITLE = 32
MAX_AUTHOR = 16
MAX_DIGEST = 128
DIGEST_FROM_TEXT = 54
MAX_CONTENT = 20_000
MAX_CONTENT_BYTES = 1024 * 1024
MAX_SOURCE_URL_BYTES = 1024
MAX_PICTURES = 20
RATIOS = ("1_1", "16_9", "2.35_1")
_CROP = re.compile(r"(?:[01]|0?\.\d+|[01]\.\d+)(?:_(?:[01]|0?\.\d+|[01]\.\d+)){3}")

NO_ARTICLES = 44003
TOO_MANY_ARTICLES = 45008
TITLE_SIZE = 45003
AUTHOR_SIZE = 45110  # [R]
DIGEST_SIZE = 45004
CONTENT_SIZE = 45002
BAD_SOURCE_URL = 41039
BAD_CONTENT = 45166
BAD_CROP = 53402  # [R]
NO_GOODS_RIGHT = 53406

Article = dict[str, Any]


def read_articles(sandbox: Sandbox, account: Account, given: object) -> list[Article]:
    """Return the articles of a draft as WeChat stores them; raises its codes."""
    if not isinstance(given, list) or not given:
        raise ApiError(NO_ARTICLES)
    if len(given) > MAX_ARTICLES:
        raise ApiError(TOO_MANY_ARTICLES)
    return [read_article(sandbox, account, one) for one in given]


def read_article(sandbox: Sandbox, account: Account, given: object) -> Article:
    """Return one article as WeChat stores it; raises its codes."""
    if not isinstance(given, dict):
        raise ApiError(47001)
    kind = given.get("article_type", "news")
    if kind not in ("news", "newspic"):
        raise ApiError(40097, "article_type")
    if given.get("product_info"):
        raise ApiError(NO_GOODS_RIGHT)
    content = _content(sandbox, given)
    article: Article = {
        "article_type": kind,
        "title": _title(given),
        "author": _words(given, "author", MAX_AUTHOR, AUTHOR_SIZE),
        "digest": _words(given, "digest", MAX_DIGEST, DIGEST_SIZE)
        or plain_words(content)[:DIGEST_FROM_TEXT],
        "content": content,
        "content_source_url": _source_url(given),
        "show_cover_pic": 0,
        **_comment_flags(account, given),
        **_crops(given),
    }
    if kind == "newspic":
        return article | _pictures(sandbox, account, given)
    return article | _cover(sandbox, account, given)


def _title(given: Article) -> str:
    title = _words(given, "title", MAX_TITLE, TITLE_SIZE)
    if not title:
        raise ApiError(TITLE_SIZE)
    return title


def _words(given: Article, name: str, limit: int, code: int) -> str:
    words = given.get(name) or ""
    if not isinstance(words, str):
        raise ApiError(47001, name)
    if len(words) > limit:
        raise ApiError(code)
    return words


def _content(sandbox: Sandbox, given: Article) -> str:
    content = given.get("content") or ""
    if not isinstance(content, str):
        raise ApiError(BAD_CONTENT)
    if len(content) >= MAX_CONTENT or len(content.encode()) >= MAX_CONTENT_BYTES:
        raise ApiError(CONTENT_SIZE)
    home = f"{sandbox.settings.sandbox_url}/mmbiz/"
    cleaned = clean_content(content, lambda address: address.startswith(home))
    if given.get("article_type", "news") == "news" and not cleaned.strip():
        raise ApiError(BAD_CONTENT)
    return cleaned


def _source_url(given: Article) -> str:
    address = given.get("content_source_url") or ""
    if not isinstance(address, str) or len(address.encode()) > MAX_SOURCE_URL_BYTES:
        raise ApiError(BAD_SOURCE_URL)
    parts = parts_of(address)
    if address and (parts.scheme not in ("http", "https") or not parts.netloc):
        raise ApiError(BAD_SOURCE_URL)
    return address


def _comment_flags(account: Account, given: Article) -> Article:
    flags = {}
    for name in ("need_open_comment", "only_fans_can_comment"):
        value = given.get(name, 0)
        if value not in (0, 1):
            raise ApiError(40097, name)
        flags[name] = int(value)
    if flags["need_open_comment"] and not may(account, "comments"):
        raise ApiError(88000)
    return flags


def _cover(sandbox: Sandbox, account: Account, given: Article) -> Article:
    # Only the permanent library counts here: a temporary id is refused.
    media = sandbox.library.get_permanent(account.appid, str(given.get("thumb_media_id") or ""))
    if media.kind not in ("image", "thumb"):
        raise ApiError(40007)
    return {"thumb_media_id": media.media_id, "thumb_url": media.url}


def _pictures(sandbox: Sandbox, account: Account, given: Article) -> Article:
    told = given.get("image_info")
    listed = told.get("image_list") if isinstance(told, dict) else None
    if not isinstance(listed, list) or not 1 <= len(listed) <= MAX_PICTURES:
        raise ApiError(40097, "image_info")
    found = []
    for one in listed:
        media_id = str(one.get("image_media_id") or "") if isinstance(one, dict) else ""
        media = sandbox.library.get_permanent(account.appid, media_id)
        if media.kind != "image":
            raise ApiError(40007)
        found.append(media)
    return {
        "image_info": {"image_list": [{"image_media_id": media.media_id} for media in found]},
        "thumb_media_id": found[0].media_id,
        "thumb_url": found[0].url,
        "picture_urls": [media.url for media in found],
    }


def _crops(given: Article) -> Article:
    kept: Article = {}
    for name in ("pic_crop_235_1", "pic_crop_1_1"):
        crop = given.get(name)
        if crop:
            if not isinstance(crop, str) or not _CROP.fullmatch(crop):
                raise ApiError(BAD_CROP)
            kept[name] = crop
    cover = given.get("cover_info")
    if cover:
        kept["cover_info"] = {
            "crop_percent_list": [_crop_percent(one) for one in _crop_list(cover)]
        }
    return kept


def _crop_list(cover: object) -> list[object]:
    listed = cover.get("crop_percent_list") if isinstance(cover, dict) else None
    if not isinstance(listed, list):
        raise ApiError(BAD_CROP)
    return listed


def _crop_percent(given: object) -> Article:
    if not isinstance(given, dict) or given.get("ratio") not in RATIOS:
        raise ApiError(BAD_CROP)
    corners = {name: given.get(name) for name in ("x1", "y1", "x2", "y2")}
    try:
        values = [float(str(value)) for value in corners.values()]
    except ValueError as error:
        raise ApiError(BAD_CROP) from error
    if not all(0 <= value <= 1 for value in values):
        raise ApiError(BAD_CROP)
    return {"ratio": given["ratio"], **corners}
