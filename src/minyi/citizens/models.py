# SPDX-License-Identifier: Apache-2.0
import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _


class Citizen(models.Model):
    """A person, known only by the channels they came through. No name, no phone here."""

    class Assurance(models.IntegerChoices):
        """How sure we are that two identities are two people."""

        CHANNEL = 1, _("渠道身份")
        PHONE = 2, _("手机号核验")
        REAL_NAME = 3, _("实名核验")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assurance = models.PositiveSmallIntegerField(
        _("身份等级"), choices=Assurance.choices, default=Assurance.CHANNEL
    )
    first_seen_at = models.DateTimeField(_("首次来访"))
    erased_at = models.DateTimeField(_("注销时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("公众")
        verbose_name_plural = _("公众")

    def __str__(self) -> str:
        return str(self.pk)


class ChannelIdentity(models.Model):
    """Who a person is in one channel, as that channel's own server told us."""

    citizen = models.ForeignKey(
        Citizen, models.CASCADE, related_name="identities", verbose_name=_("公众")
    )
    channel = models.CharField(_("渠道"), max_length=16)
    account = models.SlugField(_("账号"))
    subject = models.CharField(_("渠道内身份"), max_length=64)  # WeChat: the openid
    union = models.CharField(_("跨账号身份"), max_length=64, blank=True)  # WeChat: the unionid
    linked_at = models.DateTimeField(_("绑定时间"))

    class Meta:
        verbose_name = _("渠道身份")
        verbose_name_plural = _("渠道身份")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "account", "subject"],
                name="one_identity_per_account_and_subject",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel}/{self.account}"
