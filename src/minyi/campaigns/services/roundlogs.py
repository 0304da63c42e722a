# SPDX-License-Identifier: Apache-2.0
"""A ballot paper and its public log: begun at opening, told of every change, closed, proven.

The log must never know less than the ballot box does. So a vote is prolonged in this order: the
timetable (in the office's transaction), the `stage` entry, the paper. And it is shortened the
other way round. Either way each ballot finds its time allowed by the log, whatever crashes.

`bring_along` does what is due of all this and may run at any time, any number of times. It runs
after the transaction that made it necessary, and from the outbox (topic `campaigns.ledger`).
"""

from datetime import datetime, timedelta
from functools import partial

import structlog
from django.conf import settings
from django.db import transaction

from ballotbox.sealing import label_of
from minyi.campaigns.errors import ClosesTooSoon, LogNotClosed
from minyi.campaigns.models import Campaign, Round, Stage
from minyi.campaigns.queries.counts import latest_hour, next_hour
from minyi.core import outbox
from minyi.core.clock import moment_at
from minyi.ledger import folders
from minyi.ledger.errors import LogUnwritable
from minyi.ledger.queries.logs import last_put, tally
from minyi.ledger.queries.sealed import count_from_table
from minyi.ledger.queries.trustees import find_key
from minyi.ledger.services import logs, witnesses

from . import manifests

TOPIC = "campaigns.ledger"
CLOSE_AFTER = timedelta(seconds=10)  # ballots that were under way at the end have arrived by then
LEAD = timedelta(seconds=60)  # how far ahead an earlier end must be set
OFFICE = "office"  # `by` of what the organising office has decided

log = structlog.get_logger("minyi.ledger")


def has_begun(paper: Round) -> bool:
    """Tell whether the log has its first entry, so that nothing in it can be printed again."""
    return bool(paper.log) and folders.read_size(paper.log) > 0


def print_manifest(
    paper: Round, campaign: Campaign, voting: Stage, candidates: list[int], now: datetime
) -> None:
    """Give a paper its log, and print entry 0 for what the paper says now.

    No key of the logs, no log: the ballot box could not write it either.
    """
    if not settings.LEDGER_KEY:
        return
    opened = logs.open_log(
        name=campaign.slug, round_id=paper.pk, origin=manifests.origin_of, now=now
    )
    url = manifests.address_of(opened.folder)
    policy = witnesses.name_witnesses(
        folder=opened.folder, url=url, agency_id=campaign.agency_id, now=now
    )
    seal = _seal_of(campaign)
    manifest = manifests.write_manifest(
        campaign=campaign, voting=voting, candidates=candidates, policy=policy, seal=seal
    )
    paper.log = opened.folder
    paper.manifest = manifest.entry
    paper.log_live = bool(seal) or campaign.count_mode == Campaign.CountMode.LIVE
    # Where counts are announced at hours the office must be able to count: the table is in clear.
    paper.hides_choices = bool(seal) and campaign.count_mode == Campaign.CountMode.AFTER_CLOSE
    paper.save(update_fields=["log", "manifest", "log_live", "hides_choices"])
    beside = {"vkey": f"{opened.vkey}\n", "policy": policy, "rules": manifest.rules}
    for name, text in beside.items():
        folders.write_beside(opened.folder, name, text)
    _say_when_public(paper, paper.closes_ms)
    _send_for(paper, "open", paper.opens_ms, now)
    _send_for(paper, "close", paper.closes_ms, now)


def put_event(paper: Round, what: str, now: datetime, **facts: object) -> None:
    """Put an act on record; it moves no count. A candidate stands there by the label."""
    if not paper.log:
        return
    if isinstance(number := facts.get("candidate"), int):
        facts["candidate"] = label_of(number)
    entry = {"type": "event", "t": _ms(now), "what": what, **facts}
    key = f"{what}:{_ms(now)}:{facts.get('candidate', '')}"
    logs.put(folder=paper.log, key=key, entry=entry, now=now)


def move_close(paper: Round, closes_ms: int, now: datetime) -> None:
    """Let the vote end at another time. The caller saves the paper.

    Earlier: the paper first, then the log. Later: the log first, then the paper (`bring_along`).
    """
    if closes_ms == paper.closes_ms:
        return
    if closes_ms < paper.closes_ms and closes_ms < _ms(now + LEAD):
        raise ClosesTooSoon(seconds=int(LEAD.total_seconds()))
    before = last_put(paper.log, "stage")
    if before is None or before["closes"] != closes_ms:
        entry = {
            "type": "stage",
            "t": _ms(now),
            "ph": manifests.phase_of(paper.manifest),
            "opens": paper.opens_ms,
            "closes": closes_ms,
            "by": OFFICE,
        }
        logs.put(folder=paper.log, key=f"stage:{_ms(now)}", entry=entry, now=now)
    _say_when_public(paper, max(closes_ms, paper.closes_ms))
    paper.closes_ms = min(closes_ms, paper.closes_ms)
    _send_for(paper, "move", _ms(now), now)
    _send_for(paper, "close", closes_ms, now)
    transaction.on_commit(partial(_bring_along_soon, paper.campaign_id, now), robust=True)


