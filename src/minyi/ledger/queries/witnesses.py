# SPDX-License-Identifier: Apache-2.0
"""How far the witnesses of a log have seen it: for its room, its pages and the figures."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from minyi.ledger.models import LogEntry, LogWitness

_REFUSALS: dict[str, Promise] = {
    "400": _("见证程序说请求不合格式，请双方技术人员检查版本。"),
    "403": _("见证程序登记的账本公钥与本账本不同，请把本页的公钥重新发给见证单位核对。"),
    "404": _("见证程序没有登记本账本，请把本页的公钥发给见证单位登记。"),
    "422": _("见证程序认为账本不是它以前见过的那一本的延续，请立即由监督人员和技术人员共同检查。"),
    "rolled_back": _("见证程序见过比现在更长的账本，请立即由监督人员和技术人员共同检查。"),
    "signature_false": _("见证程序的签名不成立，请与见证单位核对见证公钥。"),
    "signature_missing": _("见证程序用另一把密钥签名，请与见证单位核对见证公钥。"),
    "address_malformed": _("见证地址不是合格的网址，请管理员修改。"),
    "local": _("见证地址指向本机，见证程序应当运行在另一单位的机器上。"),
}
_OTHER = _("见证程序的回答不合约定（%(code)s），请与见证单位的技术人员联系。")
ALARMING = frozenset({"422", "rolled_back"})


@dataclass(frozen=True, slots=True)
class WitnessState:
    """One witness of a log. `size` and `at`: what it last cosigned, and when by its own clock."""

    organisation: str
    key_name: str
    vkey: str
    size: int
    at: datetime | None
    state: str
    state_words: str
    refusal: str  # a sentence, or empty
    is_alarming: bool  # it says that the log has two histories
    asked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Witnessing:
    """The witnesses of a log, as named in its policy; `quorum` of them make it witnessed."""

    witnesses: tuple[WitnessState, ...]
    quorum: int

    @property
    def size(self) -> int:
        """How many entries the quorum has seen."""
        sizes = sorted((one.size for one in self.witnesses), reverse=True)
        return sizes[self.quorum - 1] if self.quorum else 0

    def seen_by(self, size: int) -> int:
        """Return how many witnesses have cosigned the log at that size or later."""
        return sum(one.size >= size for one in self.witnesses)

    def has_quorum(self, size: int) -> bool:
        """Tell whether the quorum has cosigned the log at that size or later."""
        return bool(self.quorum) and self.size >= size


@dataclass(frozen=True, slots=True)
class Seen:
    """So many of so many witnesses have seen something; enough of them, or not yet."""

    count: int
    of: int
    is_enough: bool


def quorum_of(number: int) -> int:
    """Return how many of so many witnesses must have signed: more than half, none of none."""
    return number // 2 + 1 if number else 0


def read_witnesses(folder: str) -> Witnessing:
    """Return the witnesses of the log in that folder; none where it has none.

    While counts are hidden a witness sees entry 0 only, so its size tells no turnout.
    """
    rows = LogWitness.objects.filter(log__folder=folder).select_related("witness")
    states = tuple(_state_of(row) for row in rows)
    return Witnessing(states, quorum_of(len(states)))


def seen_result(folder: str, *, counted: int) -> Seen | None:
    """Return how many witnesses have seen the result of a log; None: it names no witness.

    `counted` is the size that was counted; once the result stands in the log itself, they must
    have seen the log with it.
    """
    found = read_witnesses(folder)
    if not found.witnesses:
        return None
    rows = LogEntry.objects.filter(log__folder=folder, kind="result", index__isnull=False)
    index = rows.order_by("-index").values_list("index", flat=True).first()
    size = counted if index is None else index + 1
    return Seen(found.seen_by(size), len(found.witnesses), found.has_quorum(size))


def measure_witnesses(*, now: datetime) -> tuple[Mapping[str, int], float]:
    """Count (log, witness) by state; return also for how many seconds the worst one has failed."""
    rows = LogWitness.objects.all()
    states = Counter(rows.values_list("state", flat=True))
    since = Coalesce("cosigned_at", "log__opened_at")  # or has never signed
    oldest = rows.exclude(failures=0).aggregate(oldest=Min(since))["oldest"]
    late = max((now - oldest) / timedelta(seconds=1), 0.0) if oldest else 0.0
    return {state: states.get(state, 0) for state in LogWitness.State.values}, late


def _state_of(row: LogWitness) -> WitnessState:
    refusal = ""
    if row.refusal:
        known = _REFUSALS.get(row.refusal)
        refusal = str(known) if known else str(_OTHER) % {"code": row.refusal}
    return WitnessState(
        organisation=row.witness.organisation,
        key_name=row.witness.key_name,
        vkey=row.witness.vkey,
        size=row.size,
        at=row.cosigned_at,
        state=row.state,
        state_words=str(row.get_state_display()),
        refusal=refusal,
        is_alarming=row.refusal in ALARMING,
        asked_at=row.asked_at,
    )
