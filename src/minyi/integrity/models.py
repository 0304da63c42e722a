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
    prior_n = models.PositiveSmallIntegerField(null=True)  # earlier campaigns, 0 to 3

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


class KnownVoter(models.Model):
    """That some account took part before, and whether ballots of it were struck out (ADR 24).

    `ref` is a hash of the account under this installation's key. Counts stop at three: nothing
    here tells which votes, when, or for whom.
    """

    ref = models.CharField(max_length=32, unique=True)
    campaigns = models.PositiveSmallIntegerField()
    struck = models.PositiveSmallIntegerField()  # campaigns in which ballots were struck out
    until = models.DateField(db_index=True)  # forgotten then: two years after the last campaign

    class Meta:
        verbose_name = _("以往投票账号")
        verbose_name_plural = _("以往投票账号")

    def __str__(self) -> str:
        return str(self.pk)


class KnownDoor(models.Model):
    """How many people a network has brought on one day of an earlier vote, as a power of two."""

    door = models.CharField(max_length=24, unique=True)
    power = models.PositiveSmallIntegerField()  # 7: from 128 to 255 people on its busiest day
    until = models.DateField(db_index=True)

    class Meta:
        verbose_name = _("以往投票网络")
        verbose_name_plural = _("以往投票网络")

    def __str__(self) -> str:
        return str(self.pk)


class Remembered(models.Model):
    """How far a vote has been taken into memory, so that nobody is counted twice."""

    round_id = models.BigIntegerField(primary_key=True)
    upto = models.BigIntegerField(default=0)  # row of the identity vault

    class Meta:
        verbose_name = _("记忆进度")
        verbose_name_plural = _("记忆进度")

    def __str__(self) -> str:
        return f"{self.round_id}:{self.upto}"
