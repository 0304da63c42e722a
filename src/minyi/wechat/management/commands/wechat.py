# SPDX-License-Identifier: Apache-2.0
"""`minyi wechat import FILE…` takes exports of the back office in; `sync-figures` asks the API."""

from argparse import ArgumentParser
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from minyi.agencies.models import OfficialAccount
from minyi.core.actors import SYSTEM
from minyi.core.clock import today
from minyi.core.errors import DomainError

from ...backoffice.files import LARGEST
from ...queries.imports import compare_with_file
from ...services import figures, imports


class Command(BaseCommand):
    """Two words: import, sync-figures."""

    help = "微信公众号：import 导入后台报表，sync-figures 取每日数据 / back-office files, figures"

    def add_arguments(self, parser: ArgumentParser) -> None:
        words = parser.add_subparsers(dest="word", required=True)
        importing = words.add_parser(
            "import", help="take back-office exports (.xls, .csv) in; a second time changes nothing"
        )
        importing.add_argument("files", nargs="+", type=Path, metavar="FILE")
        importing.add_argument(
            "--account", help="slug of the account (needed if there are several)"
        )
        importing.add_argument(
            "--verify", action="store_true", help="compare what is kept with the file, cell by cell"
        )
        syncing = words.add_parser("sync-figures", help="fetch figures that are not here yet")
        syncing.add_argument("--account", help="slug of one account (default: all of them)")
        syncing.add_argument(
            "--day", type=date.fromisoformat, default=None, help="YYYY-MM-DD (yesterday)"
        )

    def handle(self, *args: object, **options: Any) -> None:
        if options["word"] == "import":
            self._import(options)
        else:
            self._sync(options)

    def _import(self, options: dict[str, Any]) -> None:
        account = _the_account(options["account"])
        failed = 0
        for path in options["files"]:
            try:
                self._import_one(account, path, verify=options["verify"])
            except (DomainError, OSError) as error:
                failed += 1
                said = error.advice if isinstance(error, DomainError) else error
                self.stderr.write(f"✗ {said}")
        if failed:
            raise CommandError(f"{failed} 个文件没有导入 / {failed} file(s) not imported")

    def _import_one(self, account: OfficialAccount, path: Path, *, verify: bool) -> None:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        done = imports.import_file(
            account=account,
            filename=path.name,
            content=content,
            actor=SYSTEM,
            now=timezone.now(),
        )
        read = imports.read_file(filename=path.name, content=content)
        for one, (grid, table) in zip(done, read, strict=True):
            self.stdout.write(f"✓ {path.name}  {_told(one)}")
            if verify:
                found = compare_with_file(one.table, grid, table)
                for difference in found.differences:
                    self.stderr.write(f"  ≠ {difference}")
                if found.differences:
                    raise CommandError("与文件不一致 / not what the file says")
                self.stdout.write(
                    f"  逐格核对一致 identical: {found.cells} 格 cells, {found.figures} 个值 values"
                )

    def _sync(self, options: dict[str, Any]) -> None:
        day = options["day"] or today() - timedelta(days=1)
        accounts = OfficialAccount.objects.order_by("slug")
        if options["account"]:
            accounts = accounts.filter(slug=options["account"])
        for account in accounts:
            done = figures.sync_day(account=account, day=day, now=timezone.now())
            told = f"  {done.reason}" if done.reason else ""
            self.stdout.write(
                f"{account.slug}  {day}  {done.get_state_display()}  {done.rows} 行 rows{told}"
            )
            if not options["day"]:
                # From here on the worker fetches every day by itself.
                figures.schedule_day(account=account, day=today(), now=timezone.now())


def _the_account(slug: str | None) -> OfficialAccount:
    accounts = OfficialAccount.objects.order_by("slug")
    if slug:
        account: OfficialAccount | None = accounts.filter(slug=slug).first()
        if account is None:
            raise CommandError(f"没有这个公众号 / no such account: {slug}")
        return account
    found: list[OfficialAccount] = list(accounts[:20])
    if len(found) == 1:
        return found[0]
    known = ", ".join(one.slug for one in found) or "–"
    raise CommandError(f"请用 --account 指明公众号 / say which account: {known}")


def _told(one: imports.Imported) -> str:
    table = one.table
    report = table.heading or imports.title_of(table.kind)
    counts = f"{table.rows} 行 rows，新增 {one.new} new，更新 {one.changed} changed"
    if one.is_repeated:
        return f"{report}  {counts}（此前已导入 imported before）"
    if table.kind == "other":
        return f"{report}  {counts}（不是认识的报表，原样保存 kept as it is）"
    return f"{report}  {counts}"
