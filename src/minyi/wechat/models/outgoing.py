# SPDX-License-Identifier: Apache-2.0
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from minyi.core.models import AgencyQuerySet


class OutgoingQuerySet(AgencyQuerySet):
    agency_path: ClassVar[str] = "account__agency_id"


class OutgoingChannel(models.TextChoices):
    """The ways to reach somebody, in the order in which they are tried."""

    REPLY = "reply", _("被动回复")
    SERVICE = "service", _("客服消息")
    SUBSCRIPTION = "subscription", _("订阅通知")
    TEMPLATE = "template", _("模板消息")


class Outgoing(models.Model):
    """One message to one person, sent once or not at all.

    `sending` is committed before WeChat is called, with a `token` of that attempt; only the holder
    of the token writes the result. What is found `sending` afterwards becomes `unknown`.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("待发送")
        SENDING = "sending", _("发送中")
        SENT = "sent", _("已发送")
        UNKNOWN = "unknown", _("结果不明")
        NONE = "none", _("无可用方式")
        FAILED = "failed", _("发送失败")

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    openid = models.CharField("OpenID", max_length=64)
    citizen_id = models.UUIDField(_("公众"), null=True, blank=True)
    purpose = models.CharField(_("用途"), max_length=60)
    key = models.CharField(_("业务编号"), max_length=120)
    text = models.TextField(_("内容"))
    facts = models.JSONField(_("模板内容"), default=dict, blank=True)
    url = models.CharField(_("链接"), max_length=500, blank=True, db_default="")
    is_ai = models.BooleanField(_("人工智能生成"), default=False, db_default=False)
    is_urgent = models.BooleanField(_("紧急"), default=False, db_default=False)
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.WAITING)
    channel = models.CharField(
        _("发送方式"),
        max_length=12,
        choices=OutgoingChannel.choices,
        blank=True,
        db_default="",
    )
    reason = models.CharField(
        _("原因"), max_length=40, blank=True, db_default=""
    )  # words: see `wechat.reasons`
    # Way → reason code: what WeChat refused, so that a retry does not walk into it again.
    refused = models.JSONField(default=dict, blank=True)
    # A try of the template may have arrived: WeChat drops a repetition, any other way would not.
    is_uncertain = models.BooleanField(default=False, db_default=False)
    asked_at = models.DateTimeField(_("提出时间"))
    due_at = models.DateTimeField(_("计划发送时间"))
    first_tried_at = models.DateTimeField(_("首次发送时间"), null=True, blank=True)
    sent_at = models.DateTimeField(_("发送时间"), null=True, blank=True)
    token = models.CharField(max_length=32, blank=True, db_default="")
    round = models.PositiveSmallIntegerField(default=0, db_default=0)  # staff said «send again»
    wechat_id = models.CharField(_("微信消息编号"), max_length=40, blank=True, db_default="")
    # Sent as a passive reply: the identity of what the citizen wrote.
    answering = models.CharField(max_length=32, blank=True, db_default="")
    # Of the last try: WeChat tells of a subscription notice by person and template alone.
    template_id = models.CharField(_("模板编号"), max_length=64, blank=True, db_default="")

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        verbose_name = _("发出的消息")
        verbose_name_plural = _("发出的消息")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "openid", "purpose", "key"],
                name="one_outgoing_per_person_purpose_and_key",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "state", "-id"], name="outgoing_by_state"),
            models.Index(fields=["account", "openid"], name="outgoing_by_person"),
            models.Index(
                fields=["account", "sent_at"],
                name="outgoing_just_replied",
                condition=~models.Q(answering=""),
            ),
        ]

    def __str__(self) -> str:
        first = self.text.split("\n")[0]
        return first if len(first) <= 30 else f"{first[:29]}…"


class OutgoingStep(models.Model):
    """What happened to a message, one line per event. Appended, never changed."""

    outgoing = models.ForeignKey(
        Outgoing, models.CASCADE, related_name="steps", verbose_name=_("消息")
    )
    at = models.DateTimeField(_("时间"))
    state = models.CharField(_("状态"), max_length=8, choices=Outgoing.State.choices)
    channel = models.CharField(
        _("发送方式"), max_length=12, choices=OutgoingChannel.choices, blank=True
    )
    reason = models.CharField(_("原因"), max_length=40, blank=True)
    detail = models.CharField(_("详情"), max_length=200, blank=True)  # WeChat's own words, with rid
    actor_name = models.CharField(_("操作人"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("发送经过")
        verbose_name_plural = _("发送经过")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_state_display()}"


class Grant(models.Model):
    """A person's consent to one subscription template: once per acceptance, or lasting."""

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    openid = models.CharField("OpenID", max_length=64)
    template_id = models.CharField(_("模板编号"), max_length=64)
    is_lasting = models.BooleanField(_("长期订阅"), default=False)
    left = models.PositiveSmallIntegerField(_("剩余次数"), default=0)
    changed_at = models.DateTimeField(_("变更时间"))

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        verbose_name = _("订阅授权")
        verbose_name_plural = _("订阅授权")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "openid", "template_id"],
                name="one_grant_per_person_and_template",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} × {self.left}"


class MessageTemplate(models.Model):
    """Which template of the account carries a purpose, and which of our facts goes where.

    `fields` maps the template's field to the name of a fact: {"thing1": "activity"}.
    """

    class Channel(models.TextChoices):
        SUBSCRIPTION = "subscription", _("订阅通知")
        TEMPLATE = "template", _("模板消息")

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    purpose = models.CharField(_("用途"), max_length=60)
    channel = models.CharField(_("发送方式"), max_length=12, choices=Channel.choices)
    template_id = models.CharField(_("模板编号"), max_length=64)
    title = models.CharField(_("模板标题"), max_length=60, blank=True)
    fields = models.JSONField(_("字段对应"), default=dict)
    is_lasting = models.BooleanField(_("长期订阅"), default=False)
    is_on = models.BooleanField(_("启用"), default=True)

    objects = OutgoingQuerySet.as_manager()

    class Meta:
        verbose_name = _("消息模板")
        verbose_name_plural = _("消息模板")
        ordering = ["account", "purpose", "channel"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "purpose", "channel"],
                name="one_template_per_purpose_and_channel",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.template_id
