# SPDX-License-Identifier: Apache-2.0
"""`minyi screen <slug>`: look over the ballots of a running vote now, not in ten minutes."""

import argparse

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from minyi.campaigns.models import Round
from minyi.campaigns.services import screening
from minyi.core.errors import DomainError


class Command(BaseCommand):
    """Exit status 1 and the reason when it cannot be done."""

    help = "立即核查正在进行的投票 / look over a running vote for brushing now"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slug")

    def handle(self, *_args: object, slug: str, **_options: object) -> None:
        paper = Round.objects.select_related("campaign").filter(campaign__slug=slug).first()
        if paper is None:
            raise CommandError(f"没有这个投票 / no such vote: {slug}")
        try:
            held = screening.screen(paper=paper, now=timezone.now())
        except DomainError as refused:
            raise CommandError(refused.advice) from refused
        self.stdout.write(f"列入核查 held for review: {held}")
