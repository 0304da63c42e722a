# SPDX-License-Identifier: Apache-2.0
from django.db import models
from django.utils.translation import gettext_lazy as _


class UnconfirmedBallot(models.Model):
    """Numbers somebody wrote, until they confirm them or ten minutes have passed.

    No ballot may lie beside its voter's name (ADR 13): `who` is a keyed mark of the person, and
    `sealed` opens only for somebody who knows the person and the server's key.
    """

    who = models.CharField(_("标记"), max_length=64, primary_key=True)
    sealed = models.TextField(_("密文"))
    expires_at = models.DateTimeField(_("失效时间"), db_index=True)

    class Meta:
        verbose_name = _("待确认的选票")
        verbose_name_plural = _("待确认的选票")

    def __str__(self) -> str:
        return self.who[:8]
