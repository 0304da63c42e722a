# SPDX-License-Identifier: Apache-2.0
"""What a phone has at hand to send: a picture, a voice recording, places of an invented city."""

from __future__ import annotations

import struct
import zlib

from wechat_sandbox.acts.menu_acts import Place

_WIDTH, _HEIGHT = 320, 240
_SKY, _HILL, _ROAD = (183, 212, 232), (92, 148, 117), (214, 206, 190)

SPOTS = (
    Place(31.2304, 121.4737, "青禾市政务服务中心", "政务服务中心"),
    Place(31.2251, 121.4812, "青禾市人民广场", "人民广场"),
    Place(31.2419, 121.4955, "青禾市城东社区服务站", "城东社区服务站"),
)


def _draw_picture() -> bytes:
    """Return a small PNG: a road before a hill under the sky."""
    rows = []
    for y in range(_HEIGHT):
        row = bytearray([0])  # no filter
        for x in range(_WIDTH):
            hill = 96 + abs(x - 190) // 3
            row += bytes(_SKY if y < hill else _HILL if y < 168 + x // 16 else _ROAD)
        rows.append(bytes(row))
    head = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"".join(rows), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in chunks)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


SAMPLE_PICTURE = _draw_picture()
# Two seconds of silence: a hundred frames of 20 ms at 12.2 kbit/s (RFC 4867 §5.3).
SAMPLE_VOICE = b"#!AMR\n" + (b"\x3c" + bytes(31)) * 100
