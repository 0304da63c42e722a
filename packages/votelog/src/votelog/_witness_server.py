# SPDX-License-Identifier: Apache-2.0
"""The web server of `votelog witness`; to the outside it belongs behind a TLS proxy."""

import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from votelog._errors import VotelogError
from votelog._witness import MAX_REQUEST_BYTES, TEXT, Reply, Witness

REQUEST_TIMEOUT_S = 15
_READING = re.compile(r"/([0-9a-f]{64})/checkpoint")


class WitnessServer(ThreadingHTTPServer):
    """Serves POST /add-checkpoint and GET /<hex SHA-256(origin)>/checkpoint."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        self.witness = witness
        super().__init__(address, _Answer)


class _Answer(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    timeout = REQUEST_TIMEOUT_S

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self.path != "/add-checkpoint":
            self._close_with(Reply(404, b"there is only /add-checkpoint\n"))
        elif not (length.isascii() and length.isdigit()):
            self._close_with(Reply(411, b"a Content-Length is needed\n"))
        elif len(length) > 9 or int(length) > MAX_REQUEST_BYTES:
            self._close_with(Reply(413, b"the request is too long\n"))
        else:
            body = self.rfile.read(int(length))
            self._send(self._add(body))

    def do_GET(self) -> None:
        match = _READING.fullmatch(self.path)
        note = self.server.witness.latest(match[1]) if match else None
        self._send(Reply(404, b"no such checkpoint\n") if note is None else Reply(200, note))

    def _add(self, body: bytes) -> Reply:
        try:
            return self.server.witness.add_checkpoint(body, seconds=int(time.time()))
        except VotelogError as error:  # our own memory is damaged: cosign nothing
            return Reply(500, f"{error}\n".encode(), code=error.code)

    def _close_with(self, reply: Reply) -> None:
        """Answer without reading the body; the connection cannot be used again."""
        self.close_connection = True
        self._send(reply)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type or TEXT)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("Cache-Control", "no-store")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Keep no record of requests: addresses of callers are nobody's business."""
