# SPDX-License-Identifier: Apache-2.0
"""The count as a stranger makes it: every hash, every signature, every rule. Takes its time."""

from base64 import b64encode
from dataclasses import dataclass

from votelog import Count, FolderSource, open_log, parse_vkey, policy_for, recount_log

from minyi.ledger import folders
from minyi.ledger.errors import LogDamaged, LogNotFound
from minyi.ledger.models import Log

# What a ballot or an act may do wrong without the log itself being in doubt.
OF_THE_COUNT = (
    *("ballot_", "pick", "nonce_", "tag_", "state_", "close_", "result_"),
    *("choice_", "key_", "count_"),
)


@dataclass(frozen=True, slots=True)
class Recounted:
    """A count and the root, base64, of the checkpoint of `count.size` entries it is of."""

    count: Count
    root: str


def recount(folder: str) -> Recounted:
    """Audit and recount a log; raise LogDamaged where its files are not what it has signed."""
    log = Log.objects.filter(folder=folder).first()
    if log is None or not folders.has_begun(folder):
        raise LogNotFound
    key = parse_vkey(log.vkey)
    reader = open_log(FolderSource(folders.path_of(folder)), policy_for(key))
    count = recount_log(reader, key)
    damages = [str(one) for one in count.findings if not one.code.startswith(OF_THE_COUNT)]
    if damages:
        raise LogDamaged(findings="; ".join(damages[:3]))
    return Recounted(count, b64encode(reader.checkpoint.root).decode())
