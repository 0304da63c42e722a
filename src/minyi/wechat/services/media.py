# SPDX-License-Identifier: Apache-2.0
"""A citizen's picture or sound, fetched from WeChat when somebody looks; nothing is kept here."""

from dataclasses import dataclass

from django.conf import settings

from minyi.core.errors import DomainError
from minyi.wechat.client.api_errors import ApiError, Unanswered
from minyi.wechat.connection.line import the_line
from minyi.wechat.errors import AccountNotFound, MediaAway, MediaGone
from minyi.wechat.queries import find_account

# What a file is, by how it begins; its sender's word for it is not trusted.
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png", ".png"),
    (b"\xff\xd8\xff", "image/jpeg", ".jpg"),
    (b"GIF8", "image/gif", ".gif"),
    (b"#!AMR", "audio/amr", ".amr"),
)


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A fetched file; only a picture may be shown in the page."""

    content: bytes
    media_type: str
    ending: str

    @property
    def is_picture(self) -> bool:
        return self.media_type.startswith("image/")


def fetch_media(*, slug: str, media_id: str) -> MediaFile:
    """Return the file; after three days WeChat has forgotten it."""
    account = find_account(slug, secrets=settings.WECHAT_SECRETS)
    if account is None:
        raise AccountNotFound
    try:
        content = the_line().call(
            account, lambda client: client.materials.get_temporary(media_id=media_id)
        )
    except Unanswered as error:
        raise MediaAway from error
    except (ApiError, DomainError) as error:
        raise MediaGone from error
    for start, media_type, ending in _SIGNATURES:
        if content.startswith(start):
            return MediaFile(content, media_type, ending)
    return MediaFile(content, "application/octet-stream", ".bin")
