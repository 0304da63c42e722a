# SPDX-License-Identifier: Apache-2.0
"""The rules of screening as a vote fixed them by hash in entry 0 of its log, before it opened."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from minyi.campaigns.models import Campaign
from minyi.core.clock import moment_at
from minyi.integrity import inline
from minyi.integrity.engine import weights
from minyi.integrity.signals import SIGNALS
from minyi.ledger import folders

from .terms import RELEASE, term_of


@dataclass(frozen=True, slots=True)
class ShownSignal:
    """One signal in the reader's language: what it is, whom it may hurt, is it looked for here."""

    words: str
    may_hurt: str
    is_used: bool


@dataclass(frozen=True, slots=True)
class FixedRules:
    """What was fixed, and whether it is what runs now.

    `digest` is SHA-256 of the rules' text at `path`, as entry 0 has it; `settings` that of the
    engine's numbers. `release_days` are calendar days until ballots under review count again.
    """

    engine: str
    settings: str
    digest: str
    path: str
    is_running: bool
    signals: Sequence[ShownSignal]
    release_days: int
    appeal_until: datetime


def fixed_rules(*, campaign_id: int, now: datetime) -> FixedRules | None:
    """Return the rules of screening; None: the vote has no log, or one from before they stood."""
    rows = Campaign.objects.select_related("agency__region", "round")
    campaign: Campaign = rows.get(pk=campaign_id)
    folder = campaign.round.log
    text = folders.read_beside(folder, "rules") if folder else ""
    screening = json.loads(text).get("screening") if text else None
    if screening is None:
        return None
    region = campaign.agency.region.code
    promised = json.loads(campaign.round.manifest)["appeal"]
    silent = frozenset(screening["silent"])
    return FixedRules(
        engine=screening["engine"],
        settings=screening["settings"],
        digest=sha256(text.encode()).hexdigest(),
        path=f"/ledger/{folder}/rules",
        is_running=_runs_now(screening),
        signals=[
            ShownSignal(_(one.name), _(one.may_hurt), one.code not in silent)
            for one in SIGNALS.values()
        ],
        release_days=term_of(RELEASE, region_code=region, on=localtime(now).date()),
        appeal_until=moment_at(promised),
    )


def _runs_now(screening: Mapping[str, object]) -> bool:
    """Compare the hashes of both stages; votes of before knew none of the inline one."""
    ours = inline.fingerprint()
    return (screening["settings"], screening.get("inline", ours)) == (weights.fingerprint(), ours)
