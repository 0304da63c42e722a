# SPDX-License-Identifier: Apache-2.0
"""Structured logs: one event a line, with the request's number, without personal data."""

import logging.config
import traceback
from types import TracebackType

import structlog

_QUOTING = ("django.db", "psycopg")  # their errors quote what the database refused


def configure(options: dict[str, bool]) -> None:
    """Send structlog and the standard library's loggers to standard error in one shape."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if options["json"]
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "line": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [
                        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                        structlog.processors.ExceptionRenderer(format_traceback),
                        renderer,
                    ],
                },
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
            "root": {"handlers": ["stderr"], "level": "INFO"},
            "loggers": {
                "django.request": {"level": "ERROR"},  # refusals are answers, not faults
                "httpx": {"level": "WARNING"},
                "axes": {"level": "WARNING"},
                "django_tasks": {"level": "WARNING"},
                "PIL": {"level": "WARNING"},
            },
        }
    )


def describe(error: BaseException) -> str:
    """Return an error's name and words; of a database's error the constraint instead of words.

    PostgreSQL quotes what it refused («Key (openid)=(…)», the JSON it was given): that may be what
    a citizen wrote.
    """
    kind, words = type(error), str(error)
    if kind.__module__.startswith(_QUOTING):
        words = getattr(getattr(error, "diag", None), "constraint_name", None) or ""
    return f"{kind.__name__}: {words}" if words else kind.__name__


def format_traceback(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
) -> str:
    """Return a traceback, and those of its causes, without what databases quote."""
    lines: list[str] = []
    error: BaseException | None = exc_info[1]
    told: set[int] = set()
    while error is not None and id(error) not in told:
        told.add(id(error))
        frames = "".join(traceback.format_tb(error.__traceback__))
        lines.insert(0, f"Traceback (most recent call last):\n{frames}{describe(error)}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "\n\nthen:\n\n".join(lines)
