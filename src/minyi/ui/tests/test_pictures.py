# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest
from PIL import Image

from minyi.ui.pictures import COVER, PICTURES, draw_pictures
from minyi.ui.pictures.film import draw_film
from minyi.ui.pictures.h264 import Bits, nal

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return draw_pictures(tmp_path_factory.mktemp("pictures") / "new")


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_there_is_a_cover_and_a_picture_for_every_window(drawn: list[Path]):
    assert [path.stem for path in drawn] == [COVER, *(picture.name for picture in PICTURES)]
    assert len(PICTURES) == 24


def test_pictures_have_their_size_and_stay_light(drawn: list[Path]):
    sizes = {path.stem: size_of(path) for path in drawn}
    assert sizes.pop(COVER) == (1200, 600)
    assert set(sizes.values()) == {(1200, 900)}
    assert max(path.stat().st_size for path in drawn) <= 90 * 1024


def test_no_two_pictures_are_alike(drawn: list[Path]):
    assert len({path.read_bytes() for path in drawn}) == len(drawn)


def test_the_same_picture_comes_out_each_time(drawn: list[Path], tmp_path: Path):
    again = draw_pictures(tmp_path)
    assert [p.read_bytes() for p in again] == [p.read_bytes() for p in drawn]


def test_each_picture_is_described_in_its_own_words():
    words = [picture.alternative for picture in PICTURES]
    assert len(set(words)) == len(words)
    assert all(10 <= len(word) <= 60 for word in words)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return draw_film(tmp_path_factory.mktemp("film"))


def boxes(content: bytes) -> dict[str, int]:
    """Return the outermost boxes of an MP4 file and where they start."""
    found, at = {}, 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 4])
        found[content[at + 4 : at + 8].decode()] = at
        at += size
    assert at == len(content)
    return found


def test_the_index_of_the_film_comes_before_its_pictures(film: tuple[Path, Path]):
    content = film[0].read_bytes()
    found = boxes(content)
    assert list(found) == ["ftyp", "moov", "mdat"]
    first_byte = content.index(b"stco") + 12
    assert int.from_bytes(content[first_byte : first_byte + 4]) == found["mdat"] + 8


def test_the_film_is_light_and_has_a_first_picture(film: tuple[Path, Path]):
    assert film[0].stat().st_size < 1024 * 1024
    assert size_of(film[1]) == (480, 272)


def test_nothing_in_a_coded_picture_looks_like_a_start_code():
    coded = nal(0x65, bytes(200) + b"\0\0\1" + b"\0\0\3")
    assert b"\0\0\0" not in coded
    assert b"\0\0\1" not in coded


@pytest.mark.parametrize(("value", "code"), [(0, "1"), (1, "010"), (4, "00101"), (25, "000011010")])
def test_numbers_are_coded_as_in_table_9_2(value: int, code: str):
    bits = Bits()
    bits.golomb(value)
    bits.align()
    written = "".join(f"{byte:08b}" for byte in bits.done)
    assert written[: len(code)] == code
