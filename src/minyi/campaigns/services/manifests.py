# SPDX-License-Identifier: Apache-2.0
"""Entry 0 of a public log: what a vote promises before it opens (docs/protocol/log-format.md §6).

ph      H(canonical {candidates, rule}): the same as long as the ballot paper is, so that a
        vote that is prolonged keeps it and only its times change
rules   H(the rules' text, served beside the log as /ledger/<folder>/rules)
policy  H(the policy file, served as /ledger/<folder>/policy)
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version

from django.conf import settings
from django.urls import reverse
from django.utils.timezone import localtime
from votelog import Malformed, encode_canonical

from ballotbox.sealing import label_of
from minyi.campaigns.errors import PaperTooLong
from minyi.campaigns.models import Campaign, Round, Stage
from minyi.core.clock import OFFICE_TIME, moment_at
from minyi.core.workdays import add_workdays
from minyi.integrity import inline
from minyi.integrity.engine import weights
from minyi.ledger.queries.trustees import find_key
from minyi.ledger.services import vaults

ZONE_MINUTES = 480  # the whole country keeps one clock
MOST_VOTES = 99_999_999  # for one candidate
SCREENING = f"integrity/{weights.VERSION}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Entry 0, and the rules in words and numbers that it holds the hash of."""

    entry: str
    rules: str


def write_manifest(
    *, campaign: Campaign, voting: Stage, candidates: list[int], policy: str, seal: str = ""
) -> Manifest:
    """Return entry 0 for the ballot paper as it is now, in its canonical spelling.

    `seal` is the public key for which choices are sealed, in hex; empty: they stand in clear.

    Raises PaperTooLong: this entry or that of the result would have more than 2,048 bytes.
    """
    labels = sorted(label_of(number) for number in candidates)
    rule = _rule_of(campaign, len(labels))
    rules = _rules_text(campaign, candidates)
    entry = {
        "type": "manifest",
        "v": 1,
        "campaign": campaign.slug,
        "candidates": labels,
        "opens": _ms(voting.opens_at),
        "closes": _ms(voting.closes_at),
        "zone": ZONE_MINUTES,
        "ph": _hash(encode_rule(rule, labels)),
        "rules": _hash(rules.encode()),
        "rule": rule,
        "tag_key": vaults.tag_key_hash(campaign.pk),
        "policy": _hash(policy.encode()),
        "code": code_version(),
        "screening": SCREENING,
        "appeal": _ms(appeal_until(campaign, voting)),
        **({"seal": seal} if seal else {}),
    }
    try:
        encode_canonical(_longest_result(labels))
        return Manifest(encode_canonical(entry).decode(), rules)
    except Malformed as error:
        raise PaperTooLong(candidates=len(candidates)) from error


def phase_of(manifest: str) -> str:
    """Return `ph` of a manifest: the rule set under which ballots are cast."""
    return str(json.loads(manifest)["ph"])


def encode_rule(rule: dict[str, object], labels: list[str]) -> bytes:
    """Return what `ph` is the hash of."""
    return json.dumps(
        {"candidates": labels, "rule": rule}, sort_keys=True, separators=(",", ":")
    ).encode()


@cache
def code_version() -> str:
    """Return the version of this programme."""
    try:
        return version("minyi")
    except PackageNotFoundError:
        return "unknown"


def _longest_result(labels: list[str]) -> dict[str, object]:
    """Return the last entry at its longest: a vote that cannot be published must not begin."""
    return {
        "type": "result",
        "t": 10**13,  # thirteen digits, until the year 2286
        "tally": dict.fromkeys(labels, MOST_VOTES),
        "at": MOST_VOTES,
        "digest": _hash(b""),
    }


def _rule_of(campaign: Campaign, candidates: int) -> dict[str, object]:
    """Nobody can pick more than there are: the format wants the numbers to say so."""
    most = min(campaign.max_picks, candidates)
    per = "day" if campaign.frequency == Campaign.Frequency.DAY else "campaign"
    return {"per": per, "min": min(campaign.min_picks, most), "max": most}


def _rules_text(campaign: Campaign, numbers: list[int]) -> str:
    """Return the rules that are fixed when voting opens, as one JSON text.

    The log knows candidates by their labels: whose label it is, is fixed here.
    """
    names = {
        label_of(nominee.number): nominee.name
        for nominee in campaign.nominees.filter(number__in=numbers)
    }
    rules = {
        "campaign": campaign.slug,
        "title": campaign.title,
        "seats": campaign.seats,
        "picks": [campaign.min_picks, campaign.max_picks],
        "frequency": campaign.frequency,
        "count_mode": campaign.count_mode,
        "count_hours": campaign.count_hours,
        # How many have voted shows in the length of the log; only what they chose is hidden.
        "turnout": "public",
        "trustees": _trustees_of(campaign),
        "weights": {
            "public": campaign.public_weight,
            "jury": campaign.jury_weight,
            "figures": campaign.figures_weight,
        },
        "tie_rule": campaign.tie_rule,
        "criteria": [[criterion.name, criterion.weight] for criterion in campaign.criteria.all()],
        "candidates": names,
        "screening": {
            "engine": SCREENING,
            "settings": weights.fingerprint(),
            "inline": inline.fingerprint(),
            "silent": sorted(campaign.silent_signals),
        },
    }
    return json.dumps(rules, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n"


def _trustees_of(campaign: Campaign) -> list[list[str]]:
    """Return who can open sealed choices, any two together."""
    key = find_key(campaign.pk) if campaign.count_mode != Campaign.CountMode.LIVE else None
    return [[one.name, one.office] for one in key.trustees] if key else []


def appeal_until(campaign: Campaign, voting: Stage) -> datetime:
    """Return the end of publicity, or of the working days that are promised after the vote.

    Until then a ballot may be disputed, and until then the identity vault is kept.
    """
    publicity = campaign.stages.filter(kind="publicity").first()
    if publicity is not None:
        until: datetime = publicity.closes_at
        return until
    last = localtime(voting.closes_at).date()
    due = add_workdays(start=last, amount=max(campaign.publicity_days, 1)).day
    return datetime.combine(due + timedelta(days=1), datetime.min.time(), OFFICE_TIME)


def promised_until(paper: Round) -> datetime:
    """Return the end of appeals that stands in entry 0; without a log none was promised."""
    promised = json.loads(paper.manifest)["appeal"] if paper.manifest else 0
    return moment_at(promised)


def _hash(content: bytes) -> str:
    return sha256(content).hexdigest()


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def address_of(folder: str) -> str:
    """Return where the public finds a log."""
    return f"{settings.PUBLIC_URL}/ledger/{folder}"


def verify_address_of(slug: str) -> str:
    """Return where anybody, on any device, checks a vote."""
    return f"{settings.PUBLIC_URL}{reverse('campaigns:verify', args=[slug])}"


def origin_of(folder: str) -> str:
    """Return a log's name in the world: host and path, without scheme."""
    return address_of(folder).partition("://")[2]
