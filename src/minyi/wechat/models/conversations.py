# SPDX-License-Identifier: Apache-2.0
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from minyi.core.models import AgencyQuerySet

from .contacts import Contact


class ConversationQuerySet(AgencyQuerySet):
    agency_path: ClassVar[str] = "contact__account__agency_id"


class Conversation(models.Model):
    """What one contact and the account say to each other; who answers is the `state`."""

    class State(models.TextChoices):
        ROBOT = "robot", _("自动回复")
        WAITING = "waiting", _("等待人工")
        PERSON = "person", _("人工接待")

    contact = models.OneToOneField(
        Contact, models.CASCADE, related_name="conversation", verbose_name=_("用户")
    )
    state = models.CharField(
        _("状态"),
        max_length=8,
        choices=State.choices,
        default=State.ROBOT,
        db_default=State.ROBOT,
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("接待人"),
    )
    waiting_since = models.DateTimeField(_("开始等待"), null=True, blank=True)
    last_at = models.DateTimeField(_("最近消息"))
    last_text = models.CharField(_("最近内容"), max_length=120, blank=True, db_default="")
    unread = models.PositiveIntegerField(_("未读"), default=0, db_default=0)
    # Messages in a row that no answer of the robot fitted; the second calls a person.
    unanswered = models.PositiveSmallIntegerField(_("连续未答"), default=0, db_default=0)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        verbose_name = _("会话")
        verbose_name_plural = _("会话")
        ordering = ["-last_at"]
        indexes = [models.Index(fields=["state", "-last_at"], name="conversations_by_state")]

    def __str__(self) -> str:
        return f"{self.contact} · {self.get_state_display()}"


class ChatMessage(models.Model):
    """One message of a conversation. Facts: what arrived stays as it arrived.

    `identity` names a delivery for good (see `wechat.messages`), so that WeChat's second and third
    attempt, or another process, adds nothing.
    """

    class Direction(models.TextChoices):
        IN = "in", _("收到")
        OUT = "out", _("发出")

    class AuthorKind(models.TextChoices):
        CITIZEN = "citizen", _("公众")
        ROBOT = "robot", _("自动回复")
        STAFF = "staff", _("工作人员")

    class State(models.TextChoices):
        RECEIVED = "received", _("已收到")
        SENDING = "sending", _("发送中")
        SENT = "sent", _("已发送")
        FAILED = "failed", _("未送达")

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="messages", verbose_name=_("会话")
    )
    direction = models.CharField(_("方向"), max_length=3, choices=Direction.choices)
    # text, image, voice, video, location, link, event …: as WeChat names it
    kind = models.CharField(_("类型"), max_length=20)
    text = models.TextField(_("内容"), blank=True, db_default="")
    media_id = models.CharField(_("素材编号"), max_length=128, blank=True, db_default="")
    identity = models.CharField(max_length=64, unique=True, null=True, blank=True)
    sent_at = models.DateTimeField(_("时间"))
    author_kind = models.CharField(_("发送者"), max_length=8, choices=AuthorKind.choices)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("工作人员"),
    )
    is_ai = models.BooleanField(_("人工智能生成"), default=False, db_default=False)
    state = models.CharField(_("状态"), max_length=8, choices=State.choices)
    reason = models.CharField(_("未送达原因"), max_length=200, blank=True, db_default="")

    class Meta:
        verbose_name = _("消息")
        verbose_name_plural = _("消息")
        ordering = ["id"]
        indexes = [models.Index(fields=["conversation", "id"], name="messages_in_order")]

    def __str__(self) -> str:
        return self.text[:30] or self.get_direction_display()
