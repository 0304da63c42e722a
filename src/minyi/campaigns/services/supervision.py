# SPDX-License-Identifier: Apache-2.0
"""What a supervisor lets the platform do: check the log as a stranger would, sample its voters.

Both are asked for in the room and done by the worker, which writes down how far it is.
"""

from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from django.db import transaction
from votelog import (
    FolderSource,
    VotelogError,
    open_log,
    parse_vkey,
    peek_checkpoint,
    policy_for,
    recount_log,
)

from minyi.campaigns.errors import (
    CampaignNotFound,
    LogNotPublicYet,
    SampleOutOfRange,
    TaskRunning,
)
from minyi.campaigns.models import Campaign, LogCheck, Round, VoterSample
from minyi.campaigns.queries.supervision import log_is_public
from minyi.campaigns.sampling import draw, seed_of
from minyi.citizens.rolls import find_roll
from minyi.core import audit, outbox
from minyi.core.actors import Actor
from minyi.core.errors import DomainError
from minyi.ledger import faults, folders
from minyi.ledger.errors import LogNotBegun, LogNotFound
from minyi.ledger.fold import BALLOT_START, SEALED_START
from minyi.ledger.queries.logs import find_log, index_of
from minyi.ledger.queries.witnesses import read_witnesses
from minyi.ledger.services import logs, vaults
from minyi.ledger.services.vaults import Person

CHECK_TOPIC, SAMPLE_TOPIC = "campaigns.log_check", "campaigns.sample"
SEE = "supervision.view"
LEAST_SAMPLE, MOST_SAMPLE = 10, 500
TOLD_EVERY = 64  # bundles of 256 entries between two words on progress
MOST_COSIGNATURES = 8  # of some 140 bytes; an entry has at most 2,048 (log-format.md §6.1)
SOON = timedelta(seconds=15)
LF = "\n"
ASKED_AT_ONCE = 50  # people a channel is asked about at a time
BALLOT = (BALLOT_START, SEALED_START)  # how a ballot's entry begins, and no other

State = LogCheck.State
_RUNNING = (State.WAITING, State.RUNNING)


@transaction.atomic
def ask_log_check(*, campaign_id: int, actor: Actor, now: datetime) -> LogCheck:
    """Ask for an audit of the log, from its first entry to its newest checkpoint."""
    campaign, paper = _lock(campaign_id, actor)
    if not folders.has_begun(paper.log):
        raise LogNotBegun
    if campaign.log_checks.filter(state__in=_RUNNING).exists():
        raise TaskRunning
    check = LogCheck.objects.create(campaign=campaign, asked_by_id=int(actor.id), asked_at=now)
    outbox.send(topic=CHECK_TOPIC, key=str(check.pk), payload={"check": check.pk}, now=now)
    return check


@transaction.atomic
def ask_sample(*, campaign_id: int, many: int, actor: Actor, now: datetime) -> VoterSample:
    """Ask for ballots to be drawn, and for their voters to be looked up.

    Asking stands in the log. What decides the draw comes later, the first checkpoint with it that
    the quorum of witnesses has cosigned: nobody knows it now, nor can repeat it until it pleases.
    """
    campaign, paper = _lock(campaign_id, actor)
    if not LEAST_SAMPLE <= many <= MOST_SAMPLE:
        raise SampleOutOfRange(least=LEAST_SAMPLE, most=MOST_SAMPLE)
    if not folders.has_begun(paper.log):
        raise LogNotBegun
    if not log_is_public(paper, now):
        raise LogNotPublicYet
    if campaign.samples.filter(state__in=_RUNNING).exists():
        raise TaskRunning
    vaults.vault_id_of(campaign.pk)  # it must be there still
    sample = VoterSample.objects.create(
        campaign=campaign, asked_by_id=int(actor.id), asked_at=now, size=0, many=many, total=many
    )
    entry = {"type": "event", "t": _ms(now), "what": "sample_asked", "many": many}
    logs.put(folder=paper.log, key=f"sample:{sample.pk}", entry=entry, now=now)
    audit.record(
        actor=actor,
        act="campaigns.sample.drawn",
        target=campaign,
        now=now,
        agency_id=campaign.agency_id,
        many=many,
    )
    outbox.send(topic=SAMPLE_TOPIC, key=str(sample.pk), payload={"sample": sample.pk}, now=now)
    return sample


