# SPDX-License-Identifier: Apache-2.0
"""What WeChat lends an account for two hours, shared by all processes (docs/adr/0011)."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Loan(models.Model):
    """A token or ticket, sealed; the lease names the one process that may fetch a new one.

    A lease is taken by one conditional UPDATE, and whoever holds it alone writes the rest of the
    row. `services` and screens have no business here: only `connection.shelves` has.
    """

    key = models.CharField(max_length=100, unique=True)
    sealed_value = models.TextField(blank=True)
    fetched_at = models.DateTimeField(null=True)
    good_until = models.DateTimeField(null=True)
    lease_holder = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    refused_path = models.CharField(max_length=100, blank=True)
    refused_code = models.IntegerField(null=True)
    refused_message = models.CharField(max_length=500, blank=True)
    refused_times = models.PositiveSmallIntegerField(default=0)
    refused_until = models.DateTimeField(null=True)  # with a code and no moment: for good

    class Meta:
        verbose_name = _("微信凭据")
        verbose_name_plural = _("微信凭据")

    def __str__(self) -> str:
        return self.key
