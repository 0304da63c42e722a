# SPDX-License-Identifier: Apache-2.0
"""Join two branches that were made side by side; nothing changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0005_certificates"),
        ("campaigns", "0005_round_hides_choices"),
    ]

    operations = []
