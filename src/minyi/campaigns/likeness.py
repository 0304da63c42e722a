# SPDX-License-Identifier: Apache-2.0
"""How alike two nominees' names and texts are. Plain Python; no domain row in sight.

Names are compared by the share of two-character pieces they have in common (Dice), texts by how
many sampled four-character pieces of one occur in the other: a search for a piece runs in C, so
thousands of texts take milliseconds.
"""

import re
import unicodedata
from dataclasses import dataclass

TEXT_PIECES, PIECE = 40, 4
CONTAINED = 0.9  # one name inside the other: «城东分中心» and «青禾市政务服务中心城东分中心»
SAME_UNIT = 0.15
# Endings that tell nothing apart.
_ENDINGS = ("有限责任公司", "股份有限公司", "有限公司", "办事窗口", "服务窗口", "窗口", "示例")
_MARKS = re.compile(r"[\W_]+")
# The traditional characters that names of offices and people use most; no dictionary needed.
_SIMPLIFIED = str.maketrans(
    "東車門馬龍鳳陳張劉楊黃趙吳許鄭馮葉蔣鄧蘇盧鐘譚陸範鄒賴寶蘭華國園區縣鄉鎮辦務處廳產業"
    "電訊網絡農漁醫藥學會議員標準審證稅財險勞動關係戶籍檔案環護衛樂愛聯體術藝術隊廠銀號樓廣場"
    "綜專項窗開發創優質風雲麗義個為無與過時實現長總經濟術術員組織團黨團",
    "东车门马龙凤陈张刘杨黄赵吴许郑冯叶蒋邓苏卢钟谭陆范邹赖宝兰华国园区县乡镇办务处厅产业"
    "电讯网络农渔医药学会议员标准审证税财险劳动关系户籍档案环护卫乐爱联体术艺术队厂银号楼广场"
    "综专项窗开发创优质风云丽义个为无与过时实现长总经济术术员组织团党团",
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is compared of one nomination or nominee."""

    name: str
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike name and text are, each from 0 to 1."""

    name: float
    text: float

    @property
    def score(self) -> float:
        return max(self.name, self.text)


def plain_name(name: str) -> str:
    """Return a name without width, case, punctuation, blanks and traditional characters."""
    folded = unicodedata.normalize("NFKC", name).casefold().translate(_SIMPLIFIED)
    return _MARKS.sub("", folded)


def core_name(name: str) -> str:
    """Return the plain name without endings that tell nothing apart."""
    plain = plain_name(name)
    for ending in _ENDINGS:
        if plain.endswith(ending) and len(plain) > len(ending) + 1:
            plain = plain.removesuffix(ending)
    return plain


class Comparison:
    """One subject, prepared to be compared with thousands."""

    def __init__(self, subject: Subject) -> None:
        self._name = core_name(subject.name)
        self._name_pieces = _pieces(self._name)
        self._unit = plain_name(subject.unit)
        self._text_pieces = _sample(subject.text)

    def with_(self, other: Subject) -> Likeness:
        """Return how alike the other subject is."""
        name_score = self._name_score(core_name(other.name))
        if name_score and self._unit and self._unit == plain_name(other.unit):
            name_score = min(1.0, name_score + SAME_UNIT)
        return Likeness(name_score, self._text_score(other.text))

    def _name_score(self, other: str) -> float:
        if other == self._name:
            return 1.0
        shorter, longer = sorted((other, self._name), key=len)
        if len(shorter) >= PIECE and shorter in longer:
            return CONTAINED
        theirs = _pieces(other)
        together = len(theirs) + len(self._name_pieces)
        return 2 * len(theirs & self._name_pieces) / together if together else 0.0

    def _text_score(self, other: str) -> float:
        if not self._text_pieces:
            return 0.0
        return sum(piece in other for piece in self._text_pieces) / len(self._text_pieces)


def _pieces(text: str) -> frozenset[str]:
    return frozenset(text[i : i + 2] for i in range(len(text) - 1))


def _sample(text: str) -> tuple[str, ...]:
    """Return at most TEXT_PIECES pieces spread evenly over the text."""
    last = len(text) - PIECE
    if last < PIECE:
        return ()
    step = max(1, last // TEXT_PIECES)
    return tuple(text[i : i + PIECE] for i in range(0, last + 1, step))[:TEXT_PIECES]
