# SPDX-License-Identifier: Apache-2.0
"""What strangers send is looked into before it is kept: type by content, never by name.

A picture is decoded and written anew, so nothing but its pixels survives: no place, no device, no
archive hidden behind it. A video keeps its samples; the boxes that may hold a place are blanked.
"""

import io
import re
import struct
import tempfile
import uuid
from collections.abc import Iterator
from itertools import count
from typing import IO, TypeAlias, cast

from django.core.files.base import ContentFile, File
from PIL import Image, ImageOps, UnidentifiedImageError

from minyi.campaigns.errors import (
    PictureTooManyPixels,
    UploadNotADocument,
    UploadNotAPicture,
    UploadNotAVideo,
    UploadTooLarge,
)

Upload: TypeAlias = "File[bytes]"  # at run time Django's File takes no parameter
MIB = 1024 * 1024
PICTURE_BYTES = 10 * MIB
PICTURE_PIXELS = 24_000_000  # the usual telephone; one decoded in full takes 72 MB
PICTURE_EDGE = 2_560  # px: sharper than any page shows it
VIDEO_BYTES = 50 * MIB
DOCUMENT_BYTES = 10 * MIB
DOCUMENT_TAIL = 2_048  # bytes in which the end mark stands (ISO 32000-1 §7.5.5, and some slack)
# What makes a viewer do more than show pages (ISO 32000-1 §12.6.4, §7.11.4).
_ACTIVE = (b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile", b"/RichMedia", b"/XFA")
EXTENSIONS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
SAVE_OPTIONS: dict[str, dict[str, object]] = {
    "JPEG": {"quality": 88, "optimize": True},
    "PNG": {"optimize": True},
    "WEBP": {"quality": 88},
}
# ISO/IEC 14496-12 §4.3: what browsers play as MP4.
VIDEO_BRANDS = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV"}
)
FTYP_BYTES = 256  # a brand and a short list of compatible ones
VIDEO_BOXES = 4_000  # a fragmented film of an hour has about 3,000; each one costs two reads
_CONTAINERS = frozenset({b"moov", b"trak", b"moof", b"traf"})
_MAY_TELL_A_PLACE = frozenset({b"udta", b"meta", b"uuid"})
# What Pillow's decoders answer broken files with.
_BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error)
_COPY_BYTES = 256 * 1024


def clean_picture(upload: Upload) -> "ContentFile[bytes]":
    """Return the picture written anew, upright, without anything but its pixels.

    Raises UploadTooLarge, PictureTooManyPixels or UploadNotAPicture.
    """
    _check_size(upload, PICTURE_BYTES)
    upload.seek(0)
    content = upload.read()
    kind, picture = _decode(content)
    out = io.BytesIO()
    picture.save(out, kind, **SAVE_OPTIONS[kind])
    return ContentFile(out.getvalue(), name=_new_name(EXTENSIONS[kind]))


def clean_video(upload: Upload) -> Upload:
    """Return a copy of an MP4 film in which no box tells where it was taken; close it after use.

    Raises UploadTooLarge or UploadNotAVideo.
    """
    _check_size(upload, VIDEO_BYTES)
    copy = cast(IO[bytes], tempfile.SpooledTemporaryFile(max_size=2 * MIB))  # noqa: SIM115
    upload.seek(0)
    for chunk in upload.chunks(_COPY_BYTES):
        copy.write(chunk)
    end = copy.tell()
    try:
        _check_film(copy, end)
        _blank_places(copy, _places(copy, 0, end))
    except (struct.error, _NotABox) as broken:
        copy.close()
        raise UploadNotAVideo from broken
    copy.seek(0)
    return File(copy, name=_new_name("mp4"))


def clean_document(upload: Upload) -> "ContentFile[bytes]":
    """Return a PDF as it came, under a new name, having looked at its two ends and its actions.

    What lies in compressed streams is not looked into: whoever serves it, serves a download in a
    sandbox. Raises UploadTooLarge or UploadNotADocument.
    """
    _check_size(upload, DOCUMENT_BYTES)
    upload.seek(0)
    content = upload.read()
    if not content.startswith(b"%PDF-") or b"%%EOF" not in content[-DOCUMENT_TAIL:]:
        raise UploadNotADocument
    if any(re.search(re.escape(name) + rb"(?![A-Za-z])", content) for name in _ACTIVE):
        raise UploadNotADocument
    return ContentFile(content, name=_new_name("pdf"))


