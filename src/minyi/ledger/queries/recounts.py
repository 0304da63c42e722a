# SPDX-License-Identifier: Apache-2.0
"""The count as a stranger makes it: every hash, every signature, every rule. Takes its time."""

from base64 import b64encode
from dataclasses import dataclass

from votelog import Count, FolderSource, open_log, parse_vkey, policy_for, recount_log

from minyi.ledger import faults, folders
from minyi.ledger.errors import LogDamaged, LogNotFound
from minyi.ledger.faults import Fault
from minyi.ledger.models import Log


@dataclass(frozen=True, slots=True)
class Recounted:
    """A count and the root, base64, of the checkpoint of `count.size` entries it is of.

    `faults` are the entries that break a rule and count for nothing, in their order.
    """

    count: Count
    root: str
    faults: tuple[Fault, ...]


def recount(folder: str) -> Recounted:
    """Audit and recount a log; raise LogDamaged where its files are not what it has signed."""
    log = Log.objects.filter(folder=folder).first()
    if log is None or not folders.has_begun(folder):
        raise LogNotFound
    key = parse_vkey(log.vkey)
    reader = open_log(FolderSource(folders.path_of(folder)), policy_for(key))
    count = recount_log(reader, key)
    damages = [str(one) for one in count.findings if one.code not in faults.WORDS]
    if damages:
        raise LogDamaged(findings="; ".join(damages[:3]))
    found = sorted(Fault(one.code, int(str(one.facts["index"]))) for one in count.findings)
    return Recounted(count, b64encode(reader.checkpoint.root).decode(), tuple(found))
