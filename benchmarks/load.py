# SPDX-License-Identifier: Apache-2.0
"""A load generator for servers of every kind: it connects anew where the server hangs up.

Raw sockets, one process, requests made beforehand; each connection sends its next request as
soon as it is answered.
"""

import re
import select
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

GIVE_UP_S = 30.0
_length = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_hangs_up = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass
class Load:
    """What came back: `latencies` in seconds, `busy` the share of a core the generator used.

    `spent` is the processor time of each process of the server, in seconds.
    """

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    busy: float = 0.0
    spent: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return self.statuses.total() / self.seconds

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class _Connection:
    __slots__ = ("buffer", "port", "sent_at", "socket")

    def __init__(self, port: int) -> None:
        self.port = port
        self.buffer = b""
        self.sent_at = 0.0
        self.connect()

    def connect(self) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def send_all(port: int, requests: Sequence[bytes], *, connections: int) -> Load:
    """Send every request once and wait for all answers."""
    load = Load()
    waiting = iter(requests)
    poll = select.epoll()
    by_fd: dict[int, _Connection] = {}
    cpu, began = time.process_time(), time.perf_counter()
    for _ in range(min(connections, len(requests))):
        _send_next(_Connection(port), waiting, by_fd, poll)
    while by_fd:
        events = poll.poll(GIVE_UP_S)
        if not events:
            raise TimeoutError("The server stopped answering.")
        for fd, _ in events:
            connection = by_fd[fd]
            chunk = connection.socket.recv(65536)
            connection.buffer += chunk
            status, hangs_up = _whole_answer(connection.buffer)
            if not status:
                if not chunk:
                    raise ConnectionError("The server closed a connection without an answer.")
                continue
            load.statuses[status] += 1
            load.latencies.append(time.perf_counter() - connection.sent_at)
            connection.buffer = b""
            poll.unregister(by_fd.pop(fd).socket)
            if hangs_up:
                connection.socket.close()
                connection.connect()
            _send_next(connection, waiting, by_fd, poll)
    load.seconds = time.perf_counter() - began
    load.busy = (time.process_time() - cpu) / load.seconds
    return load


def _send_next(connection, waiting, by_fd, poll) -> None:
    request = next(waiting, None)
    if request is None:
        connection.socket.close()
        return
    connection.sent_at = time.perf_counter()
    connection.socket.sendall(request)
    by_fd[connection.socket.fileno()] = connection
    poll.register(connection.socket, select.EPOLLIN)


def _whole_answer(buffer: bytes) -> tuple[int, bool]:
    """Return the status, 0 while the answer is incomplete, and whether the server hangs up."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return 0, False
    head = buffer[:end]
    length = _length.search(head)
    if len(buffer) < end + 4 + (int(length[1]) if length else 0):
        return 0, False
    return int(buffer[9:12]), _hangs_up.search(head) is not None
