# SPDX-License-Identifier: Apache-2.0
"""A sample witness, where somebody runs one beside the sample office."""

from datetime import date

from minyi.agencies.models import Agency

from .models import Witness


def seed_witness(*, agency: Agency, vkey: str, url: str) -> Witness:
    """Register it, once; votes that open afterwards name it."""
    words = {"organisation": "示例公证处", "url": url, "since": date(2020, 1, 1)}
    return Witness.objects.get_or_create(agency=agency, vkey=vkey, defaults=words)[0]
