# SPDX-License-Identifier: Apache-2.0
"""A film of six seconds for the sample data: a boat passes through the river town."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from struct import pack

from PIL import Image

from . import h264, outdoors
from .canvas import OVERSAMPLE, Canvas

SECONDS, PER_SECOND = 6, 10
WIDTH, HEIGHT = 480, 272
SHRINK = 5  # from the oversampled sheet of 2400 × 1800
TOP = 170  # what the film shows of the sheet starts here
TICKS = 1000  # per second
FILM, POSTER = "film.mp4", "film.jpg"
FILM_ALTERNATIVE = "动画：乌篷船缓缓划过河边小镇，岸上是白墙黛瓦的民居和石桥。没有声音。"


def draw_film(folder: Path) -> tuple[Path, Path]:
    """Draw the film and its first picture into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    film, poster = folder / FILM, folder / POSTER
    frames = list(_frames())
    frames[0].save(poster, "JPEG", quality=85)
    film.write_bytes(container(list(h264.encode(frames))))
    return film, poster


def _frames() -> Iterator[Image.Image]:
    sheet = Canvas(1200, 900)
    outdoors.waterside(sheet, Random(FILM), "day")  # noqa: S311 — chooses colours, guards nothing
    still = sheet.image.copy()
    crop = (0, TOP * OVERSAMPLE, WIDTH * SHRINK, TOP * OVERSAMPLE + HEIGHT * SHRINK)
    count = SECONDS * PER_SECOND
    for number in range(count):
        sheet.image.paste(still)
        outdoors.boat(sheet, 240 + 480 * number / count, 770, 0.9)
        yield sheet.image.crop(crop).reduce(SHRINK)


def container(pictures: list[bytes]) -> bytes:
    """Put coded pictures into an MP4 file whose index comes first (ISO 14496-12, -15)."""
    samples = [pack(">I", len(picture)) + picture for picture in pictures]
    head = box("ftyp", b"isom", pack(">I", 512), b"isomiso2avc1mp41")
    length = len(_index(samples, 0))
    index = _index(samples, len(head) + length + 8)
    return head + index + box("mdat", *samples)


def box(name: str, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return pack(">I", len(body) + 8) + name.encode() + body


def full(name: str, *parts: bytes, flags: int = 0) -> bytes:
    """Return a box with a version (0) and flags."""
    return box(name, pack(">I", flags), *parts)


def _index(samples: list[bytes], first_byte: int) -> bytes:
    long = len(samples) * TICKS // PER_SECOND
    matrix = pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
    movie = full("mvhd", pack(">4I", 0, 0, TICKS, long), pack(">IHH8x", 0x10000, 0x100, 0),
                 matrix, bytes(24), pack(">I", 2))  # fmt: skip
    track = full("tkhd", pack(">5I8x", 0, 0, 1, 0, long), bytes(8), matrix,
                 pack(">2I", WIDTH << 16, HEIGHT << 16), flags=3)  # fmt: skip
    media = box(
        "mdia",
        full("mdhd", pack(">4I", 0, 0, TICKS, long), pack(">HH", 0x55C4, 0)),
        full("hdlr", bytes(4), b"vide", bytes(12), b"Minyi\0"),
        box(
            "minf",
            full("vmhd", bytes(8), flags=1),
            box("dinf", full("dref", pack(">I", 1), full("url ", flags=1))),
            _table(samples, first_byte),
        ),
    )
    return box("moov", movie, box("trak", track, media))


def _table(samples: list[bytes], first_byte: int) -> bytes:
    sequence, picture = h264.sequence_header(WIDTH, HEIGHT), h264.picture_header()
    settings = box(
        "avcC", b"\x01", sequence[1:4], b"\xff\xe1", pack(">H", len(sequence)), sequence,
        b"\x01", pack(">H", len(picture)), picture,
    )  # fmt: skip
    looks = pack(">6xH16x2H2I4xH32xHh", 1, WIDTH, HEIGHT, 0x480000, 0x480000, 1, 24, -1)
    count = len(samples)
    return box(
        "stbl",
        full("stsd", pack(">I", 1), box("avc1", looks, settings)),
        full("stts", pack(">3I", 1, count, TICKS // PER_SECOND)),
        full("stss", pack(">2I", 1, 1)),
        full("stsc", pack(">4I", 1, 1, count, 1)),
        full("stsz", pack(">2I", 0, count), *[pack(">I", len(sample)) for sample in samples]),
        full("stco", pack(">2I", 1, first_byte)),
    )
