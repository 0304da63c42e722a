# SPDX-License-Identifier: Apache-2.0
"""Plain edits in the staff console, on the audit trail: rows that need no service of their own."""

from functools import cache

from django.db import transaction
from django.utils import timezone

from . import audit


@cache
def audited(view_class, *, act):
    """Return Wagtail's create or edit view with one audit entry for each saved form."""

    class Audited(view_class):
        @transaction.atomic
        def save_instance(self):
            changed = self.form.changed_data
            # The form has put the new values into the row by now; what it began with is older.
            adding = self.form.instance._state.adding
            before = {} if adding else {name: self.form.initial.get(name) for name in changed}
            row = super().save_instance()
            audit.record(
                actor=self.request.user.actor,
                act=act,
                target=row,
                now=timezone.now(),
                agency_id=getattr(row, "agency_id", None),
                changed=sorted(changed),
                before={name: str(value) for name, value in before.items()},
            )
            return row

    Audited.__name__ = f"Audited{view_class.__name__}"
    return Audited
