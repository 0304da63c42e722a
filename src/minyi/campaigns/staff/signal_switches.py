# SPDX-License-Identifier: Apache-2.0
"""The switches of the signals of brushing in the form of a campaign, each with whom it may hurt."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minyi.integrity.signals import SIGNALS, Stage, codes_of

STAGES: dict[Stage, object] = {
    "inline": gettext_lazy("领取选票时（只决定是否自动做安全验证，从不拒绝投票）"),
    "screening": gettext_lazy("收到选票后（只提请人工核查，由两人认定）"),
}


class Switches(forms.CheckboxSelectMultiple):
    """A checkbox for each signal, with whom it may hurt below it."""

    template_name = "campaigns/staff/_signal_switches.html"

    def create_option(self, name, value, *args, **kwargs):
        option = super().create_option(name, value, *args, **kwargs)
        described = f"signal-{value}"
        option["attrs"]["aria-describedby"] = described
        return option | {"described": described, "may_hurt": _(SIGNALS[value].may_hurt)}


class SignalsField(forms.MultipleChoiceField):
    """The codes of the signals that are in use; its other side is `Campaign.silent_signals`."""

    widget = Switches

    def __init__(self, **kwargs):
        choices = [
            (heading, [(code, gettext_lazy(SIGNALS[code].name)) for code in codes_of(stage)])
            for stage, heading in STAGES.items()
        ]
        super().__init__(choices=choices, required=False, **kwargs)


def others(codes):
    """Return the signals that are not among these, in the order of the catalogue."""
    return [code for code in SIGNALS if code not in set(codes)]
