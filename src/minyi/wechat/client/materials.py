# SPDX-License-Identifier: Apache-2.0
"""Pictures, sounds and videos at WeChat, for good or for three days (wechat-api.md §9)."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from ..capabilities import Ability
from ..errors import FileNotAccepted
from .answers import Answer
from .group import Group
from .limits import check_length, check_one_of, check_range
from .transport import Upload

Kind = Literal["image", "voice", "video", "thumb"]
ListedKind = Literal["image", "voice", "video", "news"]

MB = 1024 * 1024
# Both pages of WeChat's; where one page says two things (pictures: 10 or 2 MB) the larger.
MOST_BYTES: Mapping[str, int] = {
    "image": 10 * MB,
    "voice": 2 * MB,
    "video": 10 * MB,
    "thumb": 64 * 1024,
}
PERMANENT_FORMATS: Mapping[str, tuple[str, ...]] = {
    "image": ("bmp", "png", "jpeg", "jpg", "gif"),
    "voice": ("mp3", "wma", "wav", "amr"),
    "video": ("mp4",),
    "thumb": ("jpg", "jpeg"),
}
TEMPORARY_FORMATS: Mapping[str, tuple[str, ...]] = {
    "image": ("png", "jpeg", "jpg", "gif"),
    "voice": ("amr", "mp3"),
    "video": ("mp4",),
    "thumb": ("jpg", "jpeg"),
}
BODY_PICTURE_FORMATS = ("jpg", "jpeg", "png")
MOST_BODY_PICTURE = MB - 1
MOST_PER_PAGE = 20
MEDIA_TYPES: Mapping[str, str] = {
    "bmp": "image/bmp",
    "png": "image/png",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "gif": "image/gif",
    "mp3": "audio/mpeg",
    "wma": "audio/x-ms-wma",
    "wav": "audio/wav",
    "amr": "audio/amr",
    "mp4": "video/mp4",
}


class Material(Answer):
    """A permanent material; `url` for pictures only, usable within WeChat."""

    media_id: str
    url: str = ""


class TemporaryMaterial(Answer):
    """A material for three days; any number of messages may use it."""

    media_id: str = ""
    thumb_media_id: str = ""
    created_at: int = 0

    @property
    def number(self) -> str:
        """Return the media_id; for thumbs WeChat gives it another name."""
        return self.media_id or self.thumb_media_id


class Counts(Answer):
    """How many permanent materials there are; pictures and news share 100,000, others 1,000."""

    voice: int = Field(default=0, alias="voice_count")
    video: int = Field(default=0, alias="video_count")
    image: int = Field(default=0, alias="image_count")
    news: int = Field(default=0, alias="news_count")


class ListedMaterial(Answer):
    media_id: str
    name: str = ""
    update_time: int = 0
    url: str = ""


class MaterialPage(Answer):
    total: int = Field(default=0, alias="total_count")
    items: list[ListedMaterial] = Field(default=[], alias="item")


class Video(Answer):
    """A video is told by an address where it can be fetched."""

    title: str = ""
    description: str = ""
    url: str = Field(default="", alias="down_url")


class _Url(Answer):
    url: str


class _VideoUrl(Answer):
    video_url: str


class Materials(Group):
    """The library of an account."""

    ability = Ability.MATERIALS

    async def add(self, *, kind: Kind, name: str, content: bytes) -> Material:
        """Add a picture, sound or thumb for good; for videos there is `add_video`."""
        check_one_of("kind", kind, ("image", "voice", "thumb"))
        upload = _checked(kind, name, content, PERMANENT_FORMATS[kind], MOST_BYTES[kind])
        return await self._upload("/cgi-bin/material/add_material", upload, Material, type=kind)

    async def add_video(
        self, *, name: str, content: bytes, title: str, introduction: str
    ) -> Material:
        """Add a video for good."""
        check_length("title", title, least=1, most=30)
        check_length("introduction", introduction, most=200)
        upload = _checked("video", name, content, PERMANENT_FORMATS["video"], MOST_BYTES["video"])
        description = {"title": title, "introduction": introduction}
        whole = Upload(upload.name, upload.content, upload.media_type, description)
        return await self._upload("/cgi-bin/material/add_material", whole, Material, type="video")

    async def add_body_picture(self, *, name: str, content: bytes) -> str:
        """Upload a picture for the text of an article; return the address to put there."""
        upload = _checked("image", name, content, BODY_PICTURE_FORMATS, MOST_BODY_PICTURE)
        return (await self._upload("/cgi-bin/media/uploadimg", upload, _Url)).url

    async def get(self, *, media_id: str) -> bytes:
        """Return the bytes of a permanent picture, sound or thumb."""
        path = "/cgi-bin/material/get_material"
        return await self._download(path, body={"media_id": media_id})

    async def get_video(self, *, media_id: str) -> Video:
        """Return where a permanent video can be fetched."""
        return await self._post("/cgi-bin/material/get_material", {"media_id": media_id}, Video)

    async def delete(self, *, media_id: str) -> None:
        """Delete a permanent material; refused while a menu or reply uses it (48005)."""
        await self._order("/cgi-bin/material/del_material", {"media_id": media_id})

    async def counts(self) -> Counts:
        """Return how many permanent materials there are."""
        return await self._get("/cgi-bin/material/get_materialcount", Counts)

    async def page(
        self, *, kind: ListedKind, offset: int = 0, count: int = MOST_PER_PAGE
    ) -> MaterialPage:
        """Return a page of permanent materials, the newest first."""
        check_one_of("kind", kind, ("image", "voice", "video", "news"))
        check_range("count", count, least=1, most=MOST_PER_PAGE)
        body = {"type": kind, "offset": offset, "count": count}
        return await self._post("/cgi-bin/material/batchget_material", body, MaterialPage)

    async def add_temporary(self, *, kind: Kind, name: str, content: bytes) -> TemporaryMaterial:
        """Upload a file for three days."""
        check_one_of("kind", kind, TEMPORARY_FORMATS)
        upload = _checked(kind, name, content, TEMPORARY_FORMATS[kind], MOST_BYTES[kind])
        return await self._upload(
            "/cgi-bin/media/upload",
            upload,
            TemporaryMaterial,
            ability=Ability.TEMPORARY_MEDIA,
            type=kind,
        )

    async def get_temporary(self, *, media_id: str) -> bytes:
        """Return the bytes of a temporary picture or sound, such as a citizen's."""
        return await self._download(
            "/cgi-bin/media/get", params={"media_id": media_id}, ability=Ability.TEMPORARY_MEDIA
        )

    async def get_temporary_video(self, *, media_id: str) -> str:
        """Return the address where a temporary video can be fetched."""
        path = "/cgi-bin/media/get"
        found = await self._get(path, _VideoUrl, ability=Ability.TEMPORARY_MEDIA, media_id=media_id)
        return found.video_url

    async def get_clear_voice(self, *, media_id: str) -> bytes:
        """Return a sound recorded in a page, as Speex at 16 kHz."""
        return await self._download(
            "/cgi-bin/media/get/jssdk",
            params={"media_id": media_id},
            ability=Ability.TEMPORARY_MEDIA,
        )


def _checked(kind: str, name: str, content: bytes, formats: tuple[str, ...], most: int) -> Upload:
    ending = name.rpartition(".")[2].lower()
    if ending not in formats:
        raise FileNotAccepted(field=kind, found=ending, choices="、".join(formats))
    check_range(f"{kind}.size", len(content), least=1, most=most)
    return Upload(name, content, MEDIA_TYPES[ending])