@outbox.consumer(CHECK_TOPIC)
def check_log(delivery: outbox.Delivery) -> None:
    """Audit and recount the log; what does not fit is a finding, not a failure."""
    check = LogCheck.objects.select_related("campaign__round").get(pk=int(delivery.key))
    if check.state not in _RUNNING:
        return
    folder = check.campaign.round.log
    found = find_log(folder)
    if found is None:
        raise outbox.GiveUp("no log")
    check.state, check.total = State.RUNNING, found.size
    check.save(update_fields=["state", "total"])
    source = _ToldSource(folders.path_of(folder), _teller(check))
    key = parse_vkey(found.vkey)
    try:
        reader = open_log(source, policy_for(key))
        count = recount_log(reader, key)
    except (VotelogError, OSError) as error:
        check.findings = [str(error)]
    else:
        check.size, check.root = count.size, b64encode(reader.checkpoint.root).decode()
        check.findings = [faults.words_of(one) for one in count.findings[:50]]
    check.done = check.total
    check.state, check.ended_at = State.DONE, delivery.now
    with transaction.atomic():
        check.save()
        audit.record(
            actor=check.asked_by.actor,
            act="campaigns.log.checked",
            target=check.campaign,
            now=delivery.now,
            agency_id=check.campaign.agency_id,
            findings=len(check.findings),
        )


@outbox.consumer(SAMPLE_TOPIC)
def check_sample(delivery: outbox.Delivery) -> None:
    """Look up the voters of the ballots drawn; only the three figures remain."""
    rows = VoterSample.objects.select_related("campaign__round")
    sample = rows.get(pk=int(delivery.key))
    if sample.state not in _RUNNING:
        return
    folder = sample.campaign.round.log
    if not sample.note:
        _fix_draw(sample, folder, delivery.now)
    try:
        known = _look_up(sample, _tags_of(sample, folder), delivery.now)
    except DomainError as refused:
        sample.state, sample.reason = State.FAILED, refused.detail[:300]
        sample.ended_at = delivery.now
        sample.save()
        return
    sample.found, sample.missing = known["found"], known["missing"]
    sample.unknown = known["unknown"]
    sample.done = sample.total = sum(known.values())
    sample.state, sample.ended_at = State.DONE, delivery.now
    entry = {
        "type": "event",
        "t": _ms(delivery.now),
        "what": "sample_checked",
        "at": sample.size,
        "many": sample.many,
        "found": sample.found,
        "missing": sample.missing,
        "unknown": sample.unknown,
    }
    with transaction.atomic():
        sample.save()
        logs.put(folder=folder, key=f"sampled:{sample.pk}", entry=entry, now=delivery.now)


def draw_again(*, folder: str, note: str, many: int) -> list[int]:
    """Return the places in the log that a draw from this checkpoint gives."""
    head = peek_checkpoint(note.encode())
    entries = enumerate(folders.read_entries(folder, 0, head.size))
    ballots = [index for index, raw in entries if raw.startswith(BALLOT)]
    return draw(seed_of(head.text().decode(), _cosignatures(note), many), ballots, many)


