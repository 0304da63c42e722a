# SPDX-License-Identifier: Apache-2.0
"""`minyi message_template`: say which WeChat template carries a purpose, and what goes where."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from minyi.agencies.models import OfficialAccount
from minyi.citizens.notices import list_purposes
from minyi.core.actors import SYSTEM
from minyi.core.errors import DomainError
from minyi.wechat.models import MessageTemplate
from minyi.wechat.services.templates import Choice, register_template


class Command(BaseCommand):
    """Without arguments it lists the purposes with their facts, and the templates in use."""

    help = "登记消息模板 / register a message template for a purpose"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", help="公众号标识 / slug of the account")
        parser.add_argument("--purpose", help="用途 / purpose")
        parser.add_argument("--channel", choices=MessageTemplate.Channel.values)
        parser.add_argument("--template-id", help="微信的模板编号 / template id at WeChat")
        parser.add_argument("--title", default="", help="模板标题 / title")
        parser.add_argument("--field", action="append", default=[], metavar="thing1=name")
        parser.add_argument("--lasting", action="store_true", help="长期订阅 / lasting consent")
        parser.add_argument("--off", action="store_true", help="停用 / switch off")

    def handle(self, *args: object, **options: object) -> None:
        said = {name: options[name] for name in ("account", "purpose", "channel", "template_id")}
        if not any(said.values()):
            self._list()
            return
        if missing := [f"--{name.replace('_', '-')}" for name in said if not said[name]]:
            raise CommandError(f"还需要 / also needed: {', '.join(missing)}")
        account = OfficialAccount.objects.filter(slug=said["account"]).first()
        if account is None:
            raise CommandError(f"没有这个公众号 / no such account: {said['account']}")
        fields = options["field"] if isinstance(options["field"], list) else []
        try:
            row = register_template(
                account=account,
                purpose=str(said["purpose"]),
                channel=str(said["channel"]),
                choice=Choice(
                    str(said["template_id"]),
                    str(options["title"]),
                    _read_fields(fields),
                    bool(options["lasting"]),
                ),
                is_on=not options["off"],
                actor=SYSTEM,
                now=timezone.now(),
            )
        except DomainError as refused:
            raise CommandError(refused.advice) from refused
        self.stdout.write(f"已登记 / registered: {_line(row)}")

    def _list(self) -> None:
        for purpose in list_purposes():
            self.stdout.write(f"{purpose.key}  {purpose.title}")
            for name, words in purpose.facts.items():
                self.stdout.write(f"    {name}  {words}")
        for row in MessageTemplate.objects.select_related("account"):
            self.stdout.write(_line(row))


def _read_fields(pairs: list[str]) -> dict[str, str]:
    """Return field → fact."""
    return {field: fact for field, _, fact in (pair.partition("=") for pair in pairs)}


def _line(row: MessageTemplate) -> str:
    fields = " ".join(f"{field}={fact}" for field, fact in row.fields.items())
    state = "" if row.is_on else "（停用 / off）"
    return f"{row.account.slug}  {row.purpose}  {row.channel}  {row.template_id}  {fields}{state}"
