# SPDX-License-Identifier: Apache-2.0
"""The lines of a campaign's form: stages, criteria, categories, with their other languages."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from modelcluster.forms import BaseChildFormSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel
from wagtail.admin.widgets import AdminDateTimeInput

# Chinese is the source; the field names of the others are `<code>_<field>`.
OTHER_LANGUAGES = [(code, name) for code, name in settings.LANGUAGES if code != "zh-hans"]


class MomentInput(AdminDateTimeInput):
    """Wagtail's picker, but what was typed stays as it was typed: the server says what is wrong."""

    def get_config(self):
        # By default the picker replaces a date that does not exist by today, without a word.
        return {**super().get_config(), "validateOnBlur": False}


class MomentField(forms.DateTimeField):
    """A moment that is refused in words that name what was typed."""

    widget = MomentInput

    def to_python(self, value):
        try:
            return super().to_python(value)
        except forms.ValidationError as refusal:
            raise forms.ValidationError(
                _("“%(typed)s”不是有效的日期和时间，请按“2026-11-30 09:00”的格式填写。"),
                code="invalid",
                params={"typed": value},
            ) from refusal


class TranslatedRow(WagtailAdminModelForm):
    """A line whose texts exist in other languages too; `TRANSLATED` names them."""

    TRANSLATED: tuple[str, ...] = ()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for code, _name in OTHER_LANGUAGES:
            said = (self.instance.translations or {}).get(code, {})
            for field in self.TRANSLATED:
                self.fields[f"{code}_{field}"].initial = said.get(field, "")

    def translations(self):
        """Return what the line says in the other languages, the empty ones left out."""
        return read_translations(self.cleaned_data, self.TRANSLATED, self.instance.translations)


def read_translations(cleaned, names, stored):
    """Return language → field → text from fields called `<code>_<name>`; what is stored of other
    fields stays."""
    translations = {code: dict(said) for code, said in (stored or {}).items()}
    for code, _name in OTHER_LANGUAGES:
        said = translations.setdefault(code, {})
        for name in names:
            said[name] = cleaned[f"{code}_{name}"].strip()
        translations[code] = {name: text for name, text in said.items() if text}
    return {code: said for code, said in translations.items() if said}


def translation_fields(model, names, widgets=None):
    """Return the form fields for the other languages, as long as their originals may be."""
    fields = {}
    for code, language in OTHER_LANGUAGES:
        for name in names:
            original = model._meta.get_field(name)
            fields[f"{code}_{name}"] = forms.CharField(
                label=_("%(field)s（%(language)s）")
                % {"field": original.verbose_name, "language": language},
                required=False,
                # Other scripts take more letters for the same.
                max_length=4 * original.max_length if original.max_length else None,
                widget=(widgets or {}).get(name, forms.TextInput),
            )
    return fields


def translated_row(model, base, names):
    """Return the form class of a line of that model, with its languages."""
    fields = translation_fields(model, names)
    return type(base)(base.__name__, (base,), {**fields, "TRANSLATED": names})


class StageRow(TranslatedRow):
    opens_at = MomentField(label=_("开始时间"))
    closes_at = MomentField(label=_("结束时间"))

    def _get_validation_exclusions(self):
        # Says the same as `clean` below, in the words of the database.
        return super()._get_validation_exclusions() | {"opens_at", "closes_at"}

    def clean(self):
        said = super().clean()
        opens_at, closes_at = said.get("opens_at"), said.get("closes_at")
        if opens_at and closes_at and closes_at <= opens_at:
            self.add_error("closes_at", _("结束时间须晚于开始时间。"))
        return said

    def moment(self, field):
        """Return the moment the form names; untouched, the stored one with its seconds."""
        stored, said = self.initial.get(field), self.cleaned_data[field]
        is_same_minute = stored and stored.replace(second=0, microsecond=0) == said
        return stored if is_same_minute else said


class StageFormSet(BaseChildFormSet):
    def get_unique_error_message(self, unique_check):
        return _("同一个环节只能出现一次。")

    def get_form_error(self):
        return _("与前面的环节重复。")


class RowsPanel(InlinePanel):
    """Lines of one kind, with the form class (and the formset class) that reads them."""

    def __init__(self, *args, form=TranslatedRow, formset=BaseChildFormSet, **kwargs):
        super().__init__(*args, **kwargs)
        self.form, self.formset = form, formset

    def clone_kwargs(self):
        return {**super().clone_kwargs(), "form": self.form, "formset": self.formset}

    def get_form_options(self):
        options = super().get_form_options()
        mine = {"form": self.form, "formset": self.formset}
        options["formsets"][self.relation_name] |= mine
        return options


def language_panels(names):
    """Return a row of fields for each of these texts, one field for each language."""
    return [
        FieldRowPanel([FieldPanel(f"{code}_{name}") for code, _language in OTHER_LANGUAGES])
        for name in names
    ]
