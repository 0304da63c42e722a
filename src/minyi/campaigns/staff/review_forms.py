# SPDX-License-Identifier: Apache-2.0
"""Forms of the console for nominations, nominees, jury and results. Services do the checking."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from minyi.campaigns.models import Nominee
from minyi.campaigns.services.nominees import CONTENT_FIELDS, ON_THE_BALLOT, NomineeContent

_LONG = forms.Textarea(attrs={"rows": 5})
_SHORT = forms.Textarea(attrs={"rows": 3})


class NomineeForm(forms.Form):
    """What a nominee's page tells; one more field for each criterion of the campaign."""

    name = forms.CharField(label=_("名称"), max_length=60)
    unit = forms.CharField(label=_("所属单位"), max_length=80, required=False)
    category_id = forms.TypedChoiceField(
        label=_("类别"), required=False, coerce=int, empty_value=None
    )
    merits = forms.CharField(
        label=_("一句话事迹"), max_length=80, help_text=_("在名单中显示，80 字以内。")
    )
    story = forms.CharField(label=_("主要事迹"), widget=_LONG)
    innovation = forms.CharField(label=_("创新做法"), widget=_SHORT, required=False)
    responsibility = forms.CharField(label=_("社会责任实践"), widget=_SHORT, required=False)
    card = forms.ChoiceField(
        label=_("展示形式"), choices=Nominee.Card.choices, initial=Nominee.Card.TEXT
    )
    video_url = forms.URLField(label=_("视频链接"), required=False, assume_scheme="https")

    def __init__(self, *args, campaign, **kwargs):
        super().__init__(*args, **kwargs)
        categories = [(row.pk, row.name) for row in campaign.categories.all()]
        _offer(self, "category_id", [("", _("不分类")), *categories])
        self._criteria = list(campaign.criteria.all())
        for criterion in self._criteria:
            self.fields[f"evidence_{criterion.pk}"] = forms.CharField(
                label=_("对照标准“%(name)s”的事实") % {"name": criterion.name},
                widget=_SHORT,
                required=False,
                max_length=1_000,
            )

    def fix_ballot_fields(self):
        """Say on the form that what stands on the ballot paper no longer changes."""
        for name in ON_THE_BALLOT:
            self.fields[name].help_text = _("投票已经开始，不再改动。")
            self.fields[name].widget.attrs["readonly"] = True

    @staticmethod
    def initial_from(content):
        """Return initial values from anything that has the fields of NomineeContent."""
        known = {name: getattr(content, name) for name in CONTENT_FIELDS if name != "evidence"}
        facts = {f"evidence_{key}": text for key, text in content.evidence.items()}
        return {**known, **facts}

    def content(self, **kept):
        """Return what was filled in; `kept` names fields this form does not ask for."""
        return NomineeContent(**self.changed_content(), **kept)

    def changed_content(self):
        """Return the fields as `edit_nominee` wants them."""
        said = self.cleaned_data
        evidence = {str(c.pk): said[f"evidence_{c.pk}"] for c in self._criteria}
        asked = (name for name in CONTENT_FIELDS if name not in {"evidence", "video_caption"})
        return {**{name: said[name] for name in asked}, "evidence": evidence}


class AcceptForm(NomineeForm):
    """The nominee's page as the reviewer leaves it, and which files go onto it.

    For each picture sent in there is a box to use it and a line for its words.
    """

    video = forms.TypedChoiceField(
        label=_("采用的视频"),
        required=False,
        coerce=int,
        empty_value=None,
        widget=forms.RadioSelect,
    )
    video_caption = forms.CharField(
        label=_("视频文字说明"),
        max_length=300,
        required=False,
        help_text=_("写明视频内容，采用视频时必填。"),
    )
    reason = forms.CharField(
        label=_("审核意见"), max_length=300, required=False, help_text=_("推荐人可以看到。")
    )

    def __init__(self, *args, pictures, videos, **kwargs):
        super().__init__(*args, **kwargs)
        self._pictures = [file.pk for file in pictures]
        for number, file in enumerate(pictures, start=1):
            place = {"number": number}
            self.fields[f"use_{file.pk}"] = forms.BooleanField(
                label=_("采用图片 %(number)d") % place, required=False, initial=number == 1
            )
            self.fields[f"words_{file.pk}"] = forms.CharField(
                label=_("图片 %(number)d 的替代文本") % place,
                max_length=200,
                required=False,
                initial=file.alternative,
                help_text=_("用一句话写明画面内容，采用这张图片时必填。"),
            )
        if videos:
            names = [(f.pk, _("视频 %(number)d") % {"number": n}) for n, f in enumerate(videos, 1)]
            _offer(self, "video", [("", _("不采用")), *names])
        else:
            del self.fields["video"], self.fields["video_caption"]
        last = ("video", "video_caption", "reason")
        self.order_fields([name for name in self.fields if name not in last])

    def clean(self):
        """Ask for words beside every picture that is used."""
        said = super().clean()
        for pk in self._pictures:
            if said.get(f"use_{pk}") and not said.get(f"words_{pk}", "").strip():
                self.add_error(f"words_{pk}", _("采用图片须写明替代文本。"))
        return said

    def used_pictures(self):
        """Return (id, words) of the pictures to use, in the order they were sent."""
        said = self.cleaned_data
        return [(pk, said[f"words_{pk}"]) for pk in self._pictures if said[f"use_{pk}"]]


class PictureForm(forms.Form):
    """One more picture for a nominee, with its words."""

    picture = forms.FileField(label=_("图片"), help_text=_("JPG、PNG 或 WebP，10 MB 以内。"))
    alternative = forms.CharField(
        label=_("替代文本"), max_length=200, help_text=_("用一句话写明画面内容。")
    )


class FilmForm(forms.Form):
    """The film of a nominee, with its words."""

    video = forms.FileField(label=_("视频"), help_text=_("MP4，50 MB 以内。"))
    video_caption = forms.CharField(label=_("视频文字说明"), max_length=300)


class FiguresForm(forms.Form):
    """The 业务数据 of one nominee."""

    points = forms.DecimalField(
        label=_("业务数据得分（0-100）"),
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
        required=False,
    )
    source = forms.CharField(label=_("数据来源"), max_length=200, required=False)


class FiguresFileForm(forms.Form):
    """A table of 业务数据."""

    table = forms.FileField(
        label=_("CSV 文件"), help_text=_("四列：编号、名称、得分、来源。可先下载模板填写。")
    )


class ReasonForm(forms.Form):
    """Why something is done; somebody will read it."""

    reason = forms.CharField(
        label=_("理由"), max_length=200, widget=forms.Textarea(attrs={"rows": 2})
    )


class SeatForm(forms.Form):
    """Who joins the jury."""

    user_id = forms.TypedChoiceField(label=_("人员"), coerce=int)
    seat = forms.CharField(
        label=_("评审身份"), max_length=60, required=False, help_text=_("如：群众代表、行业专家。")
    )

    def __init__(self, *args, people, **kwargs):
        super().__init__(*args, **kwargs)
        _offer(self, "user_id", people)


def _offer(form: forms.Form, field: str, choices: list[tuple[Any, Any]]) -> None:
    """Set the choices of a field that are known only when the form is made."""
    cast(forms.ChoiceField, form.fields[field]).choices = choices
