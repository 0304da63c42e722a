# SPDX-License-Identifier: Apache-2.0
"""WeChat's error codes, sorted by what to do about them (wechat-api.md §3).

ApiError             WeChat answered with an error code: unknown to this table, tell the log
├── Busy             try again at once, a little later each time
├── TokenRefused     fetch the token once more and repeat the call once
├── AccountFault     somebody has to change a setting; repeating is useless
├── CodeRefused      send the citizen to the login again, never repeat
├── Unreachable      stop sending to this person
├── WindowClosed     this way of sending is spent for now: take another
├── QuotaSpent       stop until midnight in China
├── SlowDown         ask again later
├── NothingToDo      an earlier call did it already, or it does not matter
├── NotPermitted     the account may not use this interface
├── ContentRefused   an editor has to change what was sent
├── OutOfStep        what we believe exists at WeChat does not: read it again
└── OurFault         the call itself is wrong
Unanswered           no usable answer came at all
"""

import re
from typing import ClassVar

_RID = re.compile(r"\s*rid: ([0-9a-f-]+)\s*$")


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

    def __init__(self, path: str, *, code: int, message: str) -> None:
        found = _RID.search(message)
        self.path = path
        self.code = code
        self.rid = found[1] if found else ""
        self.message = _RID.sub("", message)
        super().__init__(f"{path}: {code} {self.message} (rid {self.rid or 'none'})")


class Busy(ApiError):
    """WeChat is busy for a moment."""


class TokenRefused(ApiError):
    """The access token is wrong or too old."""


class AccountFault(ApiError):
    """AppID, secret, whitelist, domain or the account's standing needs a person's hand."""

    needs_operator = True


class CodeRefused(ApiError):
    """The code of a web login is wrong, used or expired."""


class Unreachable(ApiError):
    """The person does not exist here, has left, or does not want to hear from us."""


class WindowClosed(ApiError):
    """The time or the number of messages a citizen's act allowed is used up."""


class QuotaSpent(ApiError):
    """The day's or month's calls are used up."""

    needs_operator = True


class SlowDown(ApiError):
    """Too many calls this minute, or the figures asked for are not ready yet."""


class NothingToDo(ApiError):
    """An earlier try succeeded, or the effect is a mere ornament."""


class NotPermitted(ApiError):
    """The type or certification of the account does not allow this interface."""

    needs_operator = True


class ContentRefused(ApiError):
    """Length, number, format or content is not accepted."""


class OutOfStep(ApiError):
    """A template, material, menu or article is not there."""


class OurFault(ApiError):
    """Method, arguments or encoding of the call are wrong."""


_CODES: dict[type[ApiError], tuple[int, ...]] = {
    Busy: (-1,),
    TokenRefused: (40001, 40014, 42001),
    AccountFault: (
        *(40002, 40013, 40125, 41002, 41004, 40243, 40164, 89503, 89506, 89507),
        *(48004, 50002, 50007, 40048, 63002, 61450, 61451, 61452, 61453, 61454),
        *(61455, 61456, 61457, 61458, 65400),
    ),
    CodeRefused: (40029, 40163, 42003, 41008, 40030, 42002, 42007),
    Unreachable: (40003, 43004, 50005, 43019, 48002, 43101),
    WindowClosed: (45015, 45047),
    QuotaSpent: (45009, 45028, 48006),
    SlowDown: (45011, 45066, 61503),
    NothingToDo: (45065, 45072, 45080, 45081),
    NotPermitted: (48001, 47009, 88000),
    ContentRefused: (
        *(40004, 40005, 40006, 40009, 41005, 47003, 48005, 53503, 53504, 53505, 87014),
        *(45008, 45098, 45099, 45166, 41039, 45026, 45027, 45029, 45056, 45057, 45058),
        *(45059, 45157, 45158, 45159, 65303, 65304, 65305, 65306, 65307, 65308, 65309),
        *(65316, 65320, 88003, 88004, 88005, 88007),
    ),
    OutOfStep: (40007, 40037, 46001, 46002, 46003, 46004, 53600, 65301, 88001, 88008, 88010),
    OurFault: (
        *(41001, 40033, 47001, 47002, 40097, 41030, 40169, 43001, 43002, 44002, 45067),
        *(61500, 61501),
    ),
}
_CLASS_OF = {code: kind for kind, codes in _CODES.items() for code in codes}


def error_of(path: str, *, code: int, message: str) -> ApiError:
    """Return the error for a code WeChat answered with."""
    return _CLASS_OF.get(code, ApiError)(path, code=code, message=message)
