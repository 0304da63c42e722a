# SPDX-License-Identifier: Apache-2.0
"""The two tables as the ballot box sees them. Django's migrations own them.

One statement per batch decides window, pause and uniqueness: the database has the last word. Two
things are unique: one ballot for each voter and period, one ballot for each nonce of a round.
Each dialect has the same statements; places are named `:x` (SQLite) and `%(x)s` (PostgreSQL).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ROUND_COLUMNS = (
    "id",
    "slug",
    "opens_ms",
    "closes_ms",
    "paused",
    "min_picks",
    "max_picks",
    "frequency",
    "candidates",
)
# Of a round: the folder of its log, entry 0, whether voters are told their place in it, and
# whether the table holds their choices only sealed.
LOG_COLUMNS = ("log", "manifest", "log_live", "hides_choices")
BALLOT_COLUMNS = (
    "id",
    "round_id",
    "voter_ref",
    "period",
    "picks",
    "nonce",
    "receipt",
    "risk",
    "conduct",
    "cast_ms",
)
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "campaigns_round": (*ROUND_COLUMNS, *LOG_COLUMNS),
    "campaigns_ballot": BALLOT_COLUMNS,
}


class SchemaMismatch(Exception):
    """The database lacks columns that the ballot box needs."""


@dataclass(frozen=True, slots=True)
class Statements:
    """The SQL of one dialect."""

    columns_of: str
    read_rounds: str
    add_ballots: str
    find_ballots: str
    find_nonces: str
    find_logs: str
    unsealed: str


SQLITE = Statements(
    columns_of="SELECT name FROM pragma_table_info(:table)",
    read_rounds="""
SELECT id, slug, opens_ms, closes_ms, paused, min_picks, max_picks, frequency, candidates
  FROM campaigns_round
 WHERE id IN (SELECT value FROM json_each(:round_ids))
""",
    # CROSS JOIN keeps the order of arrival: SQLite never reorders its two sides.
    add_ballots="""
INSERT INTO campaigns_ballot
       (round_id, voter_ref, period, picks, nonce, receipt, risk, conduct, cast_ms)
SELECT r.id, json_extract(b.value, '$[1]'), json_extract(b.value, '$[2]'),
       json_extract(b.value, '$[3]'), json_extract(b.value, '$[4]'),
       json_extract(b.value, '$[5]'), json_extract(b.value, '$[6]'),
       json_extract(b.value, '$[7]'), :now_ms
  FROM json_each(:ballots) AS b
 CROSS JOIN campaigns_round AS r ON r.id = json_extract(b.value, '$[0]')
 WHERE NOT r.paused AND r.opens_ms <= :now_ms AND :now_ms < r.closes_ms
ON CONFLICT DO NOTHING
""",
    find_ballots="""
SELECT f.round_id, f.voter_ref, f.period, f.id, f.receipt, f.cast_ms
  FROM json_each(:ballots) AS b
 CROSS JOIN campaigns_ballot AS f ON f.round_id = json_extract(b.value, '$[0]')
        AND f.voter_ref = json_extract(b.value, '$[1]')
        AND f.period = json_extract(b.value, '$[2]')
""",
    find_nonces="""
SELECT f.round_id, f.nonce
  FROM json_each(:ballots) AS b
 CROSS JOIN campaigns_ballot AS f ON f.round_id = json_extract(b.value, '$[0]')
        AND f.nonce = json_extract(b.value, '$[4]')
""",
    find_logs="""
SELECT id, log, manifest, log_live, hides_choices
  FROM campaigns_round
 WHERE log <> '' AND closes_ms > :since_ms
""",
    unsealed="""
SELECT id, voter_ref, picks, nonce, cast_ms
  FROM campaigns_ballot
 WHERE round_id = :round_id AND id > :after
 ORDER BY id
 LIMIT :most
""",
)

POSTGRES = Statements(
    columns_of="""
SELECT column_name FROM information_schema.columns
 WHERE table_name = %(table)s AND table_schema = ANY (current_schemas(false))
       AND (data_type = 'uuid' OR column_name NOT IN ('voter_ref', 'nonce'))
