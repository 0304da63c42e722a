# SPDX-License-Identifier: Apache-2.0
"""`minyi audit`: follow the chain of the audit trail from its first entry to its last."""

from django.core.management.base import BaseCommand, CommandError

from minyi.core.audit import find_break
from minyi.core.models import AuditEntry


class Command(BaseCommand):
    """Exit status 1 and the entry's number when the chain is broken."""

    help = "核对留痕记录的完整性 / check that the audit trail is unbroken"

    def handle(self, *args: object, **options: object) -> None:
        broken = find_break()
        if broken is not None:
            raise CommandError(
                f"留痕记录自第 {broken.pk} 条起不连续 / the trail breaks at entry {broken.pk}"
            )
        count = AuditEntry.objects.count()
        self.stdout.write(f"留痕记录完整，共 {count} 条 / unbroken, {count} entries")
