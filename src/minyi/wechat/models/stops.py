# SPDX-License-Identifier: Apache-2.0
"""What WeChat has stopped for an account, known to all processes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class AccountStop(models.Model):
    """One refusal that holds for a while; `connection.shelves` writes it, from any process."""

    account = models.SlugField(max_length=100)  # as the line knows it; outlives a renamed row
    path = models.CharField(max_length=100)
    code = models.IntegerField()
    message = models.CharField(max_length=500, blank=True)
    rid = models.CharField(max_length=64, blank=True)
    scope = models.CharField(max_length=8)
    ability = models.CharField(max_length=32, blank=True)
    is_alert = models.BooleanField(default=False)
    since = models.DateTimeField()
    last_at = models.DateTimeField()
    until = models.DateTimeField(null=True)  # none: until somebody has looked again

    class Meta:
        verbose_name = _("微信的限制")
        verbose_name_plural = _("微信的限制")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "path", "code"], name="one_stop_per_path_and_code"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.path} {self.code}"
