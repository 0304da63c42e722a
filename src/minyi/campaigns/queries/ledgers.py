# SPDX-License-Identifier: Apache-2.0
"""The public log of a campaign, as its pages tell of it, and the proof of one's own ballot."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.conf import settings
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from ballotbox.sealing import Proof
from minyi.core.words import listed
from minyi.ledger import folders
from minyi.ledger.queries import proofs
from minyi.ledger.queries.logs import find_log, find_log_of, tally
from minyi.ledger.queries.trustees import TrusteeRow, find_key
from minyi.ledger.queries.witnesses import Seen, Witnessing, read_witnesses, seen_result

from .counts import LogMark
from .own import OwnBallot
from .public import PublicCampaign


@dataclass(frozen=True, slots=True)
class PublicLog:
    """A log: whose key signs it, since when it may be read, and how far it has come.

    Before `opens_at` nothing of its size is told, which would be the turnout.
    """

    folder: str
    path: str
    vkey: str
    opens_at: datetime
    is_open: bool
    size: int
    root: str
    published_at: datetime | None
    witnessing: Witnessing
    is_sealed: bool = False  # choices are encrypted until two trustees open them
    opened_key: str = ""  # what has opened them, X25519 in hex
    trustees: tuple[TrusteeRow, ...] = ()

    @property
    def is_closed_to_readers(self) -> bool:
        """True while nobody can read a choice."""
        return self.is_sealed and not self.opened_key


def find_public_log(*, campaign: PublicCampaign, now: datetime) -> PublicLog | None:
    """Return the log of a campaign; None: its votes are counted without one."""
    found = find_log_of(campaign.voting.round_id) if campaign.voting else None
    if found is None:
        return None
    since = folders.read_beside(found.folder, "public_from")
    if not since.isdecimal():
        return None
    opens_at = localtime(datetime.fromtimestamp(int(since) / 1000, tz=UTC))
    is_open = opens_at <= now
    is_sealed = campaign.voting is not None and campaign.voting.is_sealed
    key = find_key(campaign.id) if is_sealed else None
    return PublicLog(
        folder=found.folder,
        path=f"/ledger/{found.folder}",
        vkey=found.vkey,
        opens_at=opens_at,
        is_open=is_open,
        size=found.size if is_open else 0,
        root=found.root if is_open else "",
        published_at=found.published_at if is_open else None,
        witnessing=read_witnesses(found.folder),
        is_sealed=is_sealed,
        opened_key=tally(found.folder).key if is_sealed and is_open else "",
        trustees=key.trustees if key else (),
    )


@dataclass(frozen=True, slots=True)
class LogNotice:
    """What an official notice prints of a log, so that anybody can check it against the pages.

    The notice before a vote opens prints the key and the witnesses; that of a result also the
    `size` and `root` that were counted, and how many have `seen` it.
    """

    address: str
    verify_url: str
    vkey: str
    witnesses: tuple[str, ...]
    size: int = 0
    root: str = ""
    seen: Seen | None = None

    def text(self) -> str:
        """Return it as plain text, to be put into a notice."""
        rows = [
            _("核对网址：%(url)s") % {"url": self.verify_url},
            _("公开账本：%(address)s") % {"address": self.address},
            _("账本公钥：%(vkey)s") % {"vkey": self.vkey},
        ]
        if self.witnesses:
            rows.append(_("见证单位：%(names)s") % {"names": listed(self.witnesses)})
        if self.size:
            rows.append(_("账本条目数：%(size)d") % {"size": self.size})
            rows.append(_("账本校验码：%(root)s") % {"root": self.root})
        if self.seen:
            facts = {"count": self.seen.count, "of": self.seen.of}
            rows.append(_("见证：%(of)d 家单位中已有 %(count)d 家见证本结果") % facts)
        return "\n".join(rows)


def log_notice(*, mark: LogMark | None, verify_url: str) -> LogNotice | None:
    """Return what a notice of a result prints of the log; None: it was counted without one."""
    plain = opening_notice(folder=mark.folder, verify_url=verify_url) if mark else None
    if mark is None or plain is None:
        return None
    seen = seen_result(mark.folder, counted=mark.size)
    return replace(plain, size=mark.size, root=mark.root, seen=seen)


def opening_notice(*, folder: str, verify_url: str) -> LogNotice | None:
    """Return what the notice before a vote prints of its log; None: it has none."""
    found = find_log(folder) if folder else None
    if found is None:
        return None
    names = tuple(one.organisation for one in read_witnesses(folder).witnesses)
    address = f"{settings.PUBLIC_URL}/ledger/{folder}"
    return LogNotice(address, verify_url, found.vkey, names)


def find_own_proof(
    *, campaign: PublicCampaign, ballot: OwnBallot, log: PublicLog | None
) -> Proof | None:
    """Return the proof of the voter's own ballot, once the log it is in may be read."""
    if log is None or not log.is_open or campaign.voting is None:
        return None
    return proofs.find_proof(round_id=campaign.voting.round_id, ballot_id=ballot.id)
