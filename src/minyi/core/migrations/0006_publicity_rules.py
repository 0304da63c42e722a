# SPDX-License-Identifier: Apache-2.0
"""Terms of publicity, objections and rulings on ballots; administrators may add newer rows."""

from datetime import date

from django.db import migrations

SINCE = date(2021, 6, 1)
RULES = [
    (
        "publicity.again",
        5,
        "workday",
        "更正后名次或者入选名单有变的，重新公示；天数按公示通行做法（E-07）",
    ),
    (
        "publicity.again_same_ranking",
        0,
        "workday",
        "更正后名次和入选名单不变的，公示期连续计算；平台默认，请管理员按本地规定调整",
    ),
    (
        "objection.answer",
        10,
        "workday",
        "异议的办理期限；平台默认，请管理员按本地规定调整",
    ),
    (
        "ballots.release",
        7,
        "day",
        "列入核查的选票逾期未作认定的，自动恢复计票；平台默认，请管理员按本地规定调整",
    ),
]


def add_rules(apps, schema_editor):
    rules = apps.get_model("core", "Rule").objects
    for key, amount, unit, source in RULES:
        rules.get_or_create(
            key=key,
            region_code="",
            valid_from=SINCE,
            defaults={"amount": amount, "unit": unit, "source": source},
        )


def remove_rules(apps, schema_editor):
    keys = [key for key, *_rest in RULES]
    apps.get_model("core", "Rule").objects.filter(key__in=keys, region_code="").delete()


class Migration(migrations.Migration):
    dependencies = [("core", "0005_outbox_order")]

    operations = [migrations.RunPython(add_rules, remove_rules)]
