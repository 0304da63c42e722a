# SPDX-License-Identifier: Apache-2.0
"""The way a browser goes to WeChat and back, held in one signed cookie of that browser.

WeChat's `state` takes letters and digits only, so it is a random word; where the browser wanted
to go stays in the cookie. A word that is not in the cookie came from another browser (CSRF).
"""

import secrets
import string
from dataclasses import dataclass
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from .queries import Account

COOKIE = "minyi_login"
PATIENCE_S = 600
MOST_ATTEMPTS = 3  # tabs that may be on their way at the same time
LONGEST_NEXT = 512
_SALT = "minyi.wechat.login"
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Attempt:
    """One browser on its way: the random word, through which account, back to which page."""

    state: str
    account: str
    come_back_to: str


def own_path(asked: str) -> str:
    """Return the path when it is one of ours, else the home page: we send nobody elsewhere."""
    is_ours = (
        len(asked) <= LONGEST_NEXT
        and asked.startswith("/")
        and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    )
    return asked if is_ours else "/"


def new_attempt(account: Account, *, come_back_to: str) -> Attempt:
    """Return a new attempt to log in."""
    state = "".join(secrets.choice(_LETTERS) for _ in range(32))
    return Attempt(state, account.slug, own_path(come_back_to))


def remember_attempt(request: HttpRequest, response: HttpResponse, attempt: Attempt) -> None:
    """Write the attempt into the browser's cookie, before its older ones."""
    _write(response, [attempt, *read_attempts(request)][:MOST_ATTEMPTS])


def forget_attempt(request: HttpRequest, response: HttpResponse, attempt: Attempt) -> None:
    """Take the attempt out of the browser's cookie: it works once."""
    _write(response, [other for other in read_attempts(request) if other != attempt])


def find_attempt(request: HttpRequest, *, account: str, state: str) -> Attempt | None:
    """Return this browser's attempt with that word, or None."""
    attempts = read_attempts(request)
    return next((a for a in attempts if a.state == state and a.account == account), None)


def read_attempts(request: HttpRequest) -> list[Attempt]:
    """Return the attempts of this browser that are not too old, newest first."""
    try:
        rows = signing.loads(request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=PATIENCE_S)
    except signing.BadSignature:
        return []
    return [Attempt(*row) for row in rows]


def authorize_url(account: Account, attempt: Attempt) -> str:
    """Return the address that asks WeChat who this is, silently (scope snsapi_base)."""
    back = settings.PUBLIC_URL + reverse("wechat:oauth", args=[account.slug])
    query = urlencode(  # in the order WeChat prescribes
        {
            "appid": account.appid,
            "redirect_uri": back,
            "response_type": "code",
            "scope": "snsapi_base",
            "state": attempt.state,
        }
    )
    return f"{settings.WECHAT_OPEN_URL}/connect/oauth2/authorize?{query}#wechat_redirect"


def _write(response: HttpResponse, attempts: list[Attempt]) -> None:
    if not attempts:
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    rows = [[a.state, a.account, a.come_back_to] for a in attempts]
    response.set_cookie(
        COOKIE,
        signing.dumps(rows, salt=_SALT, compress=True),
        max_age=PATIENCE_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