def bring_along(*, campaign_id: int, now: datetime) -> None:
    """Do what is due for a campaign's log: begin it, write what waits, move the end, close it.

    Raises LogUnwritable.
    """
    folder = Round.objects.filter(campaign_id=campaign_id).values_list("log", flat=True).first()
    if not folder:
        return
    tally(folder)  # the long look of a new process, before anybody has to wait for us
    with transaction.atomic():
        paper = _lock_paper(campaign_id)
        if _ms(now) < paper.opens_ms:
            return
        if tally(folder).closed_at is None:
            logs.catch_up(folder=folder, manifest=paper.manifest)
        logs.write_waiting(folder=folder)
        _follow_timetable(paper)
        _announce_due(paper, now)
        if _ms(now) >= paper.closes_ms + _ms_of(CLOSE_AFTER):
            logs.close_vote(folder=folder, manifest=paper.manifest, now=now)


def check_closed(*, paper: Round, now: datetime) -> None:
    """Close the log of a vote that is over, if that has not been done; raise where it is early.

    Rulings that were put and are not written yet are written first: they belong to the count.
    """
    if tally(paper.log).closed_at is None:
        bring_along(campaign_id=paper.campaign_id, now=now)
    if tally(paper.log).closed_at is None:
        raise LogNotClosed
    logs.write_waiting(folder=paper.log)


@outbox.consumer(TOPIC)
def bring_along_later(delivery: outbox.Delivery) -> None:
    """Do what is due now; a message of an earlier timetable finds nothing to do."""
    campaign_id = int(str(delivery.payload["campaign"]))
    try:
        bring_along(campaign_id=campaign_id, now=delivery.now)
    except LogUnwritable as refused:
        raise outbox.Again(refused.detail) from refused


def _lock_paper(campaign_id: int) -> Round:
    # No key: the ballot box looks the round's key up for every ballot and must not wait for us.
    papers = Round.objects.select_for_update(of=("self",), no_key=True)
    return papers.get(campaign_id=campaign_id)


def _follow_timetable(paper: Round) -> None:
    """Prolong the paper as the timetable has it, now that the log says so."""
    voting = Stage.objects.filter(campaign_id=paper.campaign_id, kind="voting").first()
    wanted = _ms(voting.closes_at) if voting else paper.closes_ms
    if paper.closes_ms < wanted <= tally(paper.log).closes:
        paper.closes_ms = wanted
        paper.save(update_fields=["closes_ms"])
    _say_when_public(paper, paper.closes_ms)


def _seal_of(campaign: Campaign) -> str:
    """Return the key for which choices are sealed: where counts are hidden, once rehearsed."""
    if campaign.count_mode == Campaign.CountMode.LIVE:
        return ""
    key = find_key(campaign.pk)
    return key.public if key and key.rehearsed_at else ""


def _announce_due(paper: Round, now: datetime) -> None:
    """Write the count of the latest announced hour into a sealed log, and come back at the next."""
    if not paper.is_sealed or paper.hides_choices or _ms(now) >= paper.closes_ms:
        return
    hours = paper.campaign.count_hours
    next_ms = _ms(next_hour(hours, now))
    if next_ms < paper.closes_ms:
        _send_for(paper, "count", next_ms, now)
    hour = latest_hour(hours, now)
    state = tally(paper.log)
    if hour is None or not paper.opens_ms < _ms(hour) < paper.closes_ms or state.closed_at:
        return
    if state.announced is None or state.announced.hour < _ms(hour):
        counted = count_from_table(folder=paper.log, round_id=paper.pk, before=hour)
        logs.announce(folder=paper.log, hour_ms=_ms(hour), counted=counted, now=now)


def _bring_along_soon(campaign_id: int, now: datetime) -> None:
    try:
        bring_along(campaign_id=campaign_id, now=now)
    except LogUnwritable as refused:  # the outbox tries again
        log.warning("ledger_left_behind", campaign=campaign_id, reason=refused.detail)


def _say_when_public(paper: Round, closes_ms: int) -> None:
    """Tell the room when it may serve the log: with the counts, and never before them."""
    since = paper.opens_ms if paper.log_live else closes_ms
    folders.write_beside(paper.log, "public_from", str(since))


def _send_for(paper: Round, what: str, at_ms: int, now: datetime) -> None:
    due_at = moment_at(at_ms)
    outbox.send(
        topic=TOPIC,
        key=f"{paper.pk}:{what}:{at_ms}",
        payload={"campaign": paper.campaign_id},
        now=now,
        due_at=max(due_at + CLOSE_AFTER if what == "close" else due_at, now),
    )


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _ms_of(span: timedelta) -> int:
    return int(span.total_seconds() * 1000)
