# SPDX-License-Identifier: Apache-2.0
"""What stays of a vote when nobody can know any more who voted: how often accounts took part.

Done in the moment the identity vault ends (ADR 24): then appeals are over, so nobody is remembered
for a ballot that was rightly theirs, and no row ever joins two pseudonyms of one person.
"""

from datetime import datetime

from minyi.campaigns.models import Ballot, Round, Ruling
from minyi.integrity.services import memory
from minyi.ledger.fold import VOID
from minyi.ledger.queries.logs import tags_of
from minyi.ledger.services import vaults

from .adjudication import in_state

AT_A_TIME = 500  # people, in one transaction: others vote meanwhile and must not wait


def remember(*, paper: Round, now: datetime) -> None:
    """Take everybody who voted into memory, bit by bit, and each bit once.

    Whoever is interrupted goes on where it stopped. Raises VaultDestroyed.
    """
    struck = _struck_out(paper)
    after = memory.remembered_upto(paper.pk)
    campaign_id = paper.campaign_id
    while rows := vaults.read_people(campaign_id=campaign_id, after=after, most=AT_A_TIME):
        after = rows[-1][0]
        tags = [tag for _row, tag, _person in rows]
        voted = Ballot.objects.filter(round=paper, voter_ref__in=tags)
        cast = set(voted.values_list("voter_ref", flat=True))
        parts = [memory.Part(str(who), tag in struck) for _row, tag, who in rows if tag in cast]
        memory.remember(round_id=paper.pk, parts=parts, upto=after, now=now)
    memory.remember_doors(round_id=paper.pk, now=now)


def _struck_out(paper: Round) -> set[str]:
    """Return the pseudonyms of which a ballot is struck out for good."""
    voids = Ruling.objects.filter(round=paper, kind=Ruling.Kind.VOID, state=Ruling.State.IN_FORCE)
    spans = [in_state(paper.log, one, VOID) for one in voids.values_list("ballots", flat=True)]
    return {tag for one in spans for tag in tags_of(paper.log, one)}
