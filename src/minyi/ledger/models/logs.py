# SPDX-License-Identifier: Apache-2.0
"""What the database knows of the logs. The logs themselves are files (docs/protocol)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Log(models.Model):
    """One public log: its folder, its name in the world, its key as everybody may know it."""

    folder = models.SlugField(_("文件夹"), max_length=60, unique=True)
    round_id = models.BigIntegerField(_("投票"), unique=True)  # whose ballots it holds
    origin = models.CharField(_("账本名称"), max_length=200)  # host and path, without scheme
    vkey = models.CharField(_("公钥"), max_length=300)
    opened_at = models.DateTimeField(_("开设时间"))

    class Meta:
        verbose_name = _("公开账本")
        verbose_name_plural = _("公开账本")

    def __str__(self) -> str:
        return self.folder


class LogEntry(models.Model):
    """An act of ours that is to stand in the log; written there once, after its transaction.

    `text` is the entry to the byte, its moment in it, so that it can be recognised in the log.
    """

    log = models.ForeignKey(Log, models.PROTECT, related_name="entries")
    key = models.CharField(_("键"), max_length=80)
    kind = models.CharField(_("类型"), max_length=20)  # stage, event, result, …
    text = models.TextField(_("账本记录"))
    since = models.BigIntegerField(_("起始条数"))  # size of the log when the row was made
    index = models.BigIntegerField(_("序号"), null=True, blank=True)  # null: not in the log yet
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("账本记录")
        verbose_name_plural = _("账本记录")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["log", "key"], name="one_entry_per_log_and_key"),
        ]
        indexes = [
            models.Index(
                fields=["log", "id"], name="entries_waiting", condition=models.Q(index__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.log_id}:{self.key}"
