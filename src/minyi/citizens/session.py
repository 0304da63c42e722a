# SPDX-License-Identifier: Apache-2.0
"""A citizen's session: one signed cookie, no row. It says who they are, and since when."""

import secrets
from dataclasses import dataclass, field

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from ballotbox.ticket import CITIZEN_COOKIE, session_for

COOKIE = CITIZEN_COOKIE
_SALT = "minyi.citizens.session"


@dataclass(frozen=True, slots=True)
class CitizenSession:
    """Who this browser is: the citizen, and the channel identity they came through.

    Ballot tickets are bound to `key`, which comes from the cookie (`ballotbox.ticket`).
    """

    citizen_id: str
    channel: str
    account: str
    subject: str
    key: str


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session with the cookie that carries it."""

    cookie: str = field(repr=False)
    session: CitizenSession


def make_session(*, citizen_id: str, channel: str, account: str, subject: str) -> NewSession:
    """Make a session for a person whom a channel's own server has named to us.

    A browser gets its cookie by `start_session`. Where a channel carries a person's words without
    a browser, as a chat does, our server itself holds the cookie for the one request it makes.
    """
    value = signing.dumps([citizen_id, channel, account, subject, secrets.token_hex(8)], salt=_SALT)
    session = CitizenSession(citizen_id, channel, account, subject, session_for(value))
    return NewSession(value, session)


def start_session(
    response: HttpResponse, *, citizen_id: str, channel: str, account: str, subject: str
) -> None:
    """Give the browser a new session."""
    made = make_session(citizen_id=citizen_id, channel=channel, account=account, subject=subject)
    response.set_cookie(
        COOKIE,
        made.cookie,
        max_age=settings.CITIZEN_COOKIE_AGE,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def read_session(request: HttpRequest) -> CitizenSession | None:
    """Return the session this browser holds, or None when there is none or it is not ours."""
    value = request.COOKIES.get(COOKIE, "")
    try:
        citizen_id, channel, account, subject, _salt = signing.loads(
            value, salt=_SALT, max_age=settings.CITIZEN_COOKIE_AGE
        )
    except (signing.BadSignature, ValueError):
        return None
    return CitizenSession(citizen_id, channel, account, subject, session_for(value))


def end_session(response: HttpResponse) -> None:
    """Forget who this browser is."""
    response.delete_cookie(COOKIE, samesite="Lax")
