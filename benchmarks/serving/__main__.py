# SPDX-License-Identifier: Apache-2.0
"""Run the serving benchmark: `python -m benchmarks.serving`.

One worker of the whole product serves both rooms: `/ledger/…`, and beside it `/media/…`, which is
Starlette's StaticFiles over a file of the same bytes.
"""

import json
import os
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.request import urlopen

from benchmarks.ballots.rows import Row
from benchmarks.ballots.servers import ROOT, granian
from benchmarks.callbacks.office import scratch_office
from benchmarks.cpu import seconds_below
from benchmarks.load import Load, send_all

RESULTS = ROOT / "benchmarks" / "results" / "serving.json"
REPEATS, REQUESTS, CONNECTIONS = 5, 8_000, 64
SHARE_OF_FILE = 0.8
LOG = "storm"
FOR_EVER, A_SECOND = "public, max-age=31536000, immutable", "no-cache, max-age=1"


@dataclass(frozen=True)
class Served:
    """A file of a log; `size` in bytes is that of a real one, `caching` what its answer says."""

    name: str
    words: str
    size: int
    caching: str


FILES = (
    Served("tile/0/000", "a full tile", 8_192, FOR_EVER),
    Served("tile/entries/000", "a bundle of 256 ballots", 53_248, FOR_EVER),
    Served("checkpoint", "the newest checkpoint", 256, A_SECOND),
)


def main() -> None:
    """Measure, print, and leave the rows for RESULTS.md."""
    with scratch_office() as environ:
        var = Path(environ["MINYI_VAR_DIR"])
        _lay_out(var)
        environ |= {"MINYI_LEDGER_DIR": str(var / "ledger")}
        with granian("minyi.config.asgi:application", **environ) as port:
            measured = [_measure(port, file) for file in FILES]
    _publish([row for row, _ in measured], " ".join(note for _, note in measured))


def _lay_out(var: Path) -> None:
    """Put the same bytes into a public log and into the media folder."""
    for file in FILES:
        content = _content(file)
        for path in (var / "ledger" / LOG / file.name, var / "media/images" / _twin(file)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    beside = var / "ledger" / LOG / ".writer"
    beside.mkdir()
    (beside / "public_from").write_text("0")


def _content(file: Served) -> bytes:
    head = b"127.0.0.1/ledger/storm\n1\nAA==\n\n"  # a note as far as the server reads it
    return head + os.urandom(file.size - len(head))


def _twin(file: Served) -> str:
    return file.name.replace("/", "-")


def _measure(port: int, file: Served) -> tuple[Row, str]:
    ours, floor = f"/ledger/{LOG}/{file.name}", f"/media/images/{_twin(file)}"
    _expect(port, ours, file)
    pairs = []
    for _ in range(REPEATS):  # in turn, so that a noisy neighbour disturbs both
        pairs.append((_storm(port, floor), _storm(port, ours)))
    ratios = sorted(mine.rate / theirs.rate for theirs, mine in pairs)
    theirs, mine = next(pair for pair in pairs if pair[1].rate / pair[0].rate == _middle(ratios))
    row = Row(
        f"{file.words} of the log: at least {SHARE_OF_FILE:g} × a static file of equal size",
        f"{mine.rate:,.0f} /s",
        f"{theirs.rate:,.0f} /s",
        f"{_middle(ratios):.2f} × ({ratios[0]:.2f}–{ratios[-1]:.2f})",
        _middle(ratios) >= SHARE_OF_FILE,
    )
    cost = [_middle([_cost_us(pair[side]) for pair in pairs]) for side in (1, 0)]
    return row, f"{file.words.capitalize()} cost {cost[0]:.0f} µs, the file {cost[1]:.0f} µs."


def _expect(port: int, path: str, file: Served) -> None:
    """Fail unless the answer is the file, and may be kept as long as it should be."""
    with urlopen(f"http://127.0.0.1:{port}{path}") as answer:
        told = (answer.headers["cache-control"], answer.headers["access-control-allow-origin"])
        size = len(answer.read())
    if (size, *told) != (file.size, file.caching, "*"):
        raise AssertionError(f"{path}: {size} bytes, {told}")


def _storm(port: int, path: str) -> Load:
    request = f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()
    before = seconds_below()
    load = send_all(port, [request] * REQUESTS, connections=CONNECTIONS)
    load.spent = [seconds - before.get(pid, 0.0) for pid, seconds in seconds_below().items()]
    if dict(load.statuses) != {200: REQUESTS}:
        raise AssertionError(f"{path}: {dict(load.statuses)}")
    return load


def _cost_us(load: Load) -> float:
    """Return what a request costs the server, in µs of processor time."""
    return sum(load.spent) / REQUESTS * 1e6


def _middle(values: Sequence[float]) -> float:
    return statistics.median_low(values)


def _publish(rows: list[Row], costs: str) -> None:
    note = (
        f"The whole product behind one Granian worker, {CONNECTIONS} connections, {REPEATS} "
        "neighbouring pairs each; floor: Starlette's StaticFiles in the same process (/media/), "
        f"which Granian sends from Rust. Processor time of the server: {costs} Load average "
        f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    )
    result = {"title": "Serving the public log", "rows": list(map(asdict, rows)), "note": note}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for row in rows:
        print(f"{row.claim}: {row.measured} against {row.floor}: {row.ratio}")
    print(note)


if __name__ == "__main__":
    main()
