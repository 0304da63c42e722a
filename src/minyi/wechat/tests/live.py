# SPDX-License-Identifier: Apache-2.0
"""A living sandbox on a port of its own, and what to ask of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from wechat_sandbox.app import create_app
from wechat_sandbox.settings import settings_from_env
from wechat_sandbox.tests.live import free_port, served


class SandboxServer:
    """The sandbox's control plane, from outside."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(base_url=url, timeout=5, trust_env=False)

    def order(self, name: str, **fields: object) -> dict[str, object]:
        answer = self._http.post(f"/_sim/{name}", json=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def articles(self) -> list[dict[str, object]]:
        """Every article WeChat has out, broadcasts among them."""
        return self._http.get("/_sim/articles").json()["articles"]

    def calls(self, path: str) -> int:
        """How often an interface was asked, refused calls included."""
        entries = self._http.get("/_sim/log", params={"kind": "api"}).json()["entries"]
        return sum(1 for entry in entries if entry["subject"].endswith(path))

    def hang_up(self) -> None:
        self._http.close()


@contextmanager
def sandbox_server(product_url: str, **more: str) -> Iterator[SandboxServer]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    known = {"MINYI_PUBLIC_URL": product_url, "WECHAT_OPEN_URL": url, **more}
    app = create_app(settings_from_env(known))
    with served(app, port):
        sandbox = SandboxServer(url)
        try:
            yield sandbox
        finally:
            sandbox.hang_up()
