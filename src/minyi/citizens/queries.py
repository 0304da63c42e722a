# SPDX-License-Identifier: Apache-2.0
from datetime import datetime

from django.core.exceptions import ValidationError

from .models import Citizen


def known_since(*, citizen_id: str) -> datetime | None:
    """Return when this citizen first came here; None: erased on request, or never there."""
    try:
        rows = Citizen.objects.filter(pk=citizen_id, erased_at__isnull=True)
        found: datetime | None = rows.values_list("first_seen_at", flat=True).first()
    except ValidationError:  # not even an id
        return None
    return found
