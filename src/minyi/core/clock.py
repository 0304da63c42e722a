# SPDX-License-Identifier: Apache-2.0
"""The office's day. Moments come from `django.utils.timezone.now` at the edge; days from here."""

from datetime import date

from django.utils import timezone


def today() -> date:
    """Return the date in the office's time zone."""
    return timezone.localdate()
