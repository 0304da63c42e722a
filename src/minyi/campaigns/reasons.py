# SPDX-License-Identifier: Apache-2.0
"""Why a ballot does not count, in a line the public understands. Codes stand in the public log."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from minyi.core.words import listed
from minyi.integrity.signals import SIGNALS, codes_of

FOUND = codes_of("screening")  # the rules of the engine; their words are those of the signals
REASONS: dict[str, str | Promise] = {
    **{code: _(SIGNALS[code].name) for code in FOUND},
    "burst": _("得票突增"),
    "manual": _("人工核查认定"),
    "objection": _("异议核查认定"),
    "appeal": _("申诉成立"),
    "undecided": _("逾期未作认定"),
}
# What staff may name: «company» is nothing a person can see.
BY_HAND = ("manual", "objection", *(code for code in FOUND if code != "company"))


def reason_words(codes: str) -> str:
    """Return what a rule, or several joined by «|», says; an unknown code stands for itself."""
    return listed(str(REASONS.get(code, code)) for code in codes.split("|"))
