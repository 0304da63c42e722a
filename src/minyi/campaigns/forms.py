# SPDX-License-Identifier: Apache-2.0
"""What citizens fill in: the nomination, with files and consent, and the complaint."""

from dataclasses import dataclass
from typing import Literal, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from minyi.campaigns.models import VoteComplaint
from minyi.campaigns.queries.public import PublicCampaign
from minyi.campaigns.services.complaints import LEAST_TEXT, MOST_CONTACT, MOST_TEXT
from minyi.campaigns.services.nominations import REASON_AT_LEAST, NewFile, NominationContent
from minyi.campaigns.services.texts import LIMITS
from minyi.campaigns.services.uploads import Upload
from minyi.core.errors import DomainError

PICTURE_SLOTS = (1, 2, 3)
# The fields with a file, and the field with the words for it.
FILE_FIELDS = {f"picture_{slot}": f"alternative_{slot}" for slot in PICTURE_SLOTS} | {
    "video": "video_alternative"
}
# Which field a refusal of the service belongs to; all others stand above the form.
FIELD_OF = {
    "video_host_not_allowed": "video_url",
    "unknown_category": "category",
    "already_nominated": "name",
    "upload_not_a_video": "video",
}


@dataclass(frozen=True, slots=True)
class Kept:
    """A file of an earlier attempt at the form."""

    token: str
    name: str
    url: str
    content: Upload


