# SPDX-License-Identifier: Apache-2.0
from pathlib import Path

import pytest
from PIL import Image

from minyi.ui.pictures import COVER, PICTURES, draw_pictures


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