def _fix_draw(sample: VoterSample, folder: str, now: datetime) -> None:
    """Take the first checkpoint that may decide the draw, and say so in the log; or come back."""
    asked = index_of(folder, f"sample:{sample.pk}")
    is_witnessed = read_witnesses(folder).quorum > 0
    note = folders.read_signed(folder, "cosigned" if is_witnessed else "checkpoint").decode()
    head = peek_checkpoint(note.encode()) if note else None
    if asked is None or head is None or head.size <= asked:
        raise outbox.Later(now + SOON, reason="waits for the checkpoint that decides the draw")
    sample.note, sample.size, sample.root = note, head.size, b64encode(head.root).decode()
    sample.state = State.RUNNING
    entry = {
        "type": "event",
        "t": _ms(now),
        "what": "sample_drawn",
        "at": sample.size,
        "many": sample.many,
        "cosignatures": _cosignatures(note).splitlines(),
    }
    with transaction.atomic():
        sample.save(update_fields=["note", "size", "root", "state"])
        logs.put(folder=folder, key=f"drawn:{sample.pk}", entry=entry, now=now)


def _cosignatures(note: str) -> str:
    """Return the witnesses' lines under a checkpoint, as many as one entry of the log can hold."""
    text, _empty, lines = note.rpartition("\n\n")
    own = f"— {text.partition(LF)[0]} "
    others = [line for line in lines.splitlines() if not line.startswith(own)]
    return "".join(f"{line}\n" for line in others[:MOST_COSIGNATURES])


def _tags_of(sample: VoterSample, folder: str) -> list[str]:
    drawn = draw_again(folder=folder, note=sample.note, many=sample.many)
    entries = [folders.read_entry(folder, index, sample.size) for index in drawn]
    return [str(msgspec.json.decode(raw)["tag"]) for raw in entries]


def _look_up(sample: VoterSample, tags: list[str], now: datetime) -> Counter[str]:
    """Count the voters of these tags by what is known of them; a tag of nobody is missing."""
    people = vaults.find_people(campaign_id=sample.campaign_id, tags=tags)
    known: Counter[str] = Counter(missing=sum(tag not in people for tag in tags))
    by_account: dict[tuple[str, str], list[str]] = defaultdict(list)
    for tag in tags:
        person = people.get(tag)
        if person is not None and _is_behind(person, tag, sample.campaign_id):
            by_account[person.channel, person.account].append(person.subject)
        elif person is not None:
            known["missing"] += 1
    for (channel, account), subjects in by_account.items():
        roll = find_roll(channel)
        for start in range(0, len(subjects), ASKED_AT_ONCE):
            some = subjects[start : start + ASKED_AT_ONCE]
            told = roll.ask(account=account, subjects=some, now=now) if roll else {}
            known.update(told.get(subject, "unknown") for subject in some)
            VoterSample.objects.filter(pk=sample.pk).update(done=sum(known.values()))
    return known


def _is_behind(person: Person, tag: str, campaign_id: int) -> bool:
    """Tell whether the tag is really this person's, by the campaign's key."""
    return vaults.tag_of(campaign_id=campaign_id, person=person) == tag


class _ToldSource(FolderSource):
    """The files of a log; it tells how many entries have been read of them."""

    def __init__(self, folder: Path, tell: Callable[[int], None]) -> None:
        super().__init__(folder)
        self._tell = tell
        self._bundles = 0

    def read(self, path: str, limit: int) -> bytes:
        if path.startswith("tile/entries/"):
            self._bundles += 1
            if self._bundles % TOLD_EVERY == 0:
                self._tell(self._bundles * folders.BUNDLE)
        return super().read(path, limit)


def _teller(check: LogCheck) -> Callable[[int], None]:
    def tell(done: int) -> None:
        LogCheck.objects.filter(pk=check.pk).update(done=min(done, check.total))

    return tell


def _lock(campaign_id: int, actor: Actor) -> tuple[Campaign, Round]:
    visible = Campaign.objects.visible_to(actor).select_for_update(of=("self",), no_key=True)
    campaign: Campaign | None = visible.filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    actor.check(SEE, campaign.agency_id)
    paper = Round.objects.filter(campaign=campaign).first()
    if paper is None or not paper.log:
        raise LogNotFound
    return campaign, paper


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
