# SPDX-License-Identifier: Apache-2.0
"""`minyi prepare`: everything before the first request, in one process (`minyi serve` calls it)."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Migrations, static files, sample data; harmless when all of it is there."""

    help = "准备数据库、静态文件和示例数据 / database, static files and sample data"

    def handle(self, *args: object, **options: Any) -> None:
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        call_command("demo", "seed", stdout=self.stdout)
