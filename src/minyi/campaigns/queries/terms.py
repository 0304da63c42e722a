# SPDX-License-Identifier: Apache-2.0
"""Terms of publicity, objections and rulings: rows of the rule table, with our defaults."""

from datetime import date

from minyi.core.models import Rule

AGAIN = "publicity.again"  # working days a result is shown anew when its ranking has changed
AGAIN_SAME = "publicity.again_same_ranking"  # working days when it has not
ANSWER = "objection.answer"  # working days to deal with an objection
RELEASE = "ballots.release"  # calendar days until undecided ballots count again
DEFAULTS = {AGAIN: 5, AGAIN_SAME: 0, ANSWER: 10, RELEASE: 7}


def term_of(key: str, *, region_code: str, on: date) -> int:
    """Return the amount in force there on that day; a rule of the region wins over the nation's."""
    rows = Rule.objects.in_force(on).filter(key=key, region_code__in=("", region_code))
    amounts = rows.order_by("-region_code", "-valid_from").values_list("amount", flat=True)
    amount: int | None = amounts.first()
    return DEFAULTS[key] if amount is None else amount