class NominationForm(forms.Form):
    """Structured: name, reason, the facts for each criterion, pictures with words, a video."""

    use_required_attribute = False  # our own messages stand beside the fields

    name = forms.CharField(
        label=_("推荐对象名称"),
        help_text=_("请填写对外公布的全称。"),
        max_length=LIMITS["name"],
    )
    unit = forms.CharField(label=_("所属单位"), max_length=LIMITS["unit"], required=False)
    category = forms.TypedChoiceField(label=_("类别"), coerce=int, empty_value=None, required=False)
    reason = forms.CharField(
        label=_("推荐理由"),
        help_text=_("请写明做了什么、谁受益，用事实说话。"),
        widget=forms.Textarea({"rows": 5}),
        min_length=REASON_AT_LEAST,
        max_length=LIMITS["reason"],
    )
    innovation = forms.CharField(
        label=_("创新做法"),
        widget=forms.Textarea({"rows": 3}),
        max_length=LIMITS["innovation"],
        required=False,
    )
    responsibility = forms.CharField(
        label=_("社会责任实践"),
        widget=forms.Textarea({"rows": 3}),
        max_length=LIMITS["responsibility"],
        required=False,
    )
    video_url = forms.URLField(
        label=_("视频链接"),
        help_text=_("已发布到腾讯视频或者视频号的，可填写链接。"),
        max_length=LIMITS["video_url"],
        assume_scheme="https",
        required=False,
    )
    video = forms.FileField(
        label=_("视频文件"),
        help_text=_("MP4，50 MB 以内。"),
        widget=forms.FileInput({"accept": "video/mp4"}),
        required=False,
    )
    video_alternative = forms.CharField(
        label=_("视频文字说明"),
        help_text=_("一句话写明视频内容，供看不见的人了解。"),
        max_length=200,
        required=False,
    )
    consent = forms.BooleanField(
        label=_("我已阅读并同意《个人信息保护说明》，所填内容属实。"),
        error_messages={"required": _("请阅读《个人信息保护说明》，同意后才能提交。")},
    )

    def __init__(self, campaign: PublicCampaign, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        kinds = [(kind.id, str(kind.name)) for kind in campaign.categories]
        if kinds:
            choices = [("", _("请选择")), *kinds]
            self.fields["category"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["category"]
        for field in ("name", "reason"):
            self.fields[field].error_messages["required"] = _("请填写这一项。")
        self.criteria = [standard.id for standard in campaign.criteria]
        for standard in campaign.criteria:
            self.fields[f"evidence_{standard.id}"] = forms.CharField(
                label=str(standard.name),
                help_text=str(standard.explanation),
                widget=forms.Textarea({"rows": 3}),
                max_length=LIMITS["evidence"],
                required=False,
            )
        for slot in PICTURE_SLOTS:
            self.fields[f"picture_{slot}"] = _picture_field(slot)
            self.fields[f"alternative_{slot}"] = _alternative_field(slot)
        for anything in self.fields.values():
            if isinstance(anything, forms.CharField):
                _say_what_is_too_long(anything)
        self.fields["video_alternative"].condition = _("选择视频时必填")  # type: ignore[attr-defined]
        self.kept: dict[str, Kept] = {}

    def kept_tokens(self) -> dict[str, str]:
        """Return field → token of the files that an earlier attempt left and that are still
        wanted."""
        return {
            name: self.data[f"kept_{name}"]
            for name in FILE_FIELDS
            if self.data.get(f"kept_{name}") and not self.data.get(f"drop_{name}")
        }

    def close_kept(self) -> None:
        """Close what was read of the kept files."""
        for kept in self.kept.values():
            kept.content.close()

    def fresh_files(self) -> dict[str, Upload]:
        """Return field → the file that came with this attempt, the faulty ones left out."""
        return {
            name: cast(Upload, self.files[name])
            for name in FILE_FIELDS
            if name in self.files and name not in self.errors
        }

    def clean(self) -> dict[str, object]:
        """Ask for words beside every picture and video (无障碍环境建设法 art. 32)."""
        cleaned: dict[str, object] = super().clean() or self.cleaned_data
        for file_field, words_field in FILE_FIELDS.items():
            has_file = cleaned.get(file_field) or file_field in self.kept
            if has_file and not cleaned.get(words_field):
                self.add_error(words_field, _("请用一句话写明画面内容。"))
        return cleaned

    def content(self) -> NominationContent:
        """Return what was written, for the service."""
        given = self.cleaned_data
        return NominationContent(
            name=given["name"],
            unit=given["unit"],
            category_id=given.get("category"),
            reason=given["reason"],
            innovation=given["innovation"],
            responsibility=given["responsibility"],
            evidence={
                str(standard): given[f"evidence_{standard}"]
                for standard in self.criteria
                if given[f"evidence_{standard}"]
            },
            video_url=given["video_url"],
        )

    def new_files(self) -> list[NewFile]:
        """Return the files that came with it, for the service."""
        given = self.cleaned_data
        found: list[NewFile] = []
        for file_field, words_field in FILE_FIELDS.items():
            kept = self.kept.get(file_field)
            content: Upload | None = given[file_field] or (kept.content if kept else None)
            if content:
                found.append(NewFile(kind_of(file_field), content, given[words_field]))
        return found

    def show_refusal(self, error: DomainError) -> None:
        """Put a refusal of the service beside the field it is about, or above the form."""
        field = FIELD_OF.get(error.code)
        self.add_error(field if field in self.fields else None, error.advice)

    @property
    def who(self) -> list[forms.BoundField]:
        return self._some("name", "unit", "category")

    @property
    def why(self) -> list[forms.BoundField]:
        return self._some("reason", "innovation", "responsibility")

    @property
    def facts(self) -> list[forms.BoundField]:
        return self._some(*(f"evidence_{standard}" for standard in self.criteria))

    @property
    def pictures(self) -> list[tuple[forms.BoundField, forms.BoundField, Kept | None]]:
        """Return each picture's field, the one for its words, and the file kept for it."""
        names = [f"picture_{slot}" for slot in PICTURE_SLOTS]
        return [(self[name], self[FILE_FIELDS[name]], self.kept.get(name)) for name in names]

    @property
    def films(self) -> list[forms.BoundField]:
        return self._some("video_url")

    @property
    def film(self) -> tuple[forms.BoundField, forms.BoundField, Kept | None]:
        return self["video"], self["video_alternative"], self.kept.get("video")

    def _some(self, *names: str) -> list[forms.BoundField]:
        return [self[name] for name in names if name in self.fields]


class ComplaintForm(forms.Form):
    """A complaint about the vote: what it is about and what happened; who says it is left open."""

    use_required_attribute = False

    kind = forms.ChoiceField(
        label=_("反映事项"),
        choices=[("", _("请选择")), *VoteComplaint.Kind.choices],
        error_messages={"required": _("请选择反映的事项。")},
    )
    text = forms.CharField(
        label=_("具体情况"),
        help_text=_("请写明时间、经过和依据；涉及选票的，请写明回执编号。"),
        widget=forms.Textarea({"rows": 6}),
        min_length=LEAST_TEXT,
        max_length=MOST_TEXT,
        error_messages={"required": _("请写明具体情况。")},
    )
    contact = forms.CharField(
        label=_("联系方式"),
        help_text=_("可以不填。填写后只有监督人员能看到，申诉期满后删除。"),
        max_length=MOST_CONTACT,
        required=False,
    )
    notify = forms.BooleanField(
        label=_("答复后用微信通知我"),
        help_text=_("不勾选则不记录您的微信身份，请保存好查询码。"),
        required=False,
    )


def kind_of(file_field: str) -> Literal["picture", "video"]:
    """Return what kind of file a field takes."""
    return "video" if file_field == "video" else "picture"


def _say_what_is_too_long(field: forms.CharField) -> None:
    """Let the server refuse with the count: a browser cuts what is pasted without a word."""
    field.widget.attrs.pop("maxlength", None)
    field.error_messages["max_length"] = _(
        "最多 %(limit_value)d 字，现在是 %(show_value)d 字，请删减后再提交。"
    )


def _picture_field(slot: int) -> forms.FileField:
    return forms.FileField(
        label=_("图片 %(slot)d") % {"slot": slot},
        help_text=_("JPG、PNG 或 WebP，10 MB 以内；照片中的拍摄地点等信息会被清除。")
        if slot == 1
        else "",
        widget=forms.FileInput({"accept": "image/jpeg,image/png,image/webp"}),
        required=False,
    )


def _alternative_field(slot: int) -> forms.CharField:
    field = forms.CharField(
        label=_("图片 %(slot)d 的文字说明") % {"slot": slot},
        help_text=_("一句话写明画面内容，供看不见的人了解。") if slot == 1 else "",
        max_length=200,
        required=False,
    )
    field.condition = _("选择图片时必填")  # type: ignore[attr-defined]
    return field
