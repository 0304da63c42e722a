# SPDX-License-Identifier: Apache-2.0
"""The shapes of a ballot log's entries (docs/protocol/log-format.md §6)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from votelog._canonical import Json
from votelog._choices import sealed_bytes
from votelog._errors import Malformed

_HEX16 = re.compile(r"[0-9a-f]{32}")
_HEX = re.compile(r"[0-9a-f]*")
_HEX32 = re.compile(r"[0-9a-f]{64}")
_LABEL = re.compile(r"[0-9A-Za-z_-]{1,32}")  # ASCII: sorted alike in every language
_END_OF_TIME_MS = 253_402_300_800_000  # the year 10000
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ADJUDICATIONS = frozenset({"quarantine", "release", "void", "restore"})


@dataclass(frozen=True, slots=True)
class BallotRule:
    """How often one tag may vote (`per` day or campaign) and how many picks a ballot has."""

    per: str
    min: int
    max: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the recount needs of entry 0; `zone` is minutes east of UTC."""

    campaign: str
    candidates: tuple[str, ...]
    opens: int
    closes: int
    zone: int
    ph: str
    rule: BallotRule
    seal: bytes = b""  # the key for which choices are sealed; empty: they stand in clear


def parse_manifest(value: dict[str, Json]) -> Manifest:
    """Return the manifest in entry 0; further members are allowed.

    Raises Malformed: entry_malformed with the member at fault.
    """
    _check_shape(value, _MANIFEST)
    rule = value["rule"]
    _check_shape(rule, _BALLOT_RULE)
    candidates = value["candidates"]
    if len(set(candidates)) != len(candidates):
        raise _wrong("candidates")
    if not 0 <= rule["min"] <= rule["max"] <= len(candidates):
        raise _wrong("rule")
    if value["opens"] >= value["closes"]:
        raise _wrong("closes")
    seal = value.get("seal", "")
    if seal != "" and not _is_hex32(seal):
        raise _wrong("seal")
    return Manifest(
        campaign=value["campaign"],
        candidates=tuple(candidates),
        opens=value["opens"],
        closes=value["closes"],
        zone=value["zone"],
        ph=value["ph"],
        rule=BallotRule(rule["per"], rule["min"], rule["max"]),
        seal=bytes.fromhex(seal),
    )


def check_ballot(value: dict[str, Json], manifest: Manifest) -> None:
    """Check that a ballot has exactly the members of one, each of its kind."""
    shape = _SEALED_BALLOT if manifest.seal else _BALLOT
    if value.keys() != shape.keys():
        raise _wrong(min(value.keys() ^ shape.keys()))
    _check_shape(value, shape)
    if manifest.seal and len(value["x"]) != 2 * sealed_bytes(len(manifest.candidates)):
        raise _wrong("x")


def check_entry(value: dict[str, Json]) -> None:
    """Check the members of any entry but manifest and ballot; further ones are allowed."""
    shape = _SHAPES.get(value["type"])
    if shape is None:
        raise Malformed("entry_type_unknown", type=value["type"][:40])
    _check_shape(value, shape)


def _check_shape(value: Json, shape: dict[str, Callable[[Any], bool]]) -> None:
    if type(value) is not dict:
        raise _wrong("rule")
    for member, fits in shape.items():
        if member not in value or not fits(value[member]):
            raise _wrong(member)


def _wrong(member: str) -> Malformed:
    return Malformed("entry_malformed", member=member)


def _is_text(value: Json) -> bool:
    return type(value) is str and value != ""


def _is_count(value: Json) -> bool:
    return type(value) is int and value >= 0


def _is_time(value: Json) -> bool:
    """Milliseconds since 1970 in UTC."""
    return type(value) is int and 0 <= value < _END_OF_TIME_MS - 86_400_000


def _is_zone(value: Json) -> bool:
    return type(value) is int and -840 <= value <= 840


def _is_hex16(value: Json) -> bool:
    return type(value) is str and _HEX16.fullmatch(value) is not None


def _is_hex32(value: Json) -> bool:
    return type(value) is str and _HEX32.fullmatch(value) is not None


def _is_hex(value: Json) -> bool:
    return type(value) is str and _HEX.fullmatch(value) is not None


def _is_day(value: Json) -> bool:
    return type(value) is str and _DAY.fullmatch(value) is not None


def _is_labels(value: Json) -> bool:
    return type(value) is list and all(
        type(one) is str and _LABEL.fullmatch(one) is not None for one in value
    )


def _is_period(value: Json) -> bool:
    return value in ("day", "campaign")


def _is_object(value: Json) -> bool:
    return type(value) is dict


def _is_tally(value: Json) -> bool:
    return type(value) is dict and all(_is_count(votes) for votes in value.values())


def _is_ranges(value: Json) -> bool:
    """Half-open ranges [a, b), not empty, ascending and apart."""
    if type(value) is not list or not value:
        return False
    end = 0
    for one in value:
        if type(one) is not list or len(one) != 2 or not all(map(_is_count, one)):
            return False
        if not end <= one[0] < one[1]:
            return False
        end = one[1]
    return True


_MANIFEST: dict[str, Callable[[Any], bool]] = {
    "v": lambda value: type(value) is int and value == 1,
    "campaign": _is_text,
    "candidates": _is_labels,
    "opens": _is_time,
    "closes": _is_time,
    "zone": _is_zone,
    "ph": _is_hex32,
    "rules": _is_hex32,
    "rule": _is_object,
    "tag_key": _is_hex32,
    "policy": _is_hex32,
    "code": _is_text,
    "screening": _is_text,
    "appeal": _is_time,
}
_BALLOT_RULE: dict[str, Callable[[Any], bool]] = {
    "per": _is_period,
    "min": _is_count,
    "max": _is_count,
}
_ANY_BALLOT: dict[str, Callable[[Any], bool]] = {
    "type": _is_text,
    "t": _is_time,
    "tag": _is_hex16,
    "day": _is_day,
    "n": _is_hex16,
    "ph": _is_hex32,
}
_BALLOT = {**_ANY_BALLOT, "ch": _is_labels}
_SEALED_BALLOT = {**_ANY_BALLOT, "e": _is_hex32, "i": _is_count, "x": _is_hex}
_ADJUDICATION: dict[str, Callable[[Any], bool]] = {
    "t": _is_time,
    "ballots": _is_ranges,
    "rule": _is_text,
    "ev": _is_hex32,
    "by": _is_text,
}
_SHAPES: dict[str, dict[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(ADJUDICATIONS, _ADJUDICATION),
    "stage": {
        "t": _is_time,
        "ph": _is_hex32,
        "opens": _is_time,
        "closes": _is_time,
        "by": _is_text,
    },
    "appeal": {"t": _is_time, "ev": _is_hex32},
    "event": {"t": _is_time, "what": _is_text},
    "close": {"t": _is_time, "size": _is_count, "tally_code": _is_hex32},
    "count": {
        "t": _is_time,
        "hour": _is_time,
        "at": _is_count,
        "ballots": _is_count,
        "tally": _is_tally,
    },
    "key": {"t": _is_time, "key": _is_hex32},
    "result": {"t": _is_time, "tally": _is_tally, "at": _is_count},
}
