# SPDX-License-Identifier: Apache-2.0
"""How much each signal counts, and where the line runs.

The sum is a log-odds. Weights come from a logistic regression over many invented worlds with
moved parameters (`benchmarks/integrity`), rounded by hand and never negative: more of a signal
never makes a ballot look better. Wherever one door may explain a signal («house_») it counts less.
"""

import json
from hashlib import sha256
from types import MappingProxyType

VERSION = 4  # raised when the same log and the same numbers no longer give the same answer

BIAS = -5.6
LIFT_CAP = 3.0  # e³: beyond twentyfold, more of one signal proves nothing new

WEIGHTS = MappingProxyType(
    {
        "profile": 1.4,
        "model": 1.1,
        "house_model_standing": 0.4,
        "house_greeting": 1.8,
        "greeting": 0.7,
        "house_tempo": 0.8,
        "tempo": 0.7,
        "house_haste": 0.8,
        "haste": 0.5,
        "house_haste_standing": 0.3,
        "haste_standing": 0.2,
        "house_haste_place": 0.4,
        "haste_place": 0.3,
        "lot": 1.1,
        "hall": 1.0,
        "house_standing": 0.7,
        "standing": 1.3,
        "house_place": 1.5,
        "odd": 0.6,
        "wandering": 1.5,
        "arrival": 0.4,
        "loyal": 1.3,
    }
)

# Newcomers and people from elsewhere come in honest waves: together these never carry a decision.
SOFT = ("house_standing", "standing", "house_place", "arrival")
SOFT_CAP = 3.5

# What kind of fact a signal rests on. A joint signal asks how alike people of one standing, or of
# one place, hurry: that is a fact of their tempo, and none of standing or place.
KINDS = MappingProxyType({
    "profile": {"phone"}, "model": {"phone"}, "greeting": {"greeting"}, "tempo": {"tempo"},
    "haste": {"tempo"}, "lot": {"account"}, "hall": {"network"}, "standing": {"standing"},
    "model_standing": {"phone", "standing"},
    "haste_standing": {"tempo"}, "place": {"place"},
    "haste_place": {"tempo"}, "odd": {"phone"},
    "wandering": {"phone"}, "arrival": {"arrival"},
    "loyal": {"doors"},
})  # fmt: skip

RULE_OF = MappingProxyType({
    "profile": "same_phones", "model": "same_phones", "greeting": "same_greeting",
    "tempo": "same_tempo", "haste": "same_haste", "lot": "account_lot", "hall": "machine_hall",
    "standing": "same_standing", "model_standing": "same_phones_and_standing",
    "haste_standing": "same_haste_and_standing", "place": "from_afar",
    "haste_place": "same_haste_and_place", "odd": "odd_phones",
    "wandering": "changing_phones", "arrival": "same_arrival",
    "loyal": "loyal_doors",
})  # fmt: skip

# So many times more often than elsewhere, through many doors, is proof enough without a second kind
# of fact: no honest supporters share a greeting or a phone profile like that.
SOLE = MappingProxyType({"greeting": 1.5, "profile": 2.3})  # log-lift

MATTERS = 0.4  # a signal's share of the sum, from which it counts as a reason
LINE = -1.7  # sum from which a ballot is put before its group
MIN_GROUP = 12.0  # persons
BUDGET = 0.0005  # expected honest ballots quarantined, as a share of all ballots


def settings() -> dict[str, object]:
    """Return every number and table of this module by name, as JSON can hold it."""
    found = {name: value for name, value in globals().items() if name.isupper()}
    return {name.lower(): _plain(value) for name, value in sorted(found.items())}


def fingerprint() -> str:
    """Return SHA-256 of the settings: what a vote fixes when it opens."""
    text = json.dumps(settings(), sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, MappingProxyType):
        return {key: _plain(one) for key, one in value.items()}
    return sorted(value) if isinstance(value, set) else value


def base(signal: str) -> str:
    """Return the signal's trait, without where it was measured."""
    return signal.removeprefix("house_")
