# SPDX-License-Identifier: Apache-2.0
"""Refusals: what went wrong as a fact, what to say about it as words that can be translated.

    DomainError        a rule of the domain said no (409)
    ├── NotAllowed     this actor may not do this here (403)
    ├── NotFound       there is no such thing, or not for this actor (404)
    ├── Invalid        the request does not make sense as sent (422)
    └── Unavailable    something outside did not answer; come back later (503)

`core.middleware.RefusalMiddleware` turns every one of them into a page, a fragment or problem
JSON (RFC 9457). Each app declares its own in its `errors.py`.
"""

from typing import ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minyi.core.words import sentences

Words = str | Promise


class DomainError(Exception):
    """A rule of the domain said no."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[Words] = _("无法办理")
    sentence: ClassVar[Words] = _("这项操作不符合当前的规则。")
    action: ClassVar[Words] = _("请核对后再试；仍有疑问的，请联系主办单位。")

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code)
        self.facts = facts

    @property
    def detail(self) -> str:
        """Return the sentence with this refusal's facts filled in."""
        return str(self.sentence) % self.facts if self.facts else str(self.sentence)

    @property
    def advice(self) -> str:
        """Return what went wrong and what to do next."""
        return sentences((self.detail, self.action))

    @property
    def summary(self) -> str:
        """Return the whole refusal in one line."""
        return f"{self.title}{gettext('：')}{self.advice}"


class NotAllowed(DomainError):
    """This actor may not do this here."""

    code = "not_allowed"
    status = 403
    title = _("没有权限")
    sentence = _("您的岗位没有办理这项事务的权限。")
    action = _("如确需办理，请联系本单位管理员调整岗位权限。")


class NotFound(DomainError):
    """There is no such thing, or not for this actor: the two must look alike."""

    code = "not_found"
    status = 404
    title = _("没有找到")
    sentence = _("您要找的内容不存在，或者已经撤下。")
    action = _("请核对网址，或者回到首页查找。")


class Invalid(DomainError):
    """The request does not make sense as sent."""

    code = "invalid"
    status = 422
    title = _("填写有误")
    sentence = _("提交的内容有误，没有保存。")
    action = _("请按提示修改后重新提交。")


class Unavailable(DomainError):
    """Something outside did not answer in time."""

    code = "unavailable"
    status = 503
    title = _("暂时无法服务")
    sentence = _("所依赖的服务暂时没有响应。")
    action = _("请稍后再试，您已填写的内容不会被提交两次。")
    retry_after_s: ClassVar[int] = 5
