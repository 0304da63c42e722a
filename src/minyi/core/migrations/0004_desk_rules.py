# SPDX-License-Identifier: Apache-2.0
"""How soon the staff desk answers first; administrators may add newer or local rows."""

from datetime import date

from django.db import migrations

KEY = "desk.first_answer"
SINCE = date(2021, 12, 1)
SOURCE = (
    "北京市接诉即办地方标准（2021 年 12 月征求意见稿）：网上诉求 2 小时内受理；"
    "本平台按接待时间计算，请管理员按本地规定调整"
)


def add_rule(apps, schema_editor):
    apps.get_model("core", "Rule").objects.get_or_create(
        key=KEY,
        region_code="",
        valid_from=SINCE,
        defaults={"amount": 2, "unit": "hour", "source": SOURCE},
    )


def remove_rule(apps, schema_editor):
    apps.get_model("core", "Rule").objects.filter(key=KEY, region_code="").delete()


class Migration(migrations.Migration):
    dependencies = [("core", "0003_outbox")]

    operations = [migrations.RunPython(add_rule, remove_rule)]
