# SPDX-License-Identifier: Apache-2.0
"""The form of a campaign: what can be filled in, in tabs. Saving is the service's business."""

from django import forms
from django.conf import settings
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    HelpPanel,
    MultiFieldPanel,
    ObjectList,
    TabbedInterface,
)
from wagtail.admin.widgets import AdminAutoHeightTextInput
from wagtail.permissions import policy_registry

from minyi.agencies.models import Agency, OfficialAccount
from minyi.campaigns.blueprints import BLUEPRINTS
from minyi.campaigns.models import Campaign, Category, Criterion, Stage
from minyi.campaigns.services.lines import CategoryEntry, CriterionEntry
from minyi.campaigns.services.stages import StageEntry
from minyi.core.words import listed

from .campaign_rows import (
    OTHER_LANGUAGES,
    RowsPanel,
    StageFormSet,
    StageRow,
    TranslatedRow,
    language_panels,
    read_translations,
    translated_row,
    translation_fields,
)
from .campaign_words import TABS
from .signal_switches import SignalsField, others

TRANSLATED = ("title", "theme", "purpose", "scope")


class DraftForm(forms.Form):
    """What it takes to start: a template, a name, and whose campaign it is."""

    blueprint = forms.ChoiceField(
        choices=[(b.key, b.name) for b in BLUEPRINTS.values()],
        error_messages={
            "required": _("请选择一个模板。"),
            "invalid_choice": _("请选择一个模板。"),
        },
    )
    title = forms.CharField(
        label=_("活动名称"),
        max_length=25,
        help_text=_("不超过 25 个字。发布前可以修改。"),
        error_messages={
            "required": _("请填写活动名称。"),
            "max_length": _("活动名称不超过 25 个字，现有 %(show_value)d 个字。"),
        },
    )
    agency = forms.ModelChoiceField(label=_("主办单位"), queryset=Agency.objects.none())

    def __init__(self, *args, agencies, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["agency"].queryset = agencies
        self.fields["agency"].initial = agencies.first()
        if len(agencies) == 1:
            # Nothing to choose: the field goes, and so does any way to name another agency.
            del self.fields["agency"]
        self.only_agency = agencies.first()

    @property
    def chosen_agency(self):
        return self.cleaned_data.get("agency") or self.only_agency


class HoursField(forms.CharField):
    """Full hours of a day as text: «9, 18»."""

    def prepare_value(self, value):
        return listed(str(hour) for hour in value) if isinstance(value, list) else value

    def to_python(self, value):
        words = super().to_python(value).replace("、", ",").replace("，", ",").split(",")
        hours = [word.strip().removesuffix(":00").removesuffix("：00") for word in words]
        try:
            found = sorted({int(hour) for hour in hours if hour})
        except ValueError:
            found = [-1]
        if any(not 0 <= hour <= 23 for hour in found):
            raise forms.ValidationError(_("请填写 0 至 23 之间的整点，用顿号分隔，例如：9、18。"))
        return found

    def has_changed(self, initial, data):
        return self.to_python(data or "") != (initial or [])


class CampaignForm(WagtailAdminModelForm):
    """Reads the campaign into fields and says what was changed; it never saves."""

    data: QueryDict

    count_hours = HoursField(
        label=_("每日公布时点"),
        required=False,
        help_text=_("仅用于“每日定时公布”。填写整点，用顿号分隔，例如：9、18。"),
    )
    languages = forms.MultipleChoiceField(
        label=_("界面语言"),
        choices=settings.LANGUAGES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("请至少选择一种语言。")},
    )
    signals = SignalsField(
        label=_("识别信号"),
        help_text=_("取消勾选即停用。规则在投票开始时锁定，并以哈希值写入公开账本首条。"),
    )
    version = forms.IntegerField(
        widget=forms.HiddenInput,
        error_messages={
            "required": _("页面不完整，没有保存。请重新打开设置页面。"),
            "invalid": _("页面不完整，没有保存。请重新打开设置页面。"),
        },
    )
    reason = forms.CharField(
        label=_("变更理由"),
        max_length=200,
        required=False,
        help_text=_("活动发布后，调整日程和规则须说明理由；理由会留痕。"),
    )

    def __init__(self, *args, frozen=frozenset(), **kwargs):
        super().__init__(*args, **kwargs)
        campaign = self.instance
        self.fields["version"].initial = campaign.version
        self.fields["account"].queryset = OfficialAccount.objects.filter(
            agency_id=campaign.agency_id
        )
        for field in ("cover", "approval_document"):
            self._offer_own_library(field)
        for code, _name in OTHER_LANGUAGES:
            said = campaign.translations.get(code, {})
            for field in TRANSLATED:
                self.fields[f"{code}_{field}"].initial = said.get(field, "")
        self.fields["signals"].initial = others(campaign.silent_signals)
        self.fields["signals"].disabled = "silent_signals" in frozen
        for name in frozen & self.fields.keys():
            self.fields[name].disabled = True
        if campaign.launched_at is None:
            del self.fields["reason"]

    def _offer_own_library(self, field):
        """Take what this person may choose, and what stands there already; no other id passes."""
        rows = self.fields[field].queryset
        policy = policy_registry.get_by_type(rows.model)
        allowed = policy.instances_user_has_permission_for(self.for_user, "choose")
        now_chosen = getattr(self.instance, f"{field}_id")
        self.fields[field].queryset = rows.filter(Q(pk__in=allowed) | Q(pk=now_chosen))

    def take_version(self, version):
        """Let the next attempt say that it knows that version; what was typed stays."""
        said = self.data.copy()
        said[self.add_prefix("version")] = str(version)
        self.data = said

    def _get_validation_exclusions(self):
        # The service checks these together, in words that can be read.
        return super()._get_validation_exclusions() | {"min_picks", "max_picks", "public_weight"}

    def changes(self):
        """Return what the form now says, ready for `edit_campaign`."""
        own = [name for name in self.Meta.fields if name in self.cleaned_data]
        return {
            **{name: self.cleaned_data[name] for name in own if name not in _NOT_THE_CAMPAIGNS},
            "silent_signals": others(self.cleaned_data["signals"]),
            "translations": read_translations(
                self.cleaned_data, TRANSLATED, self.instance.translations
            ),
            "criteria": [
                CriterionEntry(
                    said["name"],
                    said["weight"],
                    said["explanation"],
                    row.instance.pk,
                    row.translations(),
                )
                for row, said in self._rows("criteria")
            ],
            "categories": [
                CategoryEntry(said["name"], row.instance.pk, row.translations())
                for row, said in self._rows("categories")
            ],
            "stages": [
                StageEntry(
                    said["kind"],
                    row.moment("opens_at"),
                    row.moment("closes_at"),
                    said["note"],
                    row.translations(),
                )
                for row, said in self._rows("stages")
            ],
        }

    def _rows(self, relation):
        formset = self.formsets[relation]
        kept = [row for row in formset.forms if row not in formset.deleted_forms]
        # A line that was added and left empty has nothing to say.
        return [(row, row.cleaned_data) for row in kept if row.cleaned_data]


