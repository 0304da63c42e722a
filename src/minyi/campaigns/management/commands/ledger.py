# SPDX-License-Identifier: Apache-2.0
"""`minyi ledger bundle <slug>`: the evidence of a vote as one file, with its SHA-256."""

import argparse
from hashlib import sha256
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from votelog import Evidence

from minyi.campaigns.models import Campaign
from minyi.campaigns.services import evidence
from minyi.core.errors import DomainError


class Command(BaseCommand):
    """Exit status 1 and the reason when it cannot be made."""

    help = "制作争议证据包 / make the archive of evidence of a vote"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        bundle = verbs.add_parser("bundle")
        bundle.add_argument("slug")
        bundle.add_argument("--out", type=Path, help="文件或文件夹 / a file or a folder")

    def handle(self, *_args: object, slug: str, out: Path | None, **_options: object) -> None:
        campaign = Campaign.objects.filter(slug=slug).first()
        if campaign is None:
            raise CommandError(f"没有这个活动 / no such campaign: {slug}")
        try:
            made = evidence.plan_bundle(campaign=campaign, now=timezone.now())
        except DomainError as refused:
            raise CommandError(refused.advice) from refused
        place = out or Path()
        target = place / made.filename if place.is_dir() else place
        digest = self._write(made.evidence, target)
        self.stdout.write(f"{digest}  {target}")

    def _write(self, made: Evidence, target: Path) -> str:
        """Write it under its name when it is whole; tell how far it is where somebody looks."""
        digest, done, shown, length = sha256(), 0, -1, made.length
        aside = target.with_name(f".{target.name}.part")
        with aside.open("wb") as file:
            for chunk in made.chunks():
                file.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                percent = 100 * done // length
                if percent > shown and self.stderr.isatty():
                    shown = percent
                    self.stderr.write(f"\r{percent} %", ending="")
        aside.replace(target)
        return digest.hexdigest()
