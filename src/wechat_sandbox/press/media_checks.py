# SPDX-License-Identifier: Apache-2.0
"""What WeChat checks on a file: its kind, its format by the first bytes, its size and length."""

from __future__ import annotations

import io
import wave
from dataclasses import dataclass

from wechat_sandbox.errors import ApiError
from wechat_sandbox.press.library import MEDIA_KINDS, MediaKind

KIB, MIB = 1024, 1024 * 1024
VOICE_LIMIT_S = 60
BODY_PICTURE_FORMATS = frozenset({"png", "jpeg"})
BODY_PICTURE_LIMIT = MIB


@dataclass(frozen=True, slots=True)
class Rule:
    """Which formats a kind of file may have, how large it may be, and the code when it is not."""

    formats: frozenset[str]
    limit: int
    too_large: int


_PICTURES = frozenset({"png", "jpeg", "gif"})
TEMPORARY: dict[MediaKind, Rule] = {
    "image": Rule(_PICTURES, 10 * MIB, 40009),
    "voice": Rule(frozenset({"amr", "mp3"}), 2 * MIB, 40006),
    "video": Rule(frozenset({"mp4"}), 10 * MIB, 40006),
    "thumb": Rule(frozenset({"jpeg"}), 64 * KIB, 40006),
}
PERMANENT: dict[MediaKind, Rule] = {
    **TEMPORARY,
    "image": Rule(_PICTURES | {"bmp"}, 10 * MIB, 40009),
    "voice": Rule(frozenset({"mp3", "wma", "wav", "amr"}), 2 * MIB, 40006),
}

MEDIA_TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "bmp": "image/bmp",
    "mp3": "audio/mpeg",
    "amr": "audio/amr",
    "wma": "audio/x-ms-wma",
    "wav": "audio/wav",
    "mp4": "video/mp4",
}
_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"BM", "bmp"),
    (b"#!AMR", "amr"),
    (b"ID3", "mp3"),
    (b"0&\xb2u\x8ef\xcf\x11", "wma"),
)
# Bytes of an AMR frame by its mode, without the head byte; each holds 20 ms.
_AMR_FRAME = (12, 13, 15, 17, 19, 20, 26, 31, 5, 0, 0, 0, 0, 0, 0, 0)
# Bit rates in kbit/s by index: MPEG 2, then MPEG 1; 0 is no usable index.
_MP3_KBITS = (
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0),
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0),
)
_MP3_RATES = (44_100, 48_000, 32_000)


def read_kind(word: str) -> MediaKind:
    """Return the kind of file a call names; raises 40004."""
    for kind in MEDIA_KINDS:
        if kind == word:
            return kind
    raise ApiError(40004)


def check_media(body: bytes, rule: Rule) -> str:
    """Return the format of a file that fits the rule; raises 41005, 40005 or the size's code."""
    if not body:
        raise ApiError(41005)
    found = format_of(body)
    if found not in rule.formats:
        raise ApiError(40005)
    if len(body) > rule.limit:
        raise ApiError(rule.too_large)
    if (_seconds(body, found) or 0) > VOICE_LIMIT_S:
        raise ApiError(40006, "voice is longer than 60s")
    return found


def check_body_picture(body: bytes) -> str:
    """Return the format of a picture for the body of an article."""
    return check_media(body, Rule(BODY_PICTURE_FORMATS, BODY_PICTURE_LIMIT, 40009))


def format_of(body: bytes) -> str:
    """Return what the first bytes say the file is, whatever its name; "" for anything else."""
    for beginning, found in _BEGINNINGS:
        if body.startswith(beginning):
            return found
    if body[:4] == b"RIFF" and body[8:12] == b"WAVE":
        return "wav"
    if body[4:8] == b"ftyp":
        return "mp4"
    if len(body) > 2 and body[0] == 0xFF and body[1] & 0xE0 == 0xE0:
        return "mp3"
    return ""


def _seconds(body: bytes, found: str) -> float | None:
    """Return how long a recording plays; None where it is not measured (wma)."""
    if found == "wav":
        return _wav_seconds(body)
    if found == "amr":
        return _amr_seconds(body)
    return _mp3_seconds(body) if found == "mp3" else None


def _wav_seconds(body: bytes) -> float:
    try:
        with wave.open(io.BytesIO(body)) as sound:
            return float(sound.getnframes() / (sound.getframerate() or 1))
    except (wave.Error, EOFError) as error:
        raise ApiError(40005) from error


def _amr_seconds(body: bytes) -> float:
    place, frames = body.index(b"\n") + 1 if b"\n" in body[:16] else len(body), 0
    while place < len(body):
        place += 1 + _AMR_FRAME[body[place] >> 3 & 0x0F]
        frames += 1
    return frames * 0.02


def _mp3_seconds(body: bytes) -> float:
    """Add up the frames of layer III; a file without any plays for no time."""
    place, seconds = _after_id3(body), 0.0
    while len(body) - place >= 4 and body[place] == 0xFF and body[place + 1] & 0xE6 == 0xE2:
        is_first = body[place + 1] & 0x18 == 0x18  # MPEG 1; else MPEG 2 or 2.5
        kbits = _MP3_KBITS[is_first][body[place + 2] >> 4]
        rate_index = body[place + 2] >> 2 & 3
        if not kbits or rate_index == 3:
            break
        rate = _MP3_RATES[rate_index] // (1 if is_first else 2)
        samples = 1152 if is_first else 576
        place += samples // 8 * kbits * 1000 // rate + (body[place + 2] >> 1 & 1)
        seconds += samples / rate
    return seconds


def _after_id3(body: bytes) -> int:
    if not body.startswith(b"ID3"):
        return 0
    # The length of the tag is written in four times seven bits.
    return 10 + sum(byte << 7 * (3 - index) for index, byte in enumerate(body[6:10]))
