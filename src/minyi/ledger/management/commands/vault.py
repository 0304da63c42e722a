# SPDX-License-Identifier: Apache-2.0
"""`minyi vault rotate`: wrap the data keys of all identity vaults with the present master key."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from minyi.core.errors import DomainError

from ...services import vaults


class Command(BaseCommand):
    """One word: rotate. MINYI_VAULT_KEY is the new key, MINYI_VAULT_KEY_OLD the one before."""

    help = "身份保险库：rotate 轮换主密钥 / rewrap the data keys with the new master key"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("word", choices=["rotate"])

    def handle(self, *args: object, **options: object) -> None:
        try:
            count = vaults.rewrap()
        except DomainError as error:
            raise CommandError(error.advice) from error
        self.stdout.write(f"已轮换 {count} 个身份保险库 / {count} vaults rewrapped")