""",
    read_rounds="""
SELECT id, slug, opens_ms, closes_ms, paused, min_picks, max_picks, frequency, candidates::text
  FROM campaigns_round
 WHERE id = ANY (%(round_ids)s)
""",
    add_ballots="""
INSERT INTO campaigns_ballot
       (round_id, voter_ref, period, picks, nonce, receipt, risk, conduct, cast_ms)
SELECT r.id, b.voter_ref, b.period, b.picks, b.nonce, b.receipt, b.risk, b.conduct, %(now_ms)s
  FROM unnest(%(round_id)s::bigint[], %(voter_ref)s::uuid[], %(period)s::text[],
              %(picks)s::text[], %(nonce)s::uuid[], %(receipt)s::text[], %(risk)s::smallint[],
              %(conduct)s::text[])
       WITH ORDINALITY
       AS b (round_id, voter_ref, period, picks, nonce, receipt, risk, conduct, place)
  JOIN campaigns_round AS r ON r.id = b.round_id
 WHERE NOT r.paused AND r.opens_ms <= %(now_ms)s AND %(now_ms)s < r.closes_ms
 ORDER BY b.place
ON CONFLICT DO NOTHING
RETURNING receipt, id
""",
    find_ballots="""
SELECT f.round_id, b.voter_ref, f.period, f.id, f.receipt, f.cast_ms
  FROM unnest(%(round_id)s::bigint[], %(voter_ref)s::text[], %(period)s::text[])
       AS b (round_id, voter_ref, period)
  JOIN campaigns_ballot AS f
    ON f.round_id = b.round_id AND f.voter_ref = b.voter_ref::uuid AND f.period = b.period
""",
    find_nonces="""
SELECT f.round_id, b.nonce
  FROM unnest(%(round_id)s::bigint[], %(nonce)s::text[]) AS b (round_id, nonce)
  JOIN campaigns_ballot AS f ON f.round_id = b.round_id AND f.nonce = b.nonce::uuid
""",
    find_logs="""
SELECT id, log, manifest, log_live, hides_choices
  FROM campaigns_round
 WHERE log <> '' AND closes_ms > %(since_ms)s
""",
    unsealed="""
SELECT id, encode(uuid_send(voter_ref), 'hex'), picks, encode(uuid_send(nonce), 'hex'), cast_ms
  FROM campaigns_ballot
 WHERE round_id = %(round_id)s AND id > %(after)s
 ORDER BY id
 LIMIT %(most)s
""",
)

# Not RETURNING: Python's sqlite3 lets go of the interpreter lock for every row it fetches, and
# queues behind the event loop to get it back. These two statements have one row each.
SQLITE_LAST_ID = "SELECT coalesce(max(id), 0) FROM campaigns_ballot"
SQLITE_ADDED_SINCE = """
SELECT json_group_object(receipt, id) FROM campaigns_ballot WHERE id > :last_id
"""

# Taken per round for the length of a transaction, so that the ids of a round become visible in
# their own order: a count that has seen id n of a round has seen every lower id of that round.
POSTGRES_LOCK_ROUNDS = "SELECT pg_advisory_xact_lock(key) FROM unnest(%(keys)s::bigint[]) AS key"
POSTGRES_LOCK_SPACE = 0x6D79 << 48  # «my», so that nobody else's lock has these keys
POSTGRES_SEAL_SPACE = 0x6D7A << 48  # «mz»: who writes a round's log, over all nodes
POSTGRES_NOW_MS = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"


def check_columns(present: Mapping[str, Iterable[str]]) -> None:
    """Refuse a database that lacks a column the statements above name."""
    missing = [
        f"{table}.{column}"
        for table, columns in COLUMNS.items()
        for column in columns
        if column not in set(present[table])
    ]
    if missing:
        raise SchemaMismatch(
            f"The ballot box cannot start: the database lacks {', '.join(missing)}. "
            "Run the migrations (`minyi migrate`) against this DATABASE_URL first."
        )