_LANGUAGE_FIELDS = translation_fields(
    Campaign, TRANSLATED, {"purpose": AdminAutoHeightTextInput, "scope": AdminAutoHeightTextInput}
)
_NOT_THE_CAMPAIGNS = frozenset(_LANGUAGE_FIELDS) | {"reason", "version", "signals"}
CampaignForm = type(CampaignForm)("CampaignForm", (CampaignForm,), _LANGUAGE_FIELDS)


CriterionRow = translated_row(Criterion, TranslatedRow, ("name", "explanation"))
CategoryRow = translated_row(Category, TranslatedRow, ("name",))
StageRow = translated_row(Stage, StageRow, ("note",))


def _tab(heading, *panels):
    return ObjectList(list(panels), heading=heading)


edit_handler = TabbedInterface(
    [
        _tab(
            TABS["basics"],
            FieldPanel("title"),
            FieldRowPanel([FieldPanel("type"), FieldPanel("seats")]),
            FieldPanel("theme"),
            FieldPanel("purpose"),
            FieldPanel("scope"),
            FieldPanel("cover"),
            FieldRowPanel([FieldPanel("account"), FieldPanel("slug")]),
            RowsPanel(
                "categories",
                form=CategoryRow,
                panels=[FieldPanel("name"), *language_panels(["name"])],
                heading=_("候选对象类别"),
                label=_("类别"),
            ),
        ),
        _tab(
            TABS["schedule"],
            HelpPanel(
                content=_(
                    "各环节到点自动开始、自动结束，无需人工操作。"
                    "公众推荐、公众投票、核验评审、结果公示、公布结果须前后衔接，不能重叠。"
                )
            ),
            RowsPanel(
                "stages",
                form=StageRow,
                formset=StageFormSet,
                panels=[
                    FieldPanel("kind"),
                    FieldRowPanel([FieldPanel("opens_at"), FieldPanel("closes_at")]),
                    FieldPanel("note"),
                    *language_panels(["note"]),
                ],
                heading=_("环节"),
                label=_("环节"),
            ),
        ),
        _tab(
            TABS["rules"],
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("min_picks"), FieldPanel("max_picks")]),
                    FieldPanel("frequency"),
                ],
                heading=_("每人怎样投"),
            ),
            MultiFieldPanel(
                [FieldPanel("count_mode"), FieldPanel("count_hours")],
                heading=_("票数怎样公布"),
            ),
            MultiFieldPanel([FieldPanel("signals")], heading=_("怎样识别刷票")),
        ),
        _tab(
            TABS["weights"],
            MultiFieldPanel(
                [
                    FieldRowPanel(
                        [
                            FieldPanel("public_weight"),
                            FieldPanel("jury_weight"),
                            FieldPanel("figures_weight"),
                        ]
                    ),
                    FieldPanel("tie_rule"),
                ],
                heading=_("综合得分（三项权重合计 100%）"),
            ),
            RowsPanel(
                "criteria",
                form=CriterionRow,
                panels=[
                    FieldRowPanel([FieldPanel("name"), FieldPanel("weight")]),
                    FieldPanel("explanation"),
                    *language_panels(["name", "explanation"]),
                ],
                heading=_("评选标准（权重合计 100%）"),
                label=_("标准"),
            ),
        ),
        _tab(
            TABS["compliance"],
            MultiFieldPanel(
                [FieldPanel("approval_number"), FieldPanel("approval_document")],
                heading=_("批准文件（表彰评选必须提供）"),
            ),
            MultiFieldPanel(
                [FieldPanel("publicity_days"), FieldPanel("publicity_reason")],
                heading=_("公示"),
            ),
            MultiFieldPanel(
                [FieldPanel("is_free"), FieldPanel("is_voluntary")], heading=_("公开承诺")
            ),
        ),
        _tab(
            TABS["texts"],
            FieldPanel("languages"),
            *(
                MultiFieldPanel(
                    [FieldPanel(f"{code}_{field}") for field in TRANSLATED],
                    heading=name,
                )
                for code, name in OTHER_LANGUAGES
            ),
        ),
    ],
    base_form_class=CampaignForm,
)
