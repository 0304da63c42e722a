# SPDX-License-Identifier: Apache-2.0
"""A worker process for `test_outbox_race`: writes down when it begins and ends each message.

    outbox_at_work.py <diary> <lease in seconds>
    outbox_at_work.py migrate

The diary is one file that all workers append to: «begin|end <key> <pid>». Only the app that has
the outbox is loaded, as the product with all its apps takes seconds to start.
"""

import os
import signal
import sys
import time
from datetime import timedelta

import django
from django.conf import settings
from django.core.management import call_command

from minyi.config.databases import database

settings.configure(
    DATABASES={"default": database(os.environ["DATABASE_URL"])},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["minyi.core"],
    SECRET_KEY="of-a-test",
    USE_TZ=True,
)
django.setup()

from minyi.core.outbox import Delivery  # noqa: E402 - models need django.setup()
from minyi.core.outbox_worker import Worker  # noqa: E402


def main(diary: str, lease_s: float) -> None:
    pages = os.open(diary, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(word: str, key: str) -> None:
        os.write(pages, f"{word} {key} {os.getpid()}\n".encode())

    def consume(delivery: Delivery) -> None:
        write("begin", delivery.key)
        time.sleep(float(str(delivery.payload["takes_s"])))
        write("end", delivery.key)

    worker = Worker(consumers={"race": consume}, lease=timedelta(seconds=lease_s))
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    write("ready", "-")
    worker.run()


if __name__ == "__main__":
    if sys.argv[1:] == ["migrate"]:
        call_command("migrate", verbosity=0)
    else:
        main(sys.argv[1], float(sys.argv[2]))
