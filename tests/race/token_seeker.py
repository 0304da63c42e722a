# SPDX-License-Identifier: Apache-2.0
"""The token race, in an interpreter of its own: processes with threads that all want the token.

    python token_seeker.py <secret> <processes> <threads> [without-lease]

Makes the one table it needs, starts the processes, lets all threads go at the same moment, and
prints as JSON what they got and how often.
"""

import json
import multiprocessing
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

# It looks for every screen of the console, which takes a second and has no part in this.
WITHOUT_APPS = {"wagtail.snippets"}
FORK = multiprocessing.get_context("fork")


def start_django() -> None:
    import django
    from django.conf import settings

    from minyi.config.settings import dev

    values = {name: getattr(dev, name) for name in dir(dev) if name.isupper()}
    values["INSTALLED_APPS"] = [app for app in dev.INSTALLED_APPS if app not in WITHOUT_APPS]
    settings.configure(**values)
    django.setup()


def make_table() -> None:
    from django.db import connection

    from minyi.wechat.models import Loan

    with connection.schema_editor() as editor:
        editor.create_model(Loan)
    connection.close()  # not to be shared with the processes


def seek(secret, threads, with_lease, start, answers) -> None:
    from django.conf import settings

    from minyi.wechat.client.api_errors import ApiError, Unanswered
    from minyi.wechat.connection.line import Line
    from minyi.wechat.connection.shelves import DatabaseShelf
    from minyi.wechat.queries import Account
    from wechat_sandbox.accounts import sample_account

    class WithoutLease(DatabaseShelf):
        """Everybody is given the lease, and nobody sees another's."""

        async def read(self, key):
            return replace(await super().read(key), lease_until=None)

        async def take_lease(self, key, holder, *, now, until):
            await super().take_lease(key, holder, now=now, until=until)
            return True

    known = sample_account("http://127.0.0.1:9")
    account = Account(
        slug=known.slug,
        name=known.name,
        kind="SVC",
        is_verified=True,
        appid=known.appid,
        original_id=known.original_id,
        mode="secure",
        secret=secret,
    )
    shelf = DatabaseShelf() if with_lease else WithoutLease()
    line = Line(base_url=settings.WECHAT_API_URL, shelf=shelf)

    def ask(_number: int) -> str:
        try:
            return line.access_token(account)
        except (ApiError, Unanswered) as error:
            return f"{type(error).__name__} {getattr(error, 'code', error)}"

    start.wait()
    with ThreadPoolExecutor(threads) as pool:
        answers.put(dict(Counter(pool.map(ask, range(threads)))))
    line.hang_up()


def run(secret: str, processes: int, threads: int, *, with_lease: bool) -> Counter[str]:
    start, answers = FORK.Barrier(processes), FORK.Queue()
    facts = (secret, threads, with_lease, start, answers)
    seekers = [FORK.Process(target=seek, args=facts) for _ in range(processes)]
    for seeker in seekers:
        seeker.start()
    heard: Counter[str] = Counter()
    for _ in seekers:
        heard.update(answers.get(timeout=60))
    for seeker in seekers:
        seeker.join(10)
    return heard


if __name__ == "__main__":
    start_django()
    make_table()
    secret, processes, threads, *mode = sys.argv[1:]
    heard = run(secret, int(processes), int(threads), with_lease=not mode)
    sys.stdout.write(json.dumps(heard))
