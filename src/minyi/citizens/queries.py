# SPDX-License-Identifier: Apache-2.0
from datetime import datetime

from django.core.exceptions import ValidationError

from .models import Citizen


def is_erased(*, citizen_id: str) -> bool:
    """Tell whether nobody stands behind this id any more: erased on request, or never there."""
    try:
        return not Citizen.objects.filter(pk=citizen_id, erased_at__isnull=True).exists()
    except ValidationError:  # not even an id
        return True


def first_seen_at(*, citizen_id: str) -> datetime | None:
    """Return when this citizen first came here; None: there is no such citizen."""
    rows = Citizen.objects.filter(pk=citizen_id).values_list("first_seen_at", flat=True)
    found: datetime | None = rows.first()
    return found
