# SPDX-License-Identifier: Apache-2.0
"""What the supervisor's room shows of the sample campaigns: complaints, looks, samples."""

from base64 import b64encode
from datetime import datetime, timedelta

from votelog import peek_checkpoint

from minyi.campaigns.models import Campaign, LogCheck, VoteComplaint, VoterSample
from minyi.campaigns.services import complaints, rounds
from minyi.core.actors import Actor
from minyi.core.clock import OFFICE_TIME
from minyi.ledger import folders
from minyi.ledger.services import openings
from minyi.ledger.services.openings import NamedBallot

HOUR = timedelta(hours=1)


def busy_room(campaign: Campaign, *, supervisor: Actor) -> None:
    """A vote under way: stopped for an hour yesterday, with a complaint that waits."""
    opened = datetime.fromtimestamp(campaign.round.opens_ms / 1000, tz=OFFICE_TIME)
    act = {"campaign_id": campaign.pk, "actor": supervisor}
    rounds.pause_voting(reason="一分钟内票数异常，暂停核查（示例）", now=opened + HOUR, **act)
    rounds.resume_voting(now=opened + 2 * HOUR, **act)
    _complain(
        campaign,
        kind="brushing",
        text="有人在微信群里出钱收票，每票 0.5 元，群聊截图我可以当面提供（示例）。",
        now=opened + 3 * HOUR,
    )


def settled_room(
    campaign: Campaign, *, organiser: Actor, supervisor: Actor, counted: datetime
) -> None:
    """A vote long over: an answered complaint, a look into the vault, a check and a sample."""
    complaint = _complain(
        campaign,
        kind="ballot",
        text="我投了票，页面显示已收到，想确认选票确实计入了结果（示例）。",
        now=counted,
    )
    complaints.answer_complaint(
        complaint_id=complaint.pk,
        outcome="unfounded",
        answer="经核对公开账本，您所说的选票已经计入。请用回执在核对投票页面自行验证（示例）。",
        actor=supervisor,
        now=counted + HOUR,
    )
    ballots = campaign.round.ballots.order_by("id").values_list("receipt", "voter_ref")[:2]
    opening = openings.ask(
        campaign_id=campaign.pk,
        agency_id=campaign.agency_id,
        ballots=[NamedBallot(receipt, tag) for receipt, tag in ballots],
        purpose="核实第 1 号申诉的申诉人是否本人投票（示例）",
        hours=24,
        actor=organiser,
        now=counted,
    )
    openings.allow(
        opening_id=opening.pk,
        folder=campaign.round.log,
        note="同意，仅用于办理申诉（示例）",
        actor=supervisor,
        now=counted + HOUR,
    )
    if campaign.round.log and folders.has_begun(campaign.round.log):
        _check_and_sample(campaign, supervisor, counted + HOUR)


def _complain(campaign: Campaign, *, kind: str, text: str, now: datetime) -> VoteComplaint:
    return complaints.file_complaint(
        campaign_id=campaign.pk,
        kind=kind,
        text=text,
        contact="",
        citizen_id=None,
        address="sample",
        now=now,
    )


def _check_and_sample(campaign: Campaign, supervisor: Actor, at: datetime) -> None:
    """Write both down as done: nobody runs the worker while samples are made."""
    note = folders.read_note(campaign.round.log)
    head = peek_checkpoint(note)
    root = b64encode(head.root).decode()
    done = {
        "campaign": campaign,
        "asked_by_id": int(supervisor.id),
        "asked_at": at,
        "ended_at": at,
        "state": LogCheck.State.DONE,
        "size": head.size,
        "root": root,
    }
    LogCheck.objects.create(done=head.size, total=head.size, **done)
    VoterSample.objects.create(
        note=note.decode(), many=50, done=50, total=50, found=37, missing=0, unknown=13, **done
    )
