# SPDX-License-Identifier: Apache-2.0
"""Builders of votes whose choices are sealed for three trustees."""

from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from ballotbox.ballots import Ballot as CastBallot
from ballotbox.sealing import LogSealer
from minyi.campaigns.models import Ballot, Campaign, Round
from minyi.ledger.services import trustees
from minyi.ledger.services.trustees import Person
from minyi.ledger.store import DjangoStore

from .given import NOW, given_ballot, given_campaign, given_nominee, given_open_round

PEOPLE = [
    Person("李明", "青禾市政府办公室主任"),
    Person("王芳", "青禾市纪委监委派驻组长"),
    Person("赵强", "青禾市公证处公证员"),
]


def given_key(campaign: Campaign, *, is_rehearsed: bool = True, now: datetime = NOW) -> list[str]:
    """Give the campaign its key; return the three shares as their trustees hold them."""
    handed = trustees.make_key(campaign_id=campaign.pk, people=PEOPLE, now=now)
    texts = [one.text for one in handed]
    if is_rehearsed:
        trustees.rehearse(campaign_id=campaign.pk, texts=texts[:2], now=now)
    return texts


def given_sealed_vote(**fields: object) -> tuple[Round, list[str]]:
    """An open vote with three candidates whose choices are sealed, and the three shares."""
    campaign = given_campaign(**{"count_mode": "after_close", **fields})
    for _number in range(3):
        given_nominee(campaign)
    texts = given_key(campaign)
    opened = campaign.stages.get(kind="voting").opens_at
    return given_open_round(campaign, now=opened - timedelta(hours=1)), texts


def given_sealed_ballot(paper: Round, picks: list[int], **fields: object) -> Ballot:
    """A ballot as the ballot box stores it where choices are hidden."""
    ballot = given_ballot(paper, picks, **fields)
    sealer = LogSealer(
        DjangoStore(), folder=Path(settings.LEDGER_DIR), key=settings.LEDGER_KEY.encode()
    )
    cast = CastBallot(paper.pk, ballot.voter_ref, ballot.nonce, ballot.picks, 0)
    (covered,) = sealer.cover([cast])
    ballot.picks = covered.picks
    ballot.save(update_fields=["picks"])
    return ballot
