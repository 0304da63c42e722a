# SPDX-License-Identifier: Apache-2.0
"""WeChat's error codes, sorted by what to do about them (wechat-api.md §3).

ApiError             WeChat answered with an error code: unknown to this table, tell the log
├── Busy             try again at once, a little later each time
├── TokenRefused     fetch the token once more and repeat the call once
├── AccountFault     somebody has to change a setting; repeating is useless
│   ├── CallsPaused      WeChat waits for its administrator: leave it alone for a while
│   └── DeskFault        the customer service of the account is not set up
├── CodeRefused      send the citizen to the login again, never repeat
├── Unreachable      stop sending to this person
├── WindowClosed     this way of sending is spent for now: take another
│   └── GrantSpent       the consent to this one template is used up or withdrawn: clear it
├── QuotaSpent       stop until midnight in China
├── SlowDown         ask again later
│   ├── TooSoon          this very message was sent a moment ago
│   └── NotReadyYet      figures of yesterday come after eight in the morning
├── NothingToDo      an earlier call did it already, or it does not matter
├── NotPermitted     the account may not use this interface
│   └── NotOffered       … and we knew: WeChat was not asked
├── ContentRefused   an editor has to change what was sent
├── OutOfStep        what we believe exists at WeChat does not: read it again
└── OurFault         the call itself is wrong
Unanswered           no usable answer came at all
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar

from minyi.core.clock import OFFICE_TIME

_RID = re.compile(r"\s*rid: ([0-9a-f-]+)\s*$")
_IP = re.compile(r"(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.])")


class Reaction(StrEnum):
    """What to do about an error code: `stops` reads it, and callers by the class."""

    TELL_LOG = "tell_log"
    REPEAT = "repeat"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - a word, not a token
    ALERT_OPERATOR = "alert_operator"
    PAUSE = "pause"
    SET_UP_DESK = "set_up_desk"
    LOG_IN_AGAIN = "log_in_again"
    STOP_SENDING = "stop_sending"
    TAKE_ANOTHER_WAY = "take_another_way"
    CLEAR_GRANT = "clear_grant"
    WAIT_FOR_MIDNIGHT = "wait_for_midnight"
    WAIT = "wait"
    COME_BACK = "come_back"
    IGNORE = "ignore"
    SWITCH_OFF = "switch_off"
    TELL_EDITOR = "tell_editor"
    READ_AGAIN = "read_again"
    MEND_CODE = "mend_code"


class Unanswered(Exception):
    """WeChat could not be reached, took too long, or sent something that is no answer.

    Holds the path alone: the address has secrets in its query.
    """

    def __init__(self, path: str, *, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class ApiError(Exception):
    """WeChat answered with an error code; `rid` is what its support can look up for 7 days."""

    needs_operator: ClassVar[bool] = False
    reaction: ClassVar[Reaction] = Reaction.TELL_LOG

    def __init__(self, path: str, *, code: int, message: str) -> None:
        found = _RID.search(message)
        self.path = path
        self.code = code
        self.rid = found[1] if found else ""
        self.message = _RID.sub("", message)
        # What else the refusal says, such as the msg_id of the earlier try (45065).
        self.facts: Mapping[str, object] = {}
        super().__init__(f"{path}: {code} {self.message} (rid {self.rid or 'none'})")

    @property
    def address(self) -> str:
        """Return the address of ours that is missing in the whitelist (40164), else nothing."""
        found = _IP.search(self.message) if self.code == ADDRESS_NOT_LISTED else None
        return found[0] if found else ""


class Busy(ApiError):
    """WeChat is busy for a moment."""

    reaction = Reaction.REPEAT


class TokenRefused(ApiError):
    """The access token is wrong or too old."""

    reaction = Reaction.REFRESH_TOKEN


class AccountFault(ApiError):
    """AppID, secret, whitelist, domain or the account's standing needs a person's hand."""

    needs_operator = True
    reaction = Reaction.ALERT_OPERATOR


class CallsPaused(AccountFault):
    """The account's administrator has to confirm our address, or has just refused to."""

    reaction = Reaction.PAUSE


class DeskFault(AccountFault):
    """The customer service accounts are not set up as the call expects."""

    reaction = Reaction.SET_UP_DESK


class CodeRefused(ApiError):
    """The code of a login, or the session it opened, is wrong, used or expired."""

    reaction = Reaction.LOG_IN_AGAIN


class Unreachable(ApiError):
    """The person does not exist here, has left, or does not want to hear from us."""

    reaction = Reaction.STOP_SENDING


class WindowClosed(ApiError):
    """The time or the number of messages a citizen's act allowed is used up."""

    reaction = Reaction.TAKE_ANOTHER_WAY


class GrantSpent(WindowClosed):
    """The citizen's consent to messages of this template is used up or withdrawn."""

    reaction = Reaction.CLEAR_GRANT


class QuotaSpent(ApiError):
    """The day's or month's calls are used up."""

    needs_operator = True
    reaction = Reaction.WAIT_FOR_MIDNIGHT


class SlowDown(ApiError):
    """Too many calls this minute."""

    reaction = Reaction.WAIT


