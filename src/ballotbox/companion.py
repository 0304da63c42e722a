# SPDX-License-Identifier: Apache-2.0
"""A process beside a server, spoken to in frames over its standard input and output (ADR 14).

    server    companion = Companion("ballotbox.sequencing", os.environ)
              await companion.start(); companion.send(batch); answer = await companion.receive()
    companion server = Server(); server.tell("ready")
              server.answer(answer_to)   one answer for each message, until there are no more

A frame is a length of four bytes, big-endian, and that many bytes of MessagePack.
"""

import asyncio
import fcntl
import os
import signal
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec

LARGEST_FRAME = 1 << 24  # read without pausing: 4,096 answers with their proofs are 8 MiB
PIPE_BYTES = 1 << 20  # so that the event loop is woken a few times a batch, not a hundred
START_S = 20.0
END_S = 5.0

_LENGTH = 4
_write = msgspec.msgpack.Encoder()


class Ended(Exception):
    """The companion is not there, or ended before it answered."""


class Companion:
    """The server's end; used on one event loop.

    When this process dies the companion sees the end of its input, and ends.
    """

    def __init__(self, module: str, environ: Mapping[str, str]) -> None:
        self._module = module
        self._environ = dict(environ)  # uvloop takes nothing else
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The running process; None when there is none."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    async def start(self) -> bytes:
        """Start it and return its first message; raises Ended."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._module),
                env=self._environ,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                limit=LARGEST_FRAME,
                start_new_session=True,  # Ctrl-C is for the server, which ends this one in its time
            )
            async with asyncio.timeout(START_S):
                return await self.receive()
        except (OSError, TimeoutError) as error:
            self.kill()
            raise Ended(f"{self._module} did not start") from error

    def send(self, message: object) -> None:
        """Send one message; each gets one answer."""
        if self._process is None or self._process.stdin is None:
            raise Ended(f"{self._module} has ended")
        try:
            self._process.stdin.write(_framed(message))
        except (OSError, RuntimeError) as error:  # the pipe is closed already
            self._process = None
            raise Ended(f"{self._module} has ended") from error

    async def receive(self) -> bytes:
        """Return the next answer.

        Whoever gives up waiting kills it: a late answer would be taken for the next message's.
        """
        stdout = self._process.stdout if self._process is not None else None
        if stdout is None:
            raise Ended(f"{self._module} has ended")
        try:
            length = int.from_bytes(await stdout.readexactly(_LENGTH), "big")
            return await stdout.readexactly(length)
        except (asyncio.IncompleteReadError, OSError) as error:
            self._process = None
            raise Ended(f"{self._module} ended before it answered") from error
        except asyncio.CancelledError:
            self.kill()
            raise

    def kill(self) -> None:
        """End it at once."""
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            process.kill()

    async def stop(self) -> None:
        """Close its input, at which it ends; kill it when it does not."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(END_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


class Server:
    """The companion's end: whoever started this process."""

    def __init__(self) -> None:
        self._given, self._told = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
        if hasattr(fcntl, "F_SETPIPE_SZ"):  # a whole batch of answers can stand in the pipe
            with suppress(OSError):
                fcntl.fcntl(self._told, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        os.dup2(2, 1)  # whoever prints must not disturb the conversation
        # Whoever stops the whole service signals us as well, but the server has more to tell.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def tell(self, message: object) -> None:
        """Send one message."""
        self._told.write(_framed(message))
        self._told.flush()

    def answer(self, answer_to: Callable[[bytes], object]) -> None:
        """Answer every message until there are no more."""
        while (message := self._hear()) is not None:
            self.tell(answer_to(message))

    def _hear(self) -> bytes | None:
        head = self._given.read(_LENGTH)
        length = int.from_bytes(head, "big")
        message = self._given.read(length)
        return message if len(head) == _LENGTH and len(message) == length else None


def _framed(message: object) -> bytearray:
    frame = bytearray(_LENGTH)
    _write.encode_into(message, frame, _LENGTH)
    frame[:_LENGTH] = (len(frame) - _LENGTH).to_bytes(_LENGTH, "big")
    return frame
