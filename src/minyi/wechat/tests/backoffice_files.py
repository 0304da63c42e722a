# SPDX-License-Identifier: Apache-2.0
"""Small files in the forms of the back office, figures invented."""

from collections.abc import Sequence

Rows = Sequence[Sequence[str]]
PERIOD = "（2026-09-01至2026-09-03）"
USERS: Rows = (
    ("时间", "新关注人数", "取消关注人数", "净增关注人数", "累积关注人数"),
    ("2026/9/1", "12", "3", "9", "1009"),
    ("2026/9/2", "4", "6", "-2", "1007"),
    ("2026/9/3", "0", "0", "0", "1007"),
)
MESSAGES: Rows = (
    ("时间", "消息发送人数", "消息发送次数", "人均发送次数"),
    ("2026/9/1", "2", "3", "1.5"),
    ("2026/9/2", "-", "-", "-"),
    ("2026/9/3", "1", "1", "1"),
)
READS: Rows = (
    (
        *("日期", "阅读次数", "阅读人数", "分享次数", "分享人数", "阅读原文次数"),
        *("阅读原文人数", "收藏次数", "收藏人数", "群发篇数", "渠道"),
    ),
    ("20260901", "40", "31", "3", "3", "0", "0", "1", "1", "0", "公众号消息"),
    ("20260901", "7", "6", "0", "0", "0", "0", "0", "0", "0", "朋友圈"),
    ("20260901", "47", "36", "3", "3", "0", "0", "1", "1", "0", "全部"),
)
ARTICLES: Rows = (
    (
        *("内容标题", "发表时间", "总阅读人数", "总阅读次数", "总分享人数", "总分享次数"),
        *("阅读后关注人数", "送达人数", "公众号消息阅读次数", "送达阅读率", "首次分享次数"),
        *("分享产生阅读次数", "首次分享率", "每次分享带来阅读次数", "阅读完成率", "内容url"),
    ),
    (
        *("办事大厅国庆期间照常开放，请看时间表！", "20260901", "831", "1048", "55", "67", "1"),
        *("4385", "492", "0.1122", "38", "500", "0.0782", "7.4642", "0.4696"),
        "http://mp.weixin.qq.com/s?__biz=MzSample==&mid=2247480001&idx=1&sn=ab&chksm=cd#rd",
    ),
    (
        *("示例通知 | 停水, 请注意“储水”", "20260902", "111", "134", "2", "3", "0"),
        *("4385", "87", "0.0190", "1", "37", "0.0218", "12.1613", "0.4774"),
        "http://mp.weixin.qq.com/s?__biz=MzSample==&mid=2247480001&idx=2&sn=ef&chksm=01#rd",
    ),
)
MENU: Rows = (
    ("版本", "一级菜单", "二级菜单", "菜单点击次数", "菜单点击人数", "人均点击次数"),
    ("2026090101", "你呼我应", "-", "55", "47", "1.17"),
    ("2026090101", "办事", "预约", "131", "99", "1.32"),
)
KEYWORDS: Rows = (("排行", "消息关键词", "出现次数"), ("1", "预约", "60"), ("2", "24", "8"))
WITH_TITLE = {
    "messages": (f"消息发送{PERIOD}", MESSAGES),
    "menu": (f"菜单分析{PERIOD}", MENU),
    "keywords": (f"全部关键词{PERIOD}", KEYWORDS),
    "users": (f"用户增长{PERIOD}", USERS),
}


def as_csv(rows: Rows, *, title: str = "", encoding: str = "gbk", wide: int = 0) -> bytes:
    """As the CSV beside the .xls: title, head, an empty line, the rows; padded to one width."""
    width = max(wide, *(len(row) for row in rows))
    lines = [[title], rows[0], [], *rows[1:]] if title else list(rows)
    padded = [[*line, *[""] * (width - len(line))] for line in lines]
    return "".join(",".join(_quoted(cell) for cell in line) + "\r\n" for line in padded).encode(
        encoding
    )


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if "," in cell or '"' in cell else cell


def as_html(rows: Rows, *, title: str) -> bytes:
    """As the .xls that is a page: one long line, the head over two lines, each cell a heading."""
    head = "".join(f'<th rowspan="2">{cell}</th>' for cell in rows[0])
    body = "".join(
        "<tr> "
        + "".join(f"<th> {_with_dashes(cell)} </th>" for cell in row[:-1])
        + f'<th class="rightborder">{row[-1]}</th> </tr>'
        for row in rows[1:]
    )
    return (
        '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>'
        '<meta http-equiv="Content-Type" content="text/html; charset=UTF-8"></head><body><div>'
        '<table class="tb"><colgroup><col class="td" /></colgroup>'
        f'<tr style="height: 40px"><th colspan="10">  {title}  </th></tr>'
        f'<tr class="header">{head}</tr><tr> </tr>{body}</table></div></body></html>'
    ).encode()


def _with_dashes(cell: str) -> str:
    """The page writes 2026-09-01 where the CSV has 2026/9/1."""
    parts = cell.split("/")
    if len(parts) != 3 or not all(part.isdigit() for part in parts):
        return cell
    return f"{parts[0]}-{int(parts[1]):02}-{int(parts[2]):02}"
