# SPDX-License-Identifier: Apache-2.0
"""Bringing an article to WeChat's drafts: its pictures first, each only once, then the text."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from minyi.agencies.models import OfficialAccount
from minyi.publishing.models import Picture
from minyi.wechat.asking import ask_wechat
from minyi.wechat.client.drafts import MOST_CONTENT
from minyi.wechat.client.drafts import Article as DraftArticle
from minyi.wechat.client.materials import MOST_BODY_PICTURE
from minyi.wechat.errors import ArticleIncomplete
from minyi.wechat.models import Article, Upload

from .bodies import BodyPicture, pictures_in, wechat_html

if TYPE_CHECKING:
    from collections.abc import Iterator

_BODY_WIDTH, _COVER_WIDTH = 1080, 900  # px: what WeChat shows at most
_QUALITIES = (85, 70, 55, 40)

Progress = Callable[[int, int], None]


def check_complete(article: Article) -> None:
    """Raise unless the article has everything WeChat asks for."""
    missing = []
    if article.cover_id is None:
        missing.append(_("还没有选择封面。"))
    text = wechat_html(article.body, pictures={}, is_ai_made=article.is_ai_made)
    if not text.strip():
        missing.append(_("正文是空的。"))
    if len(text) > MOST_CONTENT:
        missing.append(
            _("正文连同格式有 %(found)d 个字符，超过微信的 %(most)d 个。")
            % {"found": len(text), "most": MOST_CONTENT}
        )
    if missing:
        raise ArticleIncomplete(missing="".join(missing))


def save_draft(article: Article, *, progress: Progress, now: datetime) -> str:
    """Upload the pictures that WeChat does not have, save a draft, and return its media_id.

    Runs outside any transaction. An answer that is lost leaves a second draft behind, which
    nobody publishes.
    """
    pictures = list(Picture.objects.filter(pk__in=pictures_in(article.body)))
    steps = len(pictures) + 2
    shown: dict[int, BodyPicture] = {}
    for done, picture in enumerate(pictures):
        progress(done, steps)
        shown[picture.pk] = BodyPicture(
            _body_picture(article.account, picture, now), picture.is_ai_made
        )
    progress(len(pictures), steps)
    cover = _cover(article.account, article.cover, now)
    progress(len(pictures) + 1, steps)
    draft = DraftArticle(
        title=article.title,
        author=article.author,
        digest=article.digest,
        content=wechat_html(article.body, pictures=shown, is_ai_made=article.is_ai_made),
        source_url=article.source_url,
        cover_media_id=cover,
        has_comments=article.opens_comments,
        only_followers_comment=article.fans_only_comments,
    )
    media_id = ask_wechat(article.account, lambda client: client.drafts.add(articles=[draft]))
    progress(steps, steps)
    return media_id


def _body_picture(account: OfficialAccount, picture: Picture, now: datetime) -> str:
    content = next(
        (one for one in _renditions(picture, _BODY_WIDTH) if len(one) <= MOST_BODY_PICTURE), None
    )
    if content is None:
        raise ArticleIncomplete(
            missing=_("图片“%(title)s”压缩后仍然超过 1 MB。") % {"title": picture.title}
        )
    known = _find(account, Upload.Use.BODY, content)
    if known is not None:
        return known.url
    name = f"picture-{picture.pk}.jpg"
    url = ask_wechat(
        account, lambda client: client.materials.add_body_picture(name=name, content=content)
    )
    _keep(account, Upload.Use.BODY, content, now, url=url)
    return url


def _cover(account: OfficialAccount, picture: Picture | None, now: datetime) -> str:
    if picture is None:
        raise ArticleIncomplete(missing=_("还没有选择封面。"))
    content = next(_renditions(picture, _COVER_WIDTH))
    known = _find(account, Upload.Use.COVER, content)
    if known is not None:
        return known.media_id
    name = f"cover-{picture.pk}.jpg"
    material = ask_wechat(
        account,
        lambda client: client.materials.add(kind="image", name=name, content=content),
    )
    _keep(account, Upload.Use.COVER, content, now, media_id=material.media_id, url=material.url)
    return material.media_id


def forget_uploads(account: OfficialAccount) -> None:
    """Upload the pictures anew next time: WeChat says it does not have one of them."""
    Upload.objects.filter(account=account).delete()


def _renditions(picture: Picture, width: int) -> "Iterator[bytes]":
    """Yield the picture as JPEG, smaller each time."""
    for quality in _QUALITIES:
        rendition = picture.get_rendition(f"width-{width}|format-jpeg|jpegquality-{quality}")
        with rendition.file.open("rb") as file:
            yield file.read()


def _find(account: OfficialAccount, use: Upload.Use, content: bytes) -> Upload | None:
    digest = hashlib.sha256(content).hexdigest()
    return Upload.objects.filter(account=account, use=use, sha256=digest).first()


def _keep(
    account: OfficialAccount,
    use: Upload.Use,
    content: bytes,
    now: datetime,
    *,
    media_id: str = "",
    url: str = "",
) -> None:
    Upload.objects.update_or_create(
        account=account,
        use=use,
        sha256=hashlib.sha256(content).hexdigest(),
        defaults={"media_id": media_id, "url": url, "uploaded_at": now},
    )