def _check_size(upload: Upload, limit: int) -> None:
    if upload.size > limit:
        raise UploadTooLarge(limit_mb=limit // MIB)


def _new_name(extension: str) -> str:
    """Return a name that says nothing of the sender's machine."""
    return f"{uuid.uuid4().hex}.{extension}"


def _decode(content: bytes) -> tuple[str, Image.Image]:
    """Return the kind and the pixels, having looked at the size before unpacking anything."""
    formats = list(EXTENSIONS)
    try:
        with Image.open(io.BytesIO(content), formats=formats) as claimed:
            kind = str(claimed.format)
            if claimed.width * claimed.height > PICTURE_PIXELS:
                raise PictureTooManyPixels(limit_million=PICTURE_PIXELS // 1_000_000)
            claimed.verify()
        with Image.open(io.BytesIO(content), formats=[kind]) as picture:
            picture.draft("RGB", (PICTURE_EDGE, PICTURE_EDGE))  # JPEG: decode at reduced scale
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((PICTURE_EDGE, PICTURE_EDGE))
            return kind, _pixels_only(upright, kind)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as bomb:
        raise PictureTooManyPixels(limit_million=PICTURE_PIXELS // 1_000_000) from bomb
    except _BROKEN as broken:
        raise UploadNotAPicture from broken


def _pixels_only(picture: Image.Image, kind: str) -> Image.Image:
    """Copy the pixels into a picture that never had metadata."""
    has_alpha = kind != "JPEG" and picture.has_transparency_data
    plain = picture.convert("RGBA" if has_alpha else "RGB")
    bare = Image.new(plain.mode, plain.size)
    bare.paste(plain)
    return bare


class _NotABox(Exception):
    """The file does not follow the box structure."""


def _check_film(film: IO[bytes], end: int) -> None:
    """Raise _NotABox unless the file is boxes from first to last byte, `ftyp` first (§4.2)."""
    needed = {b"moov", b"mdat"}
    for kind, head, inner, stop in _boxes(film, 0, end, count(1)):
        if head == 0:
            film.seek(inner)
            if kind != b"ftyp" or film.read(4) not in VIDEO_BRANDS or stop - inner > FTYP_BYTES:
                raise _NotABox
        needed.discard(kind)
    if needed:
        raise _NotABox


def _boxes(
    film: IO[bytes], start: int, end: int, counter: Iterator[int]
) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield (type, start of header, start of content, end) of each box between two offsets.

    `counter` numbers the boxes over one whole walk: empty ones are free to make by the million.
    """
    while start < end:
        if next(counter) > VIDEO_BOXES:
            raise _NotABox
        film.seek(start)
        size, kind = struct.unpack(">I4s", film.read(8))
        inner = start + 8
        if size == 1:  # a 64-bit size follows
            (size,) = struct.unpack(">Q", film.read(8))
            inner = start + 16
        elif size == 0:  # to the end of the file
            size = end - start
        stop = start + size
        if stop < inner or stop > end:
            raise _NotABox
        yield kind, start, inner, stop
        start = stop


def _places(film: IO[bytes], start: int, end: int) -> list[tuple[int, int, int]]:
    """Return (start of header, start of content, end) of each box that may hold a place."""
    counter = count(1)
    found: list[tuple[int, int, int]] = []

    def walk(start: int, end: int, depth: int) -> None:
        if depth > len(_CONTAINERS):
            raise _NotABox
        for kind, head, inner, stop in _boxes(film, start, end, counter):
            if kind in _CONTAINERS:
                walk(inner, stop, depth + 1)
            elif kind in _MAY_TELL_A_PLACE:
                found.append((head, inner, stop))

    walk(start, end, 0)
    return found


def _blank_places(film: IO[bytes], places: list[tuple[int, int, int]]) -> None:
    """Rename each of these boxes to `free` and fill it with zeros; lengths stay."""
    for head, inner, stop in places:
        film.seek(head + 4)
        film.write(b"free")
        film.seek(inner)
        for offset in range(inner, stop, _COPY_BYTES):
            film.write(bytes(min(_COPY_BYTES, stop - offset)))
