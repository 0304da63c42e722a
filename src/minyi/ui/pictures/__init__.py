# SPDX-License-Identifier: Apache-2.0
"""Illustrations for the sample data, drawn by the project itself, the same each time.

`draw_pictures(folder)` writes `cover.jpg` (1200 × 600) and one picture per sample window
(1200 × 900). `PICTURES` names them together with the words for those who cannot see them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from . import indoors, outdoors
from .canvas import Canvas

Scene = Callable[[Canvas, Random, str], None]


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the sample data; `name` is its file name without the ending."""

    name: str
    scene: Scene
    time: str
    alternative: str


COVER = "cover"
COVER_ALTERNATIVE = "插画：清晨的河边小城，政务服务大厅前，市民与工作人员一起迎面走来。"
PICTURES = (
    Picture(
        "window-01",
        indoors.open_counter,
        "day",
        "插画：三位工作人员坐在敞开式综合窗口后，为市民办理业务。",
    ),
    Picture(
        "window-02",
        outdoors.community,
        "day",
        "插画：便民服务中心门前，工作人员正在接待一位老人。",
    ),
    Picture(
        "window-03",
        indoors.portrait,
        "day",
        "插画：不动产登记窗口的工作人员坐在办公桌后微笑。",
    ),
    Picture(
        "window-04",
        outdoors.river_town,
        "day",
        "插画：河边小镇，石桥上有行人，乌篷船从桥下划过。",
    ),
    Picture(
        "window-05",
        indoors.team,
        "day",
        "插画：五位身着工装的窗口人员在服务大厅里合影。",
    ),
    Picture(
        "window-06",
        outdoors.country_van,
        "day",
        "插画：流动服务车停在田野边，工作人员把办好的证件交给老人。",
    ),
    Picture(
        "window-07",
        outdoors.hall_front,
        "day",
        "插画：政务服务大厅外景，工作人员在台阶前迎接来办事的人。",
    ),
    Picture(
        "window-08",
        indoors.at_home,
        "day",
        "插画：工作人员上门服务，与老人围坐在圆桌旁核对材料。",
    ),
    Picture(
        "window-09",
        indoors.self_service,
        "night",
        "插画：夜晚的二十四小时自助服务区，工作人员指导市民使用自助机。",
    ),
    Picture(
        "window-10",
        outdoors.park,
        "day",
        "插画：湖畔公园里，社区工作人员与散步的老人打招呼。",
    ),
    Picture(
        "window-11",
        indoors.reading_room,
        "day",
        "插画：阅览室里，几位读者围着长桌看书，工作人员在旁答疑。",
    ),
    Picture(
        "window-12",
        outdoors.mountain_village,
        "day",
        "插画：山村梯田旁，背着公文包的代办员走访村民。",
    ),
    Picture(
        "window-13",
        indoors.open_counter,
        "night",
        "插画：延时服务的窗口，天色已晚，三位工作人员仍在受理业务。",
    ),
    Picture(
        "window-14",
        outdoors.community,
        "morning",
        "插画：清晨的社区服务站，居民向工作人员挥手。",
    ),
    Picture(
        "window-15",
        indoors.portrait,
        "morning",
        "插画：窗边晨光里，税务窗口的工作人员整理材料。",
    ),
    Picture(
        "window-16",
        outdoors.river_town,
        "dusk",
        "插画：黄昏的水乡小镇，临河的房屋亮起灯光。",
    ),
    Picture(
        "window-17",
        indoors.team,
        "morning",
        "插画：帮办代办团队五人站成一排，其中一人挥手致意。",
    ),
    Picture(
        "window-18",
        outdoors.country_van,
        "morning",
        "插画：清晨的乡间路上，流动服务车的窗口已经打开。",
    ),
    Picture(
        "window-19",
        outdoors.hall_front,
        "dusk",
        "插画：傍晚的政务服务大厅，市民带着孩子来到门前。",
    ),
    Picture(
        "window-20",
        indoors.at_home,
        "morning",
        "插画：志愿者在老人家中，桌上放着茶具和盖好章的表格。",
    ),
    Picture(
        "window-21",
        indoors.self_service,
        "day",
        "插画：白天的自助服务区，四台自助机前有人正在办理。",
    ),
    Picture(
        "window-22",
        outdoors.park,
        "morning",
        "插画：晨雾散去的公园，亭子旁的长椅边有人散步。",
    ),
    Picture(
        "window-23",
        indoors.reading_room,
        "morning",
        "插画：法律援助工作站的长桌旁，工作人员为市民讲解。",
    ),
    Picture(
        "window-24",
        outdoors.mountain_village,
        "morning",
        "插画：晨光中的山村，代办员向屋前的老人挥手。",
    ),
)


def draw_pictures(folder: Path) -> list[Path]:
    """Draw the cover and every picture into `folder`, byte for byte the same each time."""
    folder.mkdir(parents=True, exist_ok=True)
    wide = Canvas(1200, 600)
    outdoors.panorama(wide, _dice(COVER))
    drawn = [wide.save(folder / f"{COVER}.jpg")]
    for picture in PICTURES:
        sheet = Canvas(1200, 900)
        picture.scene(sheet, _dice(picture.name), picture.time)
        drawn.append(sheet.save(folder / f"{picture.name}.jpg"))
    return drawn


def _dice(seed: str) -> Random:
    return Random(seed)  # noqa: S311 — chooses colours, guards nothing
