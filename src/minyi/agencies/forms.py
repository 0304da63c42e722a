# SPDX-License-Identifier: Apache-2.0
from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _
from django_otp import user_has_device
from django_otp.forms import OTPAuthenticationFormMixin
from django_otp.models import Device
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from wagtail.admin.forms.auth import LoginForm
from wagtail.admin.forms.models import WagtailAdminModelForm

from .models import OfficialAccount, Post, User
from .policies import Role

TOTP_DIGITS = 6


class StaffLoginForm(OTPAuthenticationFormMixin, LoginForm):  # type: ignore[misc]
    """Name and password; and a one-time code from those who have switched it on."""

    otp_error_messages = {
        **OTPAuthenticationFormMixin.otp_error_messages,
        "token_required": _("该账号已开启两步验证，请填写动态验证码。"),
        "device_required": _("没有可用的备用码，请使用动态验证码。"),
        "invalid_token": _("动态验证码不正确，请核对手机时间后重试。"),
    }
    otp_token = forms.CharField(
        label=_("动态验证码（开启两步验证的账号填写）"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("用户名")
        self.fields["password"].label = _("口令")  # Wagtail's field has no label of its own

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        user = self.get_user()
        if user is not None and user_has_device(user):
            self.clean_otp(user)
        return cleaned

    def _chosen_device(self, user: User) -> Device | None:
        """Six digits come from the phone; anything else is one of the recovery codes."""
        token = self.cleaned_data.get("otp_token", "")
        kind = TOTPDevice if token.isdigit() and len(token) == TOTP_DIGITS else StaticDevice
        found: Device | None = (
            kind.objects.select_for_update().filter(user=user, confirmed=True).first()
        )
        return found


class AppointForm(WagtailAdminModelForm):  # type: ignore[misc]
    """Appoint somebody to a post; a new person gets an account with it."""

    username = forms.SlugField(
        label=_("用户名"), max_length=60, help_text=_("本单位已有账号的，填写原用户名即可。")
    )
    name = forms.CharField(label=_("姓名"), max_length=40)
    password = forms.CharField(
        label=_("初始口令"),
        widget=forms.PasswordInput(render_value=False),
        required=False,
        help_text=_("新账号必填，至少 10 位；由本人登录后修改。"),
    )
    role = forms.ChoiceField(label=_("岗位"), choices=Role.choices)

    class Meta:
        model = Post
        fields = ["role", "title", "since"]

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if password:
            validate_password(password)
        return password


class ChangePostForm(WagtailAdminModelForm):  # type: ignore[misc]
    class Meta:
        model = Post
        fields = ["title", "since", "until"]


class AddAccountForm(WagtailAdminModelForm):  # type: ignore[misc]
    """What WeChat gave the account stands for good; the rest may be changed later."""

    class Meta:
        model = OfficialAccount
        fields = [
            *("agency", "slug", "name", "kind", "is_verified", "appid", "original_id"),
            *("mode", "welcome"),
        ]


class NewPasswordForm(forms.Form):
    """A password that an administrator sets; the person changes it after logging in."""

    password = forms.CharField(
        label=_("新口令"),
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text=_("至少 10 位；请当面或电话告知本人，由本人登录后修改。"),
    )


class CodeForm(forms.Form):
    """One six-digit code from the phone."""

    code = forms.CharField(
        label=_("动态验证码"),
        max_length=8,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
