# SPDX-License-Identifier: Apache-2.0
"""Figures as rows. Each says whether the back office's file or the API told it, and as of when."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from minyi.core.models import AgencyQuerySet


class AccountQuerySet(AgencyQuerySet):
    """Rows of an official account: fenced by the agency that runs it."""

    agency_path: ClassVar[str] = "account__agency_id"


class BackofficeTable(models.Model):
    """One table of an imported file. The file itself is kept in `lines`, cell by cell."""

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    kind = models.CharField(_("报表"), max_length=12)
    heading = models.CharField(_("标题"), max_length=200, blank=True)
    first_day = models.DateField(_("期间起"), null=True)
    last_day = models.DateField(_("期间止"), null=True)
    filename = models.CharField(_("文件名"), max_length=200)
    form = models.CharField(_("格式"), max_length=8)
    sheet = models.CharField(_("工作表"), max_length=64, blank=True)
    sha256 = models.CharField(max_length=64)
    columns = models.JSONField(_("列"), default=list)
    head_line = models.PositiveIntegerField(_("表头所在行"))
    rows = models.PositiveIntegerField(_("行数"))
    new = models.PositiveIntegerField(_("新增"))
    changed = models.PositiveIntegerField(_("更新"))
    imported_at = models.DateTimeField(_("导入时间"))
    imported_by = models.CharField(_("导入人"), max_length=80)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("后台报表")
        verbose_name_plural = _("后台报表")
        ordering = ["-imported_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "sha256", "sheet"], name="each_table_imported_once"
            )
        ]

    def __str__(self) -> str:
        return self.filename


class BackofficeLine(models.Model):
    """One line of an imported table, exactly as it stands in the file."""

    table = models.ForeignKey(BackofficeTable, models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField(_("行号"))
    cells = models.JSONField(_("单元格"), default=list)

    class Meta:
        ordering = ["table", "number"]
        constraints = [
            models.UniqueConstraint(fields=["table", "number"], name="one_line_per_number")
        ]


class Origin(models.TextChoices):
    IMPORT = "import", _("后台导出文件")
    API = "api", _("微信接口")


class Figures(models.Model):
    """What all figures share: whose they are, where from, as of when, and what we had no field for.

    `table` and `line` lead to the line of the imported file.
    """

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    origin = models.CharField(_("来源"), max_length=6, choices=Origin.choices)
    as_of = models.DateTimeField(_("取得时间"))
    table = models.ForeignKey(BackofficeTable, models.PROTECT, null=True, related_name="+")
    line = models.PositiveIntegerField(_("行号"), null=True)
    extra = models.JSONField(_("其他列"), default=dict)

    objects = AccountQuerySet.as_manager()

    class Meta:
        abstract = True


def _count(name: object) -> models.BigIntegerField:  # type: ignore[type-arg]
    return models.BigIntegerField(name, null=True)  # type: ignore[arg-type]


def _rate(name: object) -> models.DecimalField:  # type: ignore[type-arg]
    return models.DecimalField(name, max_digits=24, decimal_places=12, null=True)  # type: ignore[arg-type]


class FollowerDay(Figures):
    """Who came and who left on one day. Source «» is all of them together."""

    day = models.DateField(_("日期"))
    source = models.CharField(_("关注来源"), max_length=12, blank=True)
    new = _count(_("新关注人数"))
    cancelled = _count(_("取消关注人数"))
    net = _count(_("净增关注人数"))
    total = _count(_("累积关注人数"))

    class Meta:
        ordering = ["day", "source"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "day", "source", "origin"], name="one_follower_row_per_day"
            )
        ]


class ReadDay(Figures):
    """How often the account's articles were read on one day, through one channel."""

    day = models.DateField(_("日期"))
    channel = models.CharField(_("渠道"), max_length=40)
    reads = _count(_("阅读次数"))
    read_users = _count(_("阅读人数"))
    shares = _count(_("分享次数"))
    share_users = _count(_("分享人数"))
    original_reads = _count(_("阅读原文次数"))
    original_users = _count(_("阅读原文人数"))
    favourites = _count(_("收藏次数"))
    favourite_users = _count(_("收藏人数"))
    sent = _count(_("群发篇数"))

    class Meta:
        ordering = ["day", "channel"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "day", "channel", "origin"], name="one_read_row_per_day"
            )
        ]


