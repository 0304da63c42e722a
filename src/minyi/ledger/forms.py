# SPDX-License-Identifier: Apache-2.0
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from votelog import Malformed, check_address, parse_cosigner_vkey
from wagtail.admin.forms.models import WagtailAdminModelForm

from .models import Witness


class WitnessForm(WagtailAdminModelForm):  # type: ignore[misc]
    """An organisation, its key and where its programme listens."""

    class Meta:
        model = Witness
        fields = ["organisation", "vkey", "url", "since", "until"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What a log has promised in its entry 0 cannot become another key.
        if self.instance.pk and self.instance.logs.exists():
            self.fields["vkey"].disabled = True

    def clean_vkey(self) -> str:
        vkey: str = self.cleaned_data["vkey"].strip()
        try:
            parse_cosigner_vkey(vkey)
        except Malformed as error:
            raise forms.ValidationError(
                _("这不是一把见证公钥。请原样复制见证程序启动时显示的一行，不要多字少字。")
            ) from error
        return vkey

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"].strip()
        try:
            check_address(url)
        except Malformed as error:
            raise forms.ValidationError(
                _("请填写完整网址，例如 https://witness.example.org；不能带用户名、口令和参数。")
            ) from error
        return url

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("截止日期不能早于起始日期。"))
        agency = cleaned.get("agency") or self.instance.agency_id
        others = Witness.objects.filter(agency=agency, vkey=cleaned.get("vkey", ""))
        if others.exclude(pk=self.instance.pk).exists():
            self.add_error("vkey", _("本单位已经登记了这把见证公钥。"))
        return cleaned