class TooSoon(SlowDown):
    """The same message was sent less than a minute ago; others may go."""

    reaction = Reaction.COME_BACK


class NotReadyYet(SlowDown):
    """The figures asked for have not been counted yet."""

    reaction = Reaction.COME_BACK


class NothingToDo(ApiError):
    """An earlier try succeeded, or the effect is a mere ornament."""

    reaction = Reaction.IGNORE


class NotPermitted(ApiError):
    """The type or certification of the account does not allow this interface."""

    needs_operator = True
    reaction = Reaction.SWITCH_OFF


class NotOffered(NotPermitted):
    """We know that the account may not do this, and did not ask WeChat."""

    def __init__(self, path: str, *, reason: str) -> None:
        super().__init__(path, code=UNAUTHORISED, message=reason)
        self.reason = reason


class ContentRefused(ApiError):
    """Length, number, format or content is not accepted."""

    reaction = Reaction.TELL_EDITOR


class OutOfStep(ApiError):
    """A template, material, menu or article is not there."""

    reaction = Reaction.READ_AGAIN


class OurFault(ApiError):
    """Method, arguments or encoding of the call are wrong."""

    reaction = Reaction.MEND_CODE


ADDRESS_NOT_LISTED = 40164
UNAUTHORISED = 48001
# Asking again with the same AppID and secret cannot end otherwise.
CREDENTIALS_WRONG = frozenset({40001, 40002, 40013, 40125, 41002, 41004})
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
# How long an account is left alone after a refusal (§2, §3).
_RESTS = {40164: _MINUTE, 40243: 10 * _MINUTE, 89503: 10 * _MINUTE}
_RESTS |= {89506: 24 * _HOUR, 89507: _HOUR, 45011: _MINUTE}
_USUAL_REST = timedelta(seconds=30)

_CODES: dict[type[ApiError], tuple[int, ...]] = {
    Busy: (-1,),
    TokenRefused: (40001, 40014, 42001),
    AccountFault: (
        *(40002, 40013, 40125, 41002, 41004, 40243, 40164, 40048, 63002, 48004, 50002, 50007),
    ),
    CallsPaused: (89503, 89506, 89507),
    DeskFault: (61450, 61451, 61452, 61453, 61454, 61455, 61456, 61457, 61458, 65400, 65401),
    CodeRefused: (40029, 40163, 40226, 42003, 41003, 41008, 40030, 42002, 42007, 87009),
    Unreachable: (40003, 43004, 50005, 43019, 48002, 49003, 65302),
    WindowClosed: (45015, 45047, 61010),
    GrantSpent: (43101,),
    QuotaSpent: (45009, 45028, 48006),
    SlowDown: (45011,),
    TooSoon: (45066,),
    NotReadyYet: (61503,),
    NothingToDo: (45065, 45072, 45080, 45081),
    NotPermitted: (48001, 43104, 88000),
    ContentRefused: (
        *(40004, 40005, 40006, 40009, 41005, 47003, 48005, 53404, 53405, 53406),
        *(53503, 53504, 53505, 87014, 45008, 45098, 45099, 45166, 41039),
        *(45026, 45027, 45029, 45056, 45057, 45058, 45059, 45157, 45158, 45159),
        *range(40015, 40028),  # buttons of a menu
        *(40054, 40055, 65303, 65304, 65305, 65306, 65307, 65308, 65309, 65316, 65320),
        *range(85066, 85076),  # rules for codes that open a mini program
        *(40102, 40132, 43100, 44003, 44004, 45002, 45003, 45004, 45034, 45110, 53402),
        *(88003, 88004, 88005, 88007, 200011, 200012, 200013, 200014, 200020, 200021),
    ),
    OutOfStep: (
        *(40007, 40037, 40059, 46001, 46002, 46003, 46004, 53600, 65301, 65413, 65414, 65415),
        *(88001, 88008, 88010),
    ),
    OurFault: (
        *(41001, 40033, 40114, 40129, 47001, 47002, 47009, 40097, 41030, 40169, 43001, 43002),
        *(40008, 40031, 40032, 40052, 40053, 40130, 40159, 40165, 40202, 40203, 40212, 41009),
        *(45083, 45084, 65416, 65417, 85401),
        *(44002, 45067, 61500, 61501, 76001, 76002, 76003, 76004, 76021, 76022),
    ),
}
_CLASS_OF = {code: kind for kind, codes in _CODES.items() for code in codes}


def error_of(path: str, *, code: int, message: str) -> ApiError:
    """Return the error for a code WeChat answered with."""
    return _CLASS_OF.get(code, ApiError)(path, code=code, message=message)


def rests_account(code: int) -> bool:
    """Tell whether every call of the account waits after this refusal, not this one alone."""
    return code in _RESTS and _CLASS_OF[code] is not SlowDown


def rest_until(error: ApiError, *, now: datetime) -> datetime:
    """Return the moment before which the refused call is not repeated."""
    if error.reaction is Reaction.WAIT_FOR_MIDNIGHT:
        # WeChat counts the days of China, whatever the clock of this machine says.
        return (now.astimezone(OFFICE_TIME) + timedelta(days=1)).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
    return now + _RESTS.get(error.code, _USUAL_REST)
