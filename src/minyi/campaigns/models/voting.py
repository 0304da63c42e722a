# SPDX-License-Identifier: Apache-2.0
from django.db import models
from django.utils.translation import gettext_lazy as _

from minyi.core.fields import HexField

from .campaign import Campaign


class Round(models.Model):
    """The ballot paper 选票: what the ballot box needs, frozen from the campaign.

    `ballotbox` reads this row outside Django (see ballotbox/schema.py), hence the plain types:
    moments are milliseconds since the epoch, lists are JSON text.
    """

    campaign = models.OneToOneField(
        Campaign, models.PROTECT, related_name="round", verbose_name=_("活动")
    )
    slug = models.CharField(_("网址标识"), max_length=60)
    opens_ms = models.BigIntegerField(_("开始"))
    closes_ms = models.BigIntegerField(_("结束"))
    paused = models.BooleanField(_("已暂停"), default=False)
    pause_reason = models.CharField(_("暂停原因"), max_length=200, blank=True, db_default="")
    min_picks = models.PositiveSmallIntegerField(_("最少选择"))
    max_picks = models.PositiveSmallIntegerField(_("最多选择"))
    frequency = models.CharField(_("投票次数"), max_length=8, choices=Campaign.Frequency.choices)
    candidates = models.TextField(_("候选编号"))  # "[1,2,3]"
    order_seed = models.CharField(_("排序种子"), max_length=32)  # public: anyone can redo an order
    # The public log: its folder's name (blank: none is kept) and its entry 0, canonical JSON.
    log = models.CharField(_("公开账本"), max_length=60, blank=True, db_default="")
    manifest = models.TextField(_("账本首条"), blank=True, db_default="")
    # The log is served, and voters are told their place in it, from the first ballot on.
    log_live = models.BooleanField(_("当场出具证明"), db_default=False)
    # `picks` are stored sealed for the key of the trustees: nobody reads them before the opening.
    hides_choices = models.BooleanField(_("选择加密存放"), db_default=False)

    class Meta:
        verbose_name = _("投票")
        verbose_name_plural = _("投票")

    def __str__(self) -> str:
        return self.slug

    @property
    def is_sealed(self) -> bool:
        """True where the log holds choices sealed until the trustees open them."""
        return '"seal":"' in self.manifest


class Ballot(models.Model):
    """One cast ballot. Only the ballot box writes it, by its own SQL; nobody changes it.

    Ids grow in commit order within a round, so «up to ballot N» names a state of the count.
    """

    # No foreign key in the database: it would look the round up for each ballot of a batch, and
    # the statement that adds them has joined it (ADR 5).
    round = models.ForeignKey(
        Round, models.PROTECT, related_name="ballots", db_index=False, db_constraint=False
    )
    voter_ref = HexField()  # pseudonym, per campaign
    period = models.CharField(max_length=10)  # "" or the day in Asia/Shanghai
    picks = models.TextField()  # "[3,7]": nominee numbers, ascending; or "@…": sealed
    nonce = HexField()
    receipt = models.CharField(max_length=32)
    risk = models.SmallIntegerField()
    # What the browser claims of itself: «milliseconds on the page,touches,pages seen», or nothing.
    conduct = models.CharField(max_length=24, blank=True, db_default="")
    cast_ms = models.BigIntegerField()

    class Meta:
        verbose_name = _("选票")
        verbose_name_plural = _("选票")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["round", "voter_ref", "period"], name="one_ballot_per_voter_and_period"
            ),
            # The log counts a nonce once: what is acknowledged must be what counts.
            models.UniqueConstraint(fields=["round", "nonce"], name="one_ballot_per_nonce"),
        ]
        indexes = [models.Index(fields=["round", "id"], name="ballots_in_order")]

    def __str__(self) -> str:
        return self.receipt


class CountSnapshot(models.Model):
    """A kept intermediate sum of the fold over the ballots; it can always be folded again."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="+")
    upto_ballot = models.BigIntegerField()
    ballots = models.BigIntegerField()
    votes = models.JSONField(default=dict)  # nominee number (as text) → votes

    class Meta:
        verbose_name = _("计票快照")
        verbose_name_plural = _("计票快照")
        constraints = [
            models.UniqueConstraint(
                fields=["round", "upto_ballot"], name="one_snapshot_per_ballot"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.round_id}@{self.upto_ballot}"
