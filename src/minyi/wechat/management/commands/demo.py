# SPDX-License-Identifier: Apache-2.0
"""`minyi demo seed` makes the sample data; `minyi demo crowd` lets sample citizens vote."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from minyi.agencies.samples import seed_office
from minyi.campaigns.samples import seed_campaigns
from minyi.ledger.samples import seed_witness
from minyi.wechat.crowd import CrowdReport, run_crowd
from minyi.wechat.crowd_people import CrowdImpossible
from minyi.wechat.desk_samples import seed_desk
from minyi.wechat.samples import seed_account
from minyi.wechat.services.sandbox_menu import ask_for_menu


class Command(BaseCommand):
    """Two words: seed, crowd."""

    help = "示例数据：seed 准备数据，crowd 让示例市民投票 / sample data and a voting crowd"

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = parser.add_subparsers(dest="word", required=True)
        words.add_parser("seed", help="prepare the sample data; harmless when it is there")
        crowd = words.add_parser("crowd", help="sandbox citizens vote through OAuth and ballot box")
        crowd.add_argument("--voters", type=int, default=200, help="how many (200)")
        crowd.add_argument("--campaign", default=None, help="last part of /c/<campaign>/")
        crowd.add_argument(
            "--attack", type=int, metavar="N", help="no citizens, but brushing for candidate N"
        )
        crowd.add_argument("--product", default=settings.PUBLIC_URL, help="%(default)s (or PORT=)")
        crowd.add_argument(
            "--sandbox", default=settings.WECHAT_API_URL, help="%(default)s (or SANDBOX_PORT=)"
        )

    def handle(self, *args: object, **options: Any) -> None:
        if options["word"] == "seed":
            self._seed()
        else:
            self._crowd(options)

    def _seed(self) -> None:
        office = seed_office()
        if settings.DEMO_WITNESS:
            vkey, url = settings.DEMO_WITNESS.split()
            seed_witness(agency=office.account.agency, vkey=vkey, url=url)
        made = seed_campaigns(office=office, now=timezone.now())
        seed_account(office.account)
        seed_desk(office.account, now=timezone.now())
        ask_for_menu(office.account, now=timezone.now())
        for campaign in made:
            self.stdout.write(f"  示例活动 sample campaign: {campaign.title}")

    def _crowd(self, options: dict[str, Any]) -> None:
        if options["voters"] < 1:
            raise CommandError("--voters 须为正整数 / must be positive")
        console = Console()
        columns = (TextColumn("投票 voting"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
            task = bar.add_task("vote", total=options["voters"])
            try:
                report = run_crowd(
                    voters=options["voters"],
                    product_url=options["product"],
                    sandbox_url=options["sandbox"],
                    campaign_slug=options["campaign"],
                    attack_for=options["attack"],
                    progress=lambda done: bar.update(task, completed=done),
                )
            except CrowdImpossible as error:
                raise CommandError(str(error)) from error
        self._tell(report)

    def _tell(self, report: CrowdReport) -> None:
        rate = report.accepted / report.seconds if report.seconds else 0.0
        self.stdout.write(
            f"  已计票 accepted {report.accepted}   用时 {report.seconds:.1f} s   {rate:.0f} 票/s"
        )
        for code, times in sorted(report.refused.items()):
            self.stdout.write(f"  未计票 refused {code}: {times}")
