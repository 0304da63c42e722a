# SPDX-License-Identifier: Apache-2.0
"""`minyi worker`: send what waits in the outbox. Start as many as you like, on any node."""

import signal
from argparse import ArgumentParser
from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from minyi.core import outbox
from minyi.core.clock import office_time
from minyi.core.models import OutboxMessage
from minyi.core.outbox_worker import AT_ONCE, LEASE, Worker


class Command(BaseCommand):
    """Run until Ctrl-C; what is in hand is finished first."""

    help = "处理待发送的消息 / work through the outbox until stopped"
    requires_system_checks = []  # they load every page of the product: 10 MB a worker never needs

    def add_arguments(self, parser: ArgumentParser) -> None:
        lease_s = int(LEASE.total_seconds())
        parser.add_argument("--lease", type=float, default=lease_s, help="占用时长（秒）/ seconds")
        parser.add_argument("--at-once", type=int, default=AT_ONCE, help="同时处理 / at a time")
        parser.add_argument("--once", action="store_true", help="处理完即退出 / end when done")
        parser.add_argument("--dead", action="store_true", help="列出失败的 / list dead letters")
        parser.add_argument("--again", metavar="TOPIC:KEY", help="重新处理 / revive a dead letter")

    def handle(self, *args: object, **options: object) -> None:
        if options["dead"]:
            self._list_dead()
        elif options["again"]:
            self._revive(str(options["again"]))
        else:
            lease = timedelta(seconds=float(str(options["lease"])))
            worker = Worker(lease=lease, at_once=int(str(options["at_once"])))
            self._introduce(worker, lease)
            self._work(worker, once=bool(options["once"]))

    def _work(self, worker: Worker, *, once: bool) -> None:
        if once:
            self.stdout.write(f"已处理 {worker.run_due()} 条 / rows run")
            return
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: worker.stop())
        worker.run()
        self.stdout.write("已停止 / stopped")

    def _introduce(self, worker: Worker, lease: timedelta) -> None:
        queue = outbox.measure_queue(now=timezone.now())
        topics = "、".join(sorted(outbox.consumers())) or "无 none"
        self.stdout.write(
            f"消息处理进程 {worker.name} / worker\n"
            f"  处理类别 topics: {topics}\n"
            f"  等待 waiting: {queue.waiting}   失败 dead: {queue.dead}   "
            f"占用时长 lease: {lease.total_seconds():g} s"
        )
        self.stdout.flush()

    def _list_dead(self) -> None:
        dead = OutboxMessage.objects.filter(state=OutboxMessage.State.DEAD).order_by("ended_at")
        for row in dead.iterator():
            ended = office_time(row.ended_at) if row.ended_at else ""
            self.stdout.write(f"{ended}  {row.topic}:{row.key}  {row.reason}")
        if not dead.exists():
            self.stdout.write("没有处理失败的消息 / no dead letters")

    def _revive(self, name: str) -> None:
        topic, _, key = name.partition(":")
        if not outbox.send_again(topic=topic, key=key, now=timezone.now()):
            raise CommandError(f"没有这条失败的消息：{name} / no such dead letter")
        self.stdout.write(f"将重新处理 {name} / will be tried again")
