# SPDX-License-Identifier: Apache-2.0
"""`minyi integrity score` and `minyi integrity explain`: the anti-brushing engine over files."""

from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from minyi.integrity.signals import codes_of

BAD_FILE = 2
CANNOT_WRITE = 3


def _rules(text: str) -> tuple[str, ...]:
    codes = tuple(code.strip() for code in text.split(",") if code.strip())
    if unknown := sorted(set(codes) - set(codes_of("screening"))):
        raise ArgumentTypeError(f"no such rule: {', '.join(unknown)}")
    return codes


class Command(BaseCommand):
    """Exit status 2: wrong usage, or a file cannot be used; 3: the output cannot be written."""

    help = "异常选票分析 / find brushed ballots in an event log"
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        score = verbs.add_parser("score", help="score every ballot of an event log")
        score.add_argument("events", type=Path, help="CSV or Parquet, one row per accepted ballot")
        score.add_argument(
            "--candidates",
            type=Path,
            required=True,
            help="CSV or Parquet: candidate, and city if known",
        )
        score.add_argument("--out", type=Path, required=True, help="CSV or Parquet to write")
        score.add_argument("--mode", choices=("stream", "batch"), default="stream")
        score.add_argument(
            "--without",
            type=_rules,
            default=(),
            metavar="CODE,CODE",
            help=f"rules to do without: {', '.join(codes_of('screening'))}",
        )
        explain = verbs.add_parser("explain", help="say why one ballot is quarantined")
        explain.add_argument("out", type=Path, help="the output of `score`, as named there")
        explain.add_argument("--event", required=True, help="the ballot's event_id")

    def handle(self, *args: object, **options: Any) -> None:
        # Polars and NumPy are loaded here, so that the web process never carries them.
        from minyi.integrity.engine.columns import Refusal

        try:
            if options["verb"] == "score":
                self._score(options)
            else:
                self._explain(options["out"], options["event"])
        except Refusal as refusal:
            raise CommandError(str(refusal), returncode=BAD_FILE) from refusal

    def _score(self, options: dict[str, Any]) -> None:
        from minyi.integrity.engine import engine, files, reading

        out: Path = options["out"]
        if not out.parent.is_dir():
            raise CommandError(
                f"{out.parent}: there is no such folder. Make it first.", returncode=CANNOT_WRITE
            )
        self._say("reading files")
        events = reading.read_events(options["events"])
        candidates = reading.read_candidates(options["candidates"])
        scored = engine.score(
            events, candidates, mode=options["mode"], without=options["without"], progress=self._say
        )
        if scored.unlisted:
            self._say(f"not in the list of candidates: {', '.join(scored.unlisted[:10])}")
        try:
            files.write(scored, out)
        except OSError as error:
            raise CommandError(
                f"{out}: {error.strerror}. Choose another place.", returncode=CANNOT_WRITE
            ) from error
        self.stdout.write("\n".join(files.summary(scored)))

    def _explain(self, out: Path, event_id: str) -> None:
        from minyi.integrity.engine import files

        self.stdout.write(files.explain(out, event_id))

    def _say(self, step: str) -> None:
        self.stderr.write(f"integrity: {step}")
