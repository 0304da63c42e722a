# SPDX-License-Identifier: Apache-2.0
"""争议证据包: everything a dispute over a vote is settled from, in one file that needs no network.

Nothing in it is secret: log, rules, policy and rulings are public, and of people there is nothing.
The same log gives the same file, byte for byte. ADR 18.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.translation import override
from votelog import Evidence, VotelogError, encode_json, parse_vkey, plan_evidence, zipapp

from minyi.campaigns.errors import CampaignNotFound, EvidenceTooEarly
from minyi.campaigns.models import Campaign, Round, Ruling
from minyi.campaigns.queries.adjudication import count_appeals
from minyi.campaigns.queries.publicity import count_objections
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.errors import Unavailable
from minyi.ledger import folders
from minyi.ledger.errors import LogDamaged, LogNotFound
from minyi.ledger.queries.logs import LogState, act_sizes, find_log

from . import manifests

PAGE = "ui/dist/dossier.html"
SCRIPT = "ui/dist/recount.mjs"


@dataclass(frozen=True, slots=True)
class Bundle:
    """A file ready to be sent: its name, and what it will hold."""

    filename: str
    evidence: Evidence


def make_bundle(*, campaign_id: int, actor: Actor, now: datetime) -> Bundle:
    """Plan the evidence of a campaign for somebody of the office; it stands on the trail.

    It looks through the whole log, some seconds for millions of ballots.
    Raises CampaignNotFound, LogNotFound, EvidenceTooEarly, LogDamaged.
    """
    campaign = Campaign.objects.visible_to(actor).filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    actor.check("results.export", campaign.agency_id)
    bundle = plan_bundle(campaign=campaign, now=now)
    audit.record(
        actor=actor,
        act="campaigns.evidence.made",
        target=campaign,
        now=now,
        agency_id=campaign.agency_id,
        size=bundle.evidence.checkpoint.size,
    )
    return bundle


def plan_bundle(*, campaign: Campaign, now: datetime) -> Bundle:
    """Plan the evidence of a campaign at the newest checkpoint of its log."""
    folder = Round.objects.filter(campaign=campaign).values_list("log", flat=True).first()
    log = find_log(folder) if folder else None
    if log is None or not log.size:
        raise LogNotFound
    since = folders.read_public_from(log.folder)
    if since is None or since > now.timestamp() * 1000:
        raise EvidenceTooEarly  # the log tells the turnout, and perhaps the votes
    names = ["cosigned", *(f"checkpoints/{size}" for size in act_sizes(log.folder))]
    notes = {name: folders.read_signed(log.folder, name) for name in names}
    beside = {name: folders.read_beside(log.folder, name).encode() for name in folders.BESIDE}
    try:
        evidence = plan_evidence(
            folder=folders.path_of(log.folder),
            key=parse_vkey(log.vkey),
            notes={**notes, "checkpoint": log.note.encode()},
            beside=beside,
            others=_others(campaign, log),
        )
    except VotelogError as error:
        raise LogDamaged(findings=str(error)) from error
    return Bundle(f"evidence-{log.folder}-{log.size}.zip", evidence)


def _others(campaign: Campaign, log: LogState) -> dict[str, bytes]:
    with override("zh-hans"):  # whoever makes it: the same file
        guide = render_to_string(
            "campaigns/evidence.txt",
            {
                "campaign": campaign,
                "log": log,
                "verify_url": manifests.verify_address_of(campaign.slug),
                "address": manifests.address_of(log.folder),
            },
        )
    return {
        "README.txt": b"\xef\xbb\xbf" + guide.replace("\n", "\r\n").encode(),  # Windows' Notepad
        "verify.html": _built(PAGE),
        "verifier/recount.mjs": _built(SCRIPT),
        "verifier/votelog.pyz": _programme(),
        "documents.json": encode_json(_documents(campaign)),
        "outcomes.json": encode_json(_outcomes(campaign)),
    }


def _documents(campaign: Campaign) -> list[dict[str, str]]:
    """Hashes of what decisions rest on. The documents themselves may hold personal data."""
    found = []
    if campaign.approval_document is not None:
        with campaign.approval_document.file.open("rb") as file:
            digest = sha256(file.read()).hexdigest()
        facts = {"what": "批准文件", "number": campaign.approval_number, "sha256": digest}
        found.append(facts)
    rulings = Ruling.objects.filter(round__campaign=campaign, state=Ruling.State.IN_FORCE)
    hashes = rulings.order_by("evidence__sha256").values_list("evidence__sha256", flat=True)
    found += [{"what": "选票认定依据", "sha256": one} for one in hashes.distinct()]
    return found


def _outcomes(campaign: Campaign) -> dict[str, dict[str, int]]:
    """How many appeals and objections there were, by outcome; who said what is not ours to tell."""
    appeals, objections = count_appeals(campaign.pk), count_objections(campaign.pk)
    return {"appeals": asdict(appeals), "objections": asdict(objections)}


@cache
def _programme() -> bytes:
    return zipapp()


def _built(name: str) -> bytes:
    """Return a file of the front end's build."""
    found = finders.find(name)
    if not isinstance(found, str):
        raise Unavailable(name=name)
    return Path(found).read_bytes()
