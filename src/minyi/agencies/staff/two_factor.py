# SPDX-License-Identifier: Apache-2.0
"""Two-factor log-in 两步验证: everybody switches it on or off for themselves."""

import secrets
from base64 import b32encode

import segno
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice

from minyi.agencies.forms import CodeForm
from minyi.core import audit

RECOVERY_CODES = 8


@require_http_methods(["GET", "POST"])
def two_factor(request):
    """Show the state; a right code switches two-factor log-in on, or off again."""
    device, _made = TOTPDevice.objects.get_or_create(
        user=request.user, name="console", defaults={"confirmed": False}
    )
    if request.method == "POST":
        return _answer(request, device)
    qr = segno.make(device.config_url, error="m")
    return render(
        request,
        "agencies/two_factor.html",
        {
            "device": device,
            "form": CodeForm(),
            "qr": qr.svg_data_uri(scale=6, border=2),
            "secret": _secret(device),
        },
    )


def _answer(request, device):
    if not device.verify_token(request.POST.get("code", "").strip()):
        messages.error(request, _("验证码不正确，请核对手机时间后重试。"))
        return redirect("two_factor")
    if device.confirmed and request.POST.get("act") == "disable":
        device.delete()
        StaticDevice.objects.filter(user=request.user).delete()
        _record(request, "agencies.two_factor.disabled")
        messages.success(request, _("已关闭两步验证。"))
        return redirect("two_factor")
    device.confirmed = True
    device.save(update_fields=["confirmed"])
    _record(request, "agencies.two_factor.enabled")
    return render(
        request, "agencies/two_factor.html", {"device": device, "codes": _new_codes(request.user)}
    )


def _new_codes(user):
    device, _made = StaticDevice.objects.get_or_create(user=user, name="recovery")
    device.token_set.all().delete()
    codes = [secrets.token_hex(4) for _n in range(RECOVERY_CODES)]
    for code in codes:
        device.token_set.create(token=code)
    return codes


def _secret(device):
    """Return the key in Base32, for those who cannot scan."""
    return b32encode(device.bin_key).decode()


def _record(request, act):
    audit.record(actor=request.user.actor, act=act, target=request.user, now=timezone.now())


viewsets: list = []
urls = [path("two-factor/", two_factor, name="two_factor")]
policies: list = []
