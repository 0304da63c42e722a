# SPDX-License-Identifier: Apache-2.0
"""The objection form: what is objected to, the facts, what proves them, and who says so."""

from collections.abc import Iterable
from typing import cast

from django import forms
from django.utils.translation import gettext_lazy as _

from minyi.campaigns.contacts import Contact
from minyi.campaigns.models import Objection
from minyi.campaigns.services.objections import STATEMENT, ObjectionContent, Proof
from minyi.campaigns.services.uploads import Upload
from minyi.core.errors import DomainError

PICTURES = ("picture_1", "picture_2", "picture_3")
NAMED, ANONYMOUS = "named", "anonymous"
# Which field a refusal of the service belongs to; all others stand above the form.
FIELD_OF = {
    "upload_not_a_document": "document",
    "anonymous_needs_evidence": "picture_1",
    "contact_incomplete": "phone",
    "candidate_not_found": "nominee",
}


class ObjectionForm(forms.Form):
    """One page; files have to be chosen again when something was wrong."""

    use_required_attribute = False  # our own messages stand beside the fields

    about = forms.ChoiceField(
        label=_("对什么有异议"), choices=Objection.About.choices, widget=forms.RadioSelect
    )
    nominee = forms.TypedChoiceField(
        label=_("候选对象"), coerce=int, empty_value=None, required=False
    )
    statement = forms.CharField(
        label=_("事实和理由"),
        help_text=_("请写明时间、地点、经过和依据，至少 20 字。请不要写无关人员的个人信息。"),
        widget=forms.Textarea({"rows": 6}),
        min_length=STATEMENT[0],
        max_length=STATEMENT[1],
    )
    picture_1 = forms.FileField(
        label=_("图片 1"), help_text=_("JPG、PNG 或 WebP，10 MB 以内。"), required=False
    )
    picture_2 = forms.FileField(label=_("图片 2"), required=False)
    picture_3 = forms.FileField(label=_("图片 3"), required=False)
    document = forms.FileField(label=_("文件"), help_text=_("PDF，10 MB 以内。"), required=False)
    identity = forms.ChoiceField(
        label=_("怎样提出"),
        choices=[
            (NAMED, _("实名：留下姓名和电话，便于核实，逐项答复")),
            (ANONYMOUS, _("匿名：不留姓名和电话，须附可以核查的材料")),
        ],
        initial=NAMED,
        widget=forms.RadioSelect,
    )
    name = forms.CharField(label=_("真实姓名"), max_length=60, required=False)
    phone = forms.CharField(
        label=_("联系电话"),
        help_text=_(
            "加密保存，只有承办人为核实情况可以查看，每次查看监督人员都看得到；申诉期满、异议办结后销毁。"
        ),
        max_length=20,
        required=False,
        widget=forms.TextInput({"type": "tel", "autocomplete": "tel"}),
    )
    consent = forms.BooleanField(
        label=_("我已阅读并同意《个人信息保护说明》，所反映的情况属实。"),
        error_messages={"required": _("请阅读《个人信息保护说明》，同意后才能提交。")},
    )

    def __init__(
        self, *args: object, nominees: Iterable[tuple[int, str]], **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choices = [("", _("请选择")), *nominees]
        self.fields["nominee"].choices = choices  # type: ignore[attr-defined]
        self.fields["nominee"].condition = _("对候选对象有异议时必填")  # type: ignore[attr-defined]
        for field in ("name", "phone"):
            self.fields[field].condition = _("实名提出时必填")  # type: ignore[attr-defined]
        for field in PICTURES:
            self.fields[field].widget.attrs["accept"] = "image/jpeg,image/png,image/webp"
        self.fields["document"].widget.attrs["accept"] = "application/pdf"
        for field in ("about", "statement"):
            self.fields[field].error_messages["required"] = _("请填写这一项。")

    def clean(self) -> dict[str, object]:
        """Ask for what the two choices need."""
        said: dict[str, object] = super().clean() or self.cleaned_data
        if said.get("about") == Objection.About.NOMINEE and not said.get("nominee"):
            self.add_error("nominee", _("请选择候选对象。"))
        if said.get("identity") == NAMED:
            for field in ("name", "phone"):
                if not said.get(field):
                    self.add_error(field, _("实名提出须填写这一项。"))
        return said

    def content(self) -> ObjectionContent:
        """Return what was written, for the service."""
        said = self.cleaned_data
        is_named = said["identity"] == NAMED
        return ObjectionContent(
            about=said["about"],
            statement=said["statement"],
            nominee=said["nominee"],
            contact=Contact(said["name"], said["phone"]) if is_named else None,
        )

    def proofs(self) -> list[Proof]:
        """Return the files that came with it, for the service."""
        said = self.cleaned_data
        found = [Proof("picture", cast(Upload, said[one])) for one in PICTURES if said[one]]
        if said["document"]:
            found.append(Proof("document", cast(Upload, said["document"])))
        return found

    def show_refusal(self, error: DomainError) -> None:
        """Put a refusal of the service beside the field it is about, or above the form."""
        self.add_error(FIELD_OF.get(error.code), error.advice)

    @property
    def what(self) -> list[forms.BoundField]:
        return [self["about"], self["nominee"], self["statement"]]

    @property
    def files_asked(self) -> list[forms.BoundField]:
        return [self[name] for name in (*PICTURES, "document")]

    @property
    def who(self) -> list[forms.BoundField]:
        return [self["identity"], self["name"], self["phone"]]
