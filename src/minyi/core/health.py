# SPDX-License-Identifier: Apache-2.0
"""What operators and their monitoring ask: alive, ready. (`/metrics` is the ballot box's;
the outbox adds its figures, see `outbox_figures`.)"""

from dataclasses import asdict

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from .outages import cache_errors
from .outbox import measure_queue

_schema_was_current = False


def alive(request: HttpRequest) -> HttpResponse:
    """Answer while the process runs; asks nothing of anybody else."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> HttpResponse:
    """Answer 200 when requests can be served: database, schema and cache are there."""
    checks = {"database": _database_answers(), "cache": _cache_answers()}
    checks["schema"] = checks["database"] and _schema_is_current()
    is_ready = all(checks.values())
    body: dict[str, object] = {"status": "ok" if is_ready else "not ready", "checks": checks}
    if is_ready:
        body["outbox"] = asdict(measure_queue(now=timezone.now()))  # told, not judged
    return JsonResponse(body, status=200 if is_ready else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _schema_is_current() -> bool:
    """Compare code and database; once they agree they do so until this process ends."""
    global _schema_was_current
    if not _schema_was_current:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        _schema_was_current = not plan
    return _schema_was_current


def _cache_answers() -> bool:
    try:
        cache.set("readyz", "1", 5)
        return bool(cache.get("readyz") == "1")
    except cache_errors():
        return False
