# SPDX-License-Identifier: Apache-2.0
"""What WeChat has stopped: a path until midnight, an account for an hour, an ability for good.

One process hears the refusal; all of them keep to it (wechat-api.md §3). A stop without an end
holds until somebody presses «重新检查». An alert is what a person has to mend.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..client.api_errors import ApiError, Reaction, rest_until, rests_account

_UNAUTHORISED, _NO_COMMENTS = 48001, 88000
_ALERTING = (Reaction.ALERT_OPERATOR, Reaction.PAUSE, Reaction.WAIT_FOR_MIDNIGHT)


class Scope(StrEnum):
    """How much is stopped."""

    NOTHING = "nothing"  # told to the operator only
    PATH = "path"
    ABILITY = "ability"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Stop:
    """One refusal that holds for a while."""

    path: str
    code: int
    message: str
    rid: str
    scope: Scope
    since: datetime
    until: datetime | None = None
    ability: str = ""
    is_alert: bool = False

    def is_in_force(self, now: datetime) -> bool:
        return self.until is None or now < self.until

    def covers(self, path: str, ability: str, now: datetime) -> bool:
        """Tell whether a call of this path and ability has to wait."""
        if not self.is_in_force(now):
            return False
        match self.scope:
            case Scope.ACCOUNT:
                return True
            case Scope.PATH:
                return self.path == path
            case Scope.ABILITY:
                return self.ability == ability
            case _:
                return False


def stop_for(error: ApiError, *, ability: str, now: datetime) -> Stop | None:
    """Return what a refusal stops, or None where it says nothing about the next call."""
    scope, until = Scope.NOTHING, None
    match error.reaction:
        case Reaction.WAIT_FOR_MIDNIGHT | Reaction.WAIT:
            scope, until = Scope.PATH, rest_until(error, now=now)
        case Reaction.ALERT_OPERATOR | Reaction.PAUSE:
            if rests_account(error.code):
                scope, until = Scope.ACCOUNT, rest_until(error, now=now)
        case Reaction.SWITCH_OFF if error.code in (_UNAUTHORISED, _NO_COMMENTS) and ability:
            scope = Scope.ABILITY
        case _:
            return None
    return Stop(
        error.path,
        error.code,
        error.message,
        error.rid,
        scope,
        since=now,
        until=until,
        ability=ability if scope is Scope.ABILITY else "",
        is_alert=error.reaction in _ALERTING,
    )
