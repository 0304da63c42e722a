# SPDX-License-Identifier: Apache-2.0
"""The result and the log: what is published is what anybody counts, and stands in the log."""

from datetime import datetime

from django.db.models import QuerySet

from ballotbox.sealing import label_of
from minyi.campaigns.errors import FaultsUnsigned, ResultNotTheCount
from minyi.campaigns.models import Result, ResultLine, Round
from minyi.core.words import listed
from minyi.ledger.queries.logs import tally
from minyi.ledger.queries.recounts import Recounted, recount
from minyi.ledger.services import logs


def recount_for(campaign_id: int) -> Recounted | None:
    """Audit and recount the log of a campaign, as a stranger would; None: it has none.

    It takes up to a minute for millions of ballots: call it outside a transaction.
    """
    folder = Round.objects.filter(campaign_id=campaign_id).values_list("log", flat=True).first()
    return recount(folder) if folder else None


def faults_in(proof: Recounted | None) -> list[list[object]]:
    """Return what the recount names as against the rules, as `Result.faults` holds it."""
    return [[one.code, one.place] for one in proof.faults] if proof else []


def put_result(*, result: Result, proof: Recounted, now: datetime) -> None:
    """Put the signed result into the log, and the checkpoint that was recounted on the result.

    Raises ResultNotTheCount: the recount gives other numbers, or the log has moved on since;
    FaultsUnsigned: it names other faults than the signer has seen.
    """
    if faults_in(proof) != result.faults:
        raise FaultsUnsigned
    folder = Round.objects.get(campaign_id=result.campaign_id).log
    count, present = proof.count, tally(folder)
    signed = {label_of(line.nominee.number): line.votes for line in _lines(result)}
    wrong = [label for label, votes in signed.items() if count.tally.get(label, 0) != votes]
    if wrong or count.counted != result.ballots or present.votes != count.tally:
        raise ResultNotTheCount(candidates=listed(wrong) or str(count.counted))
    entry = {
        "type": "result",
        "t": round(now.timestamp() * 1000),
        "tally": count.tally,
        "at": count.size,
        "digest": result.digest,
        "faults": len(result.faults),
    }
    logs.put(folder=folder, key="result", entry=entry, now=now)
    result.log_size, result.log_root = count.size, proof.root


def _lines(result: Result) -> QuerySet[ResultLine]:
    return result.lines.select_related("nominee")
