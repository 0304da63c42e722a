# SPDX-License-Identifier: Apache-2.0
"""The smallest H.264 encoder that plays everywhere: unpredicted blocks, and «as before».

A picture is cut into macroblocks of 16 × 16. One that changed is sent as it is (I_PCM), one that
did not is skipped. For drawings in which little moves that is enough, and no codec is needed.
Numbers in brackets are clauses of ITU-T H.264 (08/2021).
"""

from collections.abc import Iterable, Iterator

from PIL import Image

BLOCK = 16
I_PCM, FIRST_INTRA_IN_P = 25, 5  # (tables 7-11, 7-13)
# BT.601 as video players expect it: luma 16–235, chroma 16–240; Pillow's YCbCr uses all 256.
LUMA = [round(16 + value * 219 / 255) for value in range(256)]
CHROMA = [round(128 + (value - 128) * 224 / 255) for value in range(256)]


class Bits:
    """A bit string under construction, highest bit first."""

    def __init__(self) -> None:
        self.done = bytearray()
        self.held, self.count = 0, 0

    def put(self, value: int, width: int) -> None:
        self.held = self.held << width | value
        self.count += width
        while self.count >= 8:
            self.count -= 8
            self.done.append(self.held >> self.count & 0xFF)
        self.held &= (1 << self.count) - 1

    def golomb(self, *values: int) -> None:
        """Write unsigned Exp-Golomb codes (9.1)."""
        for value in values:
            width = (value + 1).bit_length()
            self.put(value + 1, 2 * width - 1)

    def align(self) -> None:
        if self.count:
            self.put(0, 8 - self.count)

    def end(self) -> bytes:
        """Close with the stop bit (7.3.2.11)."""
        self.put(1, 1)
        self.align()
        return bytes(self.done)


def sequence_header(width: int, height: int) -> bytes:
    """Return the sequence parameter set: constrained baseline, level 3 (7.3.2.1)."""
    bits = Bits()
    bits.put(0x42C01E, 24)
    bits.golomb(0, 4, 2, 1)  # id; frame numbers of 8 bits; order as sent; one reference frame
    bits.put(0, 1)
    bits.golomb(width // BLOCK - 1, height // BLOCK - 1)
    bits.put(0b1100, 4)  # frames only, direct 8×8, no cropping, no VUI
    return nal(0x67, bits.end())


def picture_header() -> bytes:
    """Return the picture parameter set: CAVLC, one slice per picture (7.3.2.2)."""
    bits = Bits()
    bits.golomb(0, 0)
    bits.put(0, 2)
    bits.golomb(0, 0, 0)
    bits.put(0, 3)
    bits.golomb(0, 0, 0)
    bits.put(0b100, 3)  # slices say how they are deblocked
    return nal(0x68, bits.end())


def encode(frames: Iterable[Image.Image]) -> Iterator[bytes]:
    """Turn RGB frames of one size, a multiple of 16, into one coded picture each."""
    before: list[bytes] = []
    for number, frame in enumerate(frames):
        blocks = list(macroblocks(frame))
        yield _key_picture(blocks) if not before else _next_picture(blocks, before, number)
        before = blocks


def macroblocks(frame: Image.Image) -> Iterator[bytes]:
    """Cut a frame into blocks of 256 luma, 64 Cb and 64 Cr samples (7.3.5, 4:2:0)."""
    luma, blue, red = frame.convert("YCbCr").split()
    planes = [luma.point(LUMA)]
    planes += [plane.reduce(2).point(CHROMA) for plane in (blue, red)]
    for y in range(0, frame.height, BLOCK):
        for x in range(0, frame.width, BLOCK):
            parts = [planes[0].crop((x, y, x + BLOCK, y + BLOCK))]
            half = (x // 2, y // 2, (x + BLOCK) // 2, (y + BLOCK) // 2)
            parts += [plane.crop(half) for plane in planes[1:]]
            yield b"".join(part.tobytes() for part in parts)


def _key_picture(blocks: list[bytes]) -> bytes:
    bits = Bits()
    bits.golomb(0, 7, 0)
    bits.put(0, 8)
    bits.golomb(0)
    bits.put(0, 2)  # nothing to keep from before
    bits.golomb(0, 1)  # no quantiser change, no deblocking
    for block in blocks:
        bits.golomb(I_PCM)
        bits.align()
        bits.done += block
    return nal(0x65, bits.end())


def _next_picture(blocks: list[bytes], before: list[bytes], number: int) -> bytes:
    bits = Bits()
    bits.golomb(0, 5, 0)
    bits.put(number % 256, 8)
    bits.put(0, 3)  # default reference list; references slide
    bits.golomb(0, 1)
    skipped = 0
    for block, old in zip(blocks, before, strict=True):
        if block == old:
            skipped += 1
            continue
        bits.golomb(skipped, FIRST_INTRA_IN_P + I_PCM)
        bits.align()
        bits.done += block
        skipped = 0
    if skipped:
        bits.golomb(skipped)
    return nal(0x41, bits.end())


def nal(kind: int, payload: bytes) -> bytes:
    """Wrap a payload so that it never looks like a start code (7.4.1)."""
    out, zeros = bytearray([kind]), 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)