class ArticleFigures(Figures):
    """What became of one article, up to `as_of`."""

    key = models.CharField(
        _("文章编号"), max_length=200
    )  # <msg_data_id>_<index>, as the API writes
    title = models.CharField(_("标题"), max_length=200)
    published_on = models.DateField(_("发表日期"))
    url = models.URLField(_("网址"), max_length=1000, blank=True)
    read_users = _count(_("总阅读人数"))
    reads = _count(_("总阅读次数"))
    share_users = _count(_("总分享人数"))
    shares = _count(_("总分享次数"))
    followed = _count(_("阅读后关注人数"))
    delivered = _count(_("送达人数"))
    message_reads = _count(_("公众号消息阅读次数"))
    delivered_rate = _rate(_("送达阅读率"))
    first_shares = _count(_("首次分享次数"))
    share_reads = _count(_("分享产生阅读次数"))
    first_share_rate = _rate(_("首次分享率"))
    reads_per_share = _rate(_("每次分享带来阅读次数"))
    finish_rate = _rate(_("阅读完成率"))

    class Meta:
        ordering = ["-published_on", "key"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key", "origin"], name="one_row_per_article")
        ]


class MessageDay(Figures):
    """How many followers wrote to the account on one day."""

    day = models.DateField(_("日期"))
    users = _count(_("消息发送人数"))
    messages = _count(_("消息发送次数"))
    per_user = _rate(_("人均发送次数"))

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "day", "origin"], name="one_message_row_per_day"
            )
        ]


class MenuClicks(Figures):
    """How often one item of one version of the menu was tapped in a period."""

    first_day = models.DateField(_("期间起"))
    last_day = models.DateField(_("期间止"))
    version = models.CharField(_("版本"), max_length=40)
    level1 = models.CharField(_("一级菜单"), max_length=80)
    level2 = models.CharField(_("二级菜单"), max_length=80, blank=True)
    clicks = _count(_("菜单点击次数"))
    users = _count(_("菜单点击人数"))
    per_user = _rate(_("人均点击次数"))

    class Meta:
        ordering = ["-version", "level1", "level2"]
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "account",
                    "first_day",
                    "last_day",
                    "version",
                    "level1",
                    "level2",
                    "origin",
                ],
                name="one_row_per_menu_item",
            )
        ]


class KeywordCount(Figures):
    """How often followers wrote one word in a period."""

    first_day = models.DateField(_("期间起"))
    last_day = models.DateField(_("期间止"))
    rank = _count(_("排行"))
    word = models.CharField(_("消息关键词"), max_length=200)
    times = _count(_("出现次数"))

    class Meta:
        ordering = ["rank", "word"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "first_day", "last_day", "word", "origin"],
                name="one_row_per_keyword",
            )
        ]


class FigureSync(models.Model):
    """Where the daily fetch of one account's figures of one day stands."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待中")
        DONE = "done", _("已取得")
        FAILED = "failed", _("没有取得")

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    day = models.DateField(_("日期"))
    state = models.CharField(_("状态"), max_length=8, choices=State.choices)
    reason = models.CharField(_("说明"), max_length=200, blank=True)
    rows = models.PositiveIntegerField(_("行数"), default=0)
    tried_at = models.DateTimeField(_("最近一次"))

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("数据同步")
        verbose_name_plural = _("数据同步")
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="one_sync_per_day")]


FIGURES: dict[str, type[Figures]] = {
    "users": FollowerDay,
    "reads": ReadDay,
    "articles": ArticleFigures,
    "messages": MessageDay,
    "menu": MenuClicks,
    "keywords": KeywordCount,
}
__all__ = [
    "FIGURES",
    "ArticleFigures",
    "BackofficeLine",
    "BackofficeTable",
    "FigureSync",
    "Figures",
    "FollowerDay",
    "KeywordCount",
    "MenuClicks",
    "MessageDay",
    "Origin",
    "ReadDay",
]
