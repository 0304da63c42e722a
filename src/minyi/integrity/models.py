# SPDX-License-Identifier: Apache-2.0
from django.db import models
from django.utils.translation import gettext_lazy as _


class Visit(models.Model):
    """What was to be seen when somebody was handed a ballot paper: no name, no address, no place.

    It stays out of the public log and goes with the identity vault (`services.visits.forget`).
    """

    round_id = models.BigIntegerField()
    voter_ref = models.CharField(max_length=32)
    at_ms = models.BigIntegerField()
    # The network people came through, under this installation's key: the same in every campaign.
    door = models.CharField(max_length=24, blank=True)
    model = models.CharField(max_length=60, blank=True)
    os = models.CharField(max_length=12, blank=True)
    osv = models.CharField(max_length=12, blank=True)
    wxver = models.CharField(max_length=16, blank=True)
    net = models.CharField(max_length=8, blank=True)
    src = models.CharField(max_length=16, blank=True)
    first_seen_ms = models.BigIntegerField(null=True)

    class Meta:
        verbose_name = _("投票到访")
        verbose_name_plural = _("投票到访")
        constraints = [
            models.UniqueConstraint(
                fields=["round_id", "voter_ref"], name="one_visit_per_round_and_voter"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round_id}:{self.pk}"
