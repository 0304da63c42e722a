# SPDX-License-Identifier: Apache-2.0
"""A load generator that costs little: raw sockets, requests made beforehand, several processes."""

import multiprocessing
import resource
import select
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

GIVE_UP_S = 30.0


@dataclass
class Load:
    """What came back: `latencies` in seconds, `busy` the share of a core one generator used."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    busy: float = 0.0

    @property
    def answers(self) -> int:
        return sum(self.statuses.values())

    @property
    def rate(self) -> float:
        return self.answers / self.seconds

    def percentile_ms(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


def send_all(
    port: int,
    requests: Sequence[bytes],
    *,
    connections: int,
    processes: int = 1,
    rate: float | None = None,
) -> Load:
    """Send every request once over kept connections and wait for all answers.

    Without a rate each connection sends its next request as soon as it is answered. With one,
    requests fall due at fixed moments and latency counts from then, answered late or not.
    """
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    start = context.Barrier(processes)
    workers = [
        context.Process(
            target=_work,
            args=(
                port,
                requests[place::processes],
                connections // processes,
                rate / processes if rate else None,
                start,
                results,
            ),
        )
        for place in range(processes)
    ]
    for worker in workers:
        worker.start()
    parts = [results.get() for _ in workers]
    for worker in workers:
        worker.join()
    whole = Load()
    whole.seconds = max(end for _, end, *_ in parts) - min(begin for begin, *_ in parts)
    for _, _, statuses, latencies, busy in parts:
        whole.statuses.update(statuses)
        whole.latencies.extend(latencies)
        whole.busy = max(whole.busy, busy)
    return whole


class _Connection:
    __slots__ = ("buffer", "due", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.due = 0.0


def _work(port, requests, connections, rate, start, results):
    idle = [_Connection(port) for _ in range(min(connections, len(requests)))]
    poll = select.epoll()
    by_fd = {connection.socket.fileno(): connection for connection in idle}
    for fd in by_fd:
        poll.register(fd, select.EPOLLIN)
    start.wait()
    cpu = _cpu()
    begin = time.perf_counter()
    statuses, latencies = _pump(requests, rate, idle, by_fd, poll)
    end = time.perf_counter()
    busy = (_cpu() - cpu) / (end - begin)
    results.put((begin, end, statuses, latencies, busy))
    for connection in by_fd.values():
        connection.socket.close()


def _pump(requests, rate, idle, by_fd, poll):
    statuses: Counter[int] = Counter()
    latencies: list[float] = []
    clock = time.perf_counter
    begin = clock()
    sent = 0
    while len(latencies) < len(requests):
        now = clock()
        due = len(requests) if rate is None else min(len(requests), int((now - begin) * rate) + 1)
        while idle and sent < due:
            connection = idle.pop()
            connection.due = clock() if rate is None else begin + sent / rate
            connection.socket.send(requests[sent])
            sent += 1
        wait = 0.0005 if rate is not None and sent < len(requests) else 1.0
        for fd, _ in poll.poll(wait):
            connection = by_fd[fd]
            chunk = connection.socket.recv(65536)
            if not chunk:
                raise ConnectionError("The server closed a connection.")
            connection.buffer += chunk
            status = _whole_answer(connection.buffer)
            if status:
                statuses[status] += 1
                latencies.append(clock() - connection.due)
                connection.buffer = b""
                idle.append(connection)
        if clock() - now > GIVE_UP_S:
            raise TimeoutError("The server stopped answering.")
    return statuses, latencies


def _whole_answer(buffer: bytes) -> int:
    """Return the status when the answer is complete, else 0."""
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        return 0
    place = buffer.find(b"content-length: ", 0, end)
    length = int(buffer[place + 16 : buffer.find(b"\r", place)]) if place > 0 else 0
    return int(buffer[9:12]) if len(buffer) >= end + 4 + length else 0


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
