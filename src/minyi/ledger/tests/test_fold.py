# SPDX-License-Identifier: Apache-2.0
"""Our fast fold counts what votelog's recount counts, whatever the log holds."""

from hypothesis import given
from hypothesis import strategies as st
from votelog import ChoiceSealer, Recount, encode_canonical, public_of

from minyi.ledger.fold import Fold

DAY = 86_400_000
OPENS, CLOSES = 10 * DAY, 14 * DAY
PH, OTHER_PH = "a" * 64, "b" * 64
LABELS = ["001", "002", "003"]

days = {number: f"1970-01-{number + 1:02}" for number in range(40)}
ballots = st.builds(
    lambda t, tag, nonce, picks, ph: {
        "type": "ballot",
        "t": t,
        "day": days[(t + 480 * 60_000) // DAY],
        "tag": f"{tag:032x}",
        "n": f"{nonce:032x}",
        "ch": picks,
        "ph": ph,
    },
    st.integers(OPENS - DAY // 3, CLOSES + DAY // 3),
    st.integers(1, 4),
    st.integers(1, 9),
    st.lists(st.sampled_from([*LABELS, "004"]), max_size=4),
    st.sampled_from([PH, PH, PH, OTHER_PH]),
)
adjudications = st.builds(
    lambda kind, low, many, rule: {
        "type": kind,
        "t": OPENS,
        "ballots": [[low, low + many]],
        "rule": rule,
        "ev": "c" * 64,
        "by": "supervisor",
    },
    st.sampled_from(["quarantine", "release", "void", "restore"]),
    st.integers(0, 12),
    st.integers(1, 3),
    st.sampled_from(["same_tempo", "machine_hall"]),
)
others = st.sampled_from(
    [
        {"type": "event", "t": OPENS, "what": "paused"},
        {"type": "stage", "t": 0, "ph": OTHER_PH, "opens": 0, "closes": CLOSES, "by": "office"},
        {"type": "stage", "t": 0, "ph": PH, "opens": OPENS, "closes": CLOSES + DAY, "by": "office"},
    ]
)


KEY = bytes(range(32))
# It seals for a candidate whom the manifest does not know, too.
SEALER = ChoiceSealer(campaign="windows", candidates=[*LABELS, "004"], public=public_of(KEY))
key_entries = st.sampled_from(
    [{"type": "key", "t": CLOSES, "key": key} for key in (KEY.hex(), "11" * 32)]
)
counts = st.builds(
    lambda at, ballots: {
        "type": "count",
        "t": OPENS,
        "hour": OPENS,
        "at": at,
        "ballots": ballots,
        "tally": dict.fromkeys(LABELS, 0),
    },
    st.integers(0, 9),
    st.integers(0, 9),
)


def sealed(entry: dict[str, object]) -> dict[str, object]:
    """Return a ballot with its choice sealed; any other entry as it is."""
    if entry["type"] != "ballot":
        return entry
    rest = {name: value for name, value in entry.items() if name != "ch"}
    picks = tuple(sorted(set(entry["ch"])))
    return rest | SEALER.seal(picks, tag=entry["tag"], nonce=entry["n"])._asdict()


def manifest(per: str) -> dict[str, object]:
    return {
        "type": "manifest",
        "v": 1,
        "campaign": "windows",
        "candidates": LABELS,
        "opens": OPENS,
        "closes": CLOSES,
        "zone": 480,
        "ph": PH,
        "rules": "d" * 64,
        "rule": {"per": per, "min": 1, "max": 2},
        "tag_key": "e" * 64,
        "policy": "f" * 64,
        "code": "0",
        "screening": "0",
        "appeal": CLOSES,
    }


@given(
    st.sampled_from(["day", "campaign"]),
    st.lists(st.one_of(ballots, ballots, ballots, adjudications, others), max_size=25),
    st.booleans(),
)
def test_the_fold_agrees_with_the_recount(per, entries, is_closed):
    log = [manifest(per), *entries]
    if is_closed:
        close = {"type": "close", "t": CLOSES, "size": len(log), "tally_code": "0" * 64}
        log += [close, *entries[:2]]
    compare(log)


@given(
    st.lists(st.one_of(ballots, ballots, ballots, adjudications, others, counts), max_size=25),
    st.lists(st.one_of(adjudications, key_entries), max_size=6),
)
def test_the_fold_of_a_sealed_log_agrees_with_the_recount(entries, later):
    first = manifest("campaign") | {"seal": public_of(KEY).hex()}
    log = [first, *map(sealed, entries)]
    compare(log)
    compare([*log, {"type": "close", "t": CLOSES, "size": len(log), "tally_code": PH}, *later])


def compare(log: list[dict[str, object]]) -> None:
    fold, recount = Fold(), Recount()
    for index, entry in enumerate(map(encode_canonical, log)):
        fold.add(entry)
        recount.add(index, entry)
    ours, theirs = fold.tally(""), recount.count()
    assert ours.votes == theirs.tally
    assert (ours.size, ours.ballots) == (theirs.size, theirs.counted)
    assert (ours.quarantined, ours.void) == (theirs.quarantined, theirs.void)
    assert (ours.void_by_rule, ours.closed_at) == (theirs.void_by_rule, theirs.closed_at)
    assert ours.sealed == theirs.sealed
