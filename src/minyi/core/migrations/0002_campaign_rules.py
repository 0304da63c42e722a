# SPDX-License-Identifier: Apache-2.0
"""The rules the launch checklist of selections reads; administrators may add newer rows."""

from datetime import date

from django.db import migrations

RULES = [
    (
        "award.publicity",
        5,
        "workday",
        "评比达标表彰公示通行做法：不少于 5 个工作日（福建 2021、贵州 2025；E-07）",
    ),
    (
        "campaign.title",
        25,
        "count",
        "评比达标表彰年度计划填报要求：活动名称不超过 25 个字（E-10）",
    ),
]


def add_rules(apps, schema_editor):
    rules = apps.get_model("core", "Rule").objects
    for key, amount, unit, source in RULES:
        rules.get_or_create(
            key=key,
            region_code="",
            valid_from=date(2021, 6, 1),
            defaults={"amount": amount, "unit": unit, "source": source},
        )


def remove_rules(apps, schema_editor):
    keys = [key for key, *_rest in RULES]
    apps.get_model("core", "Rule").objects.filter(key__in=keys, region_code="").delete()


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [migrations.RunPython(add_rules, remove_rules)]
