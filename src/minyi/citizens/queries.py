# SPDX-License-Identifier: Apache-2.0
from django.core.exceptions import ValidationError

from .models import Citizen


def is_erased(*, citizen_id: str) -> bool:
    """Tell whether nobody stands behind this id any more: erased on request, or never there."""
    try:
        return not Citizen.objects.filter(pk=citizen_id, erased_at__isnull=True).exists()
    except ValidationError:  # not even an id
        return True
