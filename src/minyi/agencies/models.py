# SPDX-License-Identifier: Apache-2.0
from datetime import date
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from minyi.core.actors import Actor
from minyi.core.clock import today
from minyi.core.models import AgencyQuerySet

from .policies import GRANTS, Role


class Region(models.Model):
    """A place in the tree 国家 / 省 / 市 / 县 / 乡."""

    class Level(models.IntegerChoices):
        NATION = 0, _("国家")
        PROVINCE = 1, _("省级")
        CITY = 2, _("市级")
        COUNTY = 3, _("县级")
        TOWN = 4, _("乡级")

    code = models.CharField(_("行政区划代码"), max_length=12, unique=True)  # GB/T 2260
    name = models.CharField(_("名称"), max_length=60)
    level = models.PositiveSmallIntegerField(_("级别"), choices=Level.choices)
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("上级"),
    )

    class Meta:
        verbose_name = _("行政区划")
        verbose_name_plural = _("行政区划")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="only_the_nation_has_no_parent",
                condition=models.Q(parent__isnull=False) | models.Q(level=0),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Agency(models.Model):
    """An office that runs accounts and activities."""

    name = models.CharField(_("单位名称"), max_length=120, unique=True)
    short_name = models.CharField(_("简称"), max_length=40)
    region = models.ForeignKey(
        Region, models.PROTECT, related_name="agencies", verbose_name=_("所属地区")
    )
    parent = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name=_("上级单位"),
    )
    help_phone = models.CharField(_("咨询电话"), max_length=40, blank=True)
    supervision_phone = models.CharField(_("监督电话"), max_length=40, blank=True)
    supervision_email = models.EmailField(_("监督邮箱"), blank=True)
    library = models.OneToOneField(
        "wagtailcore.Collection",
        models.PROTECT,
        null=True,
        editable=False,
        related_name="agency",
        verbose_name=_("素材库"),
    )

    class AgencyOwnQuerySet(AgencyQuerySet):
        agency_path: ClassVar[str] = "pk"

    objects = AgencyOwnQuerySet.as_manager()

    class Meta:
        verbose_name = _("单位")
        verbose_name_plural = _("单位")
        ordering = ["region__code", "name"]

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):  # type: ignore[django-manager-missing]
    """A member of staff. Citizens never have one: they are `citizens.Citizen`.

    The whole name stands in `first_name`, as Wagtail shows that one; nobody here splits names.
    """

    class Meta(AbstractUser.Meta):
        verbose_name = _("工作人员")  # type: ignore[assignment]
        verbose_name_plural = _("工作人员")  # type: ignore[assignment]

    def __str__(self) -> str:
        return self.get_full_name() or self.username

    def get_full_name(self) -> str:
        """Return the whole name."""
        return self.first_name

    @cached_property
    def actor(self) -> Actor:
        """Return what this person may do today, read once a request."""
        posts = Post.objects.current(today()).filter(user=self)
        held = [(post.agency_id, post.role) for post in posts]
        return Actor(
            kind="staff",
            id=str(self.pk),
            name=str(self),
            agency_ids=frozenset(agency for agency, _role in held),
            grants=frozenset(
                (agency, permission) for agency, role in held for permission in GRANTS[role]
            ),
            is_operator=self.is_superuser,
        )


class PostQuerySet(AgencyQuerySet):
    def current(self, on: date) -> "PostQuerySet":
        """Keep the posts held on that day."""
        return self.filter(
            models.Q(until__isnull=True) | models.Q(until__gte=on),
            since__lte=on,
            user__is_active=True,
        )


class Post(models.Model):
    """A person's role in an agency, from a day on, possibly until a day."""

    user = models.ForeignKey(User, models.CASCADE, related_name="posts", verbose_name=_("工作人员"))
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="posts", verbose_name=_("单位"))
    role = models.CharField(_("岗位"), max_length=16, choices=Role.choices)
    title = models.CharField(_("职务"), max_length=60, blank=True)
    since = models.DateField(_("起始日期"))
    until = models.DateField(_("截止日期"), null=True, blank=True)

    objects = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("岗位")
        verbose_name_plural = _("岗位")
        ordering = ["agency__name", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "agency", "role"], name="one_post_per_person_agency_and_role"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class OfficialAccount(models.Model):
    """An official account on WeChat. Its secrets live in the environment, under its slug."""

    class Kind(models.TextChoices):
        SERVICE = "SVC", _("服务号")
        SUBSCRIPTION = "SUB", _("订阅号")
        MINI_PROGRAM = "MP", _("小程序")

    class Mode(models.TextChoices):
        PLAIN = "plain", _("明文模式")
        COMPATIBLE = "compatible", _("兼容模式")
        SECURE = "secure", _("安全模式")

    agency = models.ForeignKey(
        Agency, models.PROTECT, related_name="accounts", verbose_name=_("主办单位")
    )
    slug = models.SlugField(_("标识"), unique=True)
    name = models.CharField(_("名称"), max_length=60)
    kind = models.CharField(_("类型"), max_length=3, choices=Kind.choices)
    is_verified = models.BooleanField(_("已认证"), default=False)
    appid = models.CharField("AppID", max_length=32, unique=True)
    original_id = models.CharField(_("原始 ID"), max_length=32)
    mode = models.CharField(
        _("消息加解密方式"), max_length=10, choices=Mode.choices, default=Mode.SECURE
    )
    welcome = models.TextField(_("关注后回复"), blank=True)

    objects = AgencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("公众号")
        verbose_name_plural = _("公众号")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
