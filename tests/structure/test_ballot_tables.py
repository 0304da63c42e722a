# SPDX-License-Identifier: Apache-2.0
"""The ballot box and Django share two tables; both are held to it on the migrated database."""

import json
import re
from contextlib import nullcontext

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from ballotbox import schema
from ballotbox.tests.given import given_postgres, given_sqlite
from minyi.campaigns.tests.given import given_campaign, given_nominee, given_open_round

pytestmark = pytest.mark.django_db
IS_POSTGRES = connection.vendor == "postgresql"
BALLOTS = "campaigns_ballot"


def columns_of(table: str) -> dict[str, object]:
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, table)
    return {column.name: column for column in described}


def test_every_column_the_ballot_box_names_exists():
    schema.check_columns({table: columns_of(table) for table in schema.COLUMNS})


def test_a_column_it_does_not_write_needs_no_value():
    left_out = set(columns_of("campaigns_ballot")) - set(schema.BALLOT_COLUMNS)
    for name in left_out:
        field = apps.get_model("campaigns", "Ballot")._meta.get_field(name)
        assert field.null or field.has_db_default(), name


def test_the_tables_of_tests_and_benchmarks_are_those_of_the_migrations(tmp_path):
    """Or the race tests would prove, and the benchmark measure, another table than ours."""
    with given_postgres() if IS_POSTGRES else nullcontext(given_sqlite(tmp_path / "b")) as twin:
        assert shape_of(twin.run) == shape_of(run)


def shape_of(run) -> tuple[object, ...]:
    """Return the types of the ballot's columns, and its indexes without their names."""
    if IS_POSTGRES:
        columns = run(
            "SELECT attname, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute"
            " WHERE attrelid = 'campaigns_ballot'::regclass AND attnum > 0 AND NOT attisdropped"
        )
        guards = run(
            "SELECT indexdef FROM pg_indexes WHERE tablename = 'campaigns_ballot'"
            " AND schemaname = current_schema()"
            " UNION ALL SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = 'campaigns_ballot'::regclass AND contype = 'f'"
        )
        return sorted(columns), sorted(re.sub("INDEX .* USING", "", sql) for (sql,) in guards)
    columns = run('SELECT name, lower(type), "notnull", pk FROM pragma_table_info(?)', BALLOTS)
    indexes = run('SELECT name, "unique" FROM pragma_index_list(?)', BALLOTS)
    guards = [
        (unique, *(column for (column,) in run("SELECT name FROM pragma_index_info(?)", name)))
        for name, unique in indexes
    ]
    references = run('SELECT "table", "from", "to" FROM pragma_foreign_key_list(?)', BALLOTS)
    return sorted(columns), sorted(guards), references


def run(sql: str, *places: object) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql.replace("?", "%s"), places)
        return list(cursor.fetchall())


def test_its_statements_cast_once_and_never_into_a_paused_round():
    now = timezone.now()
    campaign = given_campaign(now=now)
    given_nominee(campaign)
    paper = given_open_round(campaign, now=now)
    now_ms = int(now.timestamp() * 1000)
    row = [paper.pk, "a" * 32, "", "[1]", "b" * 32, "RECEIPT0000000000001", 0, "42000,7,3"]

    add(row, now_ms)
    add([*row[:4], "c" * 32, "RECEIPT0000000000002", 0, "42000,7,3"], now_ms)
    assert list(paper.ballots.values_list("receipt", flat=True)) == ["RECEIPT0000000000001"]

    type(paper).objects.filter(pk=paper.pk).update(paused=True)
    add([paper.pk, "d" * 32, "", "[1]", "e" * 32, "RECEIPT0000000000003", 0, "42000,7,3"], now_ms)
    assert paper.ballots.count() == 1
    assert len(read_rounds([paper.pk])) == 1
    assert len(find(row)) == 1


def add(row: list[object], now_ms: int) -> None:
    if IS_POSTGRES:
        execute(schema.POSTGRES.add_ballots, {**arrays(row), "now_ms": now_ms})
    else:
        execute(schema.SQLITE.add_ballots, {"ballots": json.dumps([row]), "now_ms": now_ms})


def find(row: list[object]) -> list[tuple[object, ...]]:
    if IS_POSTGRES:
        return execute(schema.POSTGRES.find_ballots, arrays(row)).fetchall()
    return execute(schema.SQLITE.find_ballots, {"ballots": json.dumps([row])}).fetchall()


def read_rounds(ids: list[int]) -> list[tuple[object, ...]]:
    if IS_POSTGRES:
        return execute(schema.POSTGRES.read_rounds, {"round_ids": ids}).fetchall()
    return execute(schema.SQLITE.read_rounds, {"round_ids": json.dumps(ids)}).fetchall()


def arrays(row: list[object]) -> dict[str, list[object]]:
    names = ("round_id", "voter_ref", "period", "picks", "nonce", "receipt", "risk", "conduct")
    return {name: [value] for name, value in zip(names, row, strict=True)}


def execute(statement: str, places: dict[str, object]):
    connection.ensure_connection()
    return connection.connection.execute(statement, places)
