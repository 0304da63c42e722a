# SPDX-License-Identifier: Apache-2.0
"""Citizens on their way in from WeChat. Whoever they are, WeChat's server told ours."""

import secrets
from urllib.parse import urlencode

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minyi.citizens.services.recognition import recognise_citizen
from minyi.citizens.session import end_session, start_session
from minyi.core.errors import DomainError, NotFound
from minyi.core.refusals import problem, refusal_response, wants_json

from . import login as logins
from .channel import PHONE_COOKIE, WeChatChannel
from .client import WebIdentity
from .client.api_errors import ApiError, CodeRefused, Unanswered
from .connection.line import the_line
from .errors import (
    AccountNotFound,
    AccountNotReady,
    ForeignPage,
    LoginCodeSpent,
    LoginDenied,
    LoginExpired,
    LoginRefused,
    SnapshotUser,
    WeChatUnavailable,
)
from .jssdk import is_own_page, sign_page
from .queries import Account, find_account

log = structlog.get_logger("minyi.wechat")


@require_safe
@never_cache
def login(request: HttpRequest, account: str) -> HttpResponse:
    """Send the browser to WeChat to find out who it is."""
    known = _account_that_logs_in(account)
    attempt = logins.new_attempt(known, come_back_to=request.GET.get("next", "/"))
    response = HttpResponseRedirect(logins.authorize_url(known, attempt))
    logins.remember_attempt(request, response, attempt)
    return response


@require_safe
@never_cache
def oauth(request: HttpRequest, account: str) -> HttpResponse:
    """Take the browser back from WeChat, have our server ask who it is, and begin a session."""
    known = _account_that_logs_in(account)
    state = request.GET.get("state", "")
    attempt = logins.find_attempt(request, account=known.slug, state=state)
    if attempt is None:
        return _refuse(request, LoginExpired(), known, come_back_to="/")
    try:
        identity = _identity_behind(known, request.GET.get("code", ""))
    except (LoginRefused, WeChatUnavailable) as refused:
        return _refuse(request, refused, known, come_back_to=attempt.come_back_to)
    citizen = recognise_citizen(
        channel=WeChatChannel.key,
        account=known.slug,
        subject=identity.openid,
        union=identity.unionid,
        now=timezone.now(),
    )
    response = HttpResponseRedirect(attempt.come_back_to)
    logins.forget_attempt(request, response, attempt)
    start_session(
        response,
        citizen_id=str(citizen.pk),
        channel=WeChatChannel.key,
        account=known.slug,
        subject=identity.openid,
    )
    return response


@require_safe
@never_cache
def jssdk(request: HttpRequest, account: str) -> HttpResponse:
    """Return the signature `wx.config` needs for one of our own pages."""
    url = request.GET.get("url", "")
    try:
        known = _account(account)
        if not is_own_page(url, public_url=settings.PUBLIC_URL):
            raise ForeignPage
        signed = sign_page(
            appid=known.appid,
            ticket=_js_ticket(known),
            url=url,
            nonce=secrets.token_hex(8),
            timestamp=int(timezone.now().timestamp()),
        )
    except DomainError as refused:
        return problem(refused)
    return JsonResponse(
        {
            "appId": signed.appid,
            "timestamp": signed.timestamp,
            "nonceStr": signed.nonce,
            "signature": signed.signature,
        }
    )


@require_safe
@never_cache
def phone(request: HttpRequest, account: str) -> HttpResponse:
    """Let the sandbox's phone in: a frame cannot name itself WeChat, so a cookie does.

    Exists in sandbox mode only. The person holding the phone may have changed, so whoever was
    logged in is forgotten.
    """
    if not settings.WECHAT_SANDBOX:
        raise NotFound
    _account(account)
    response = HttpResponseRedirect(logins.own_path(request.GET.get("next", "/")))
    end_session(response)
    response.set_cookie(PHONE_COOKIE, "1", httponly=True, samesite="Lax")
    return response


def _account(slug: str) -> Account:
    known = find_account(slug, secrets=settings.WECHAT_SECRETS)
    if known is None:
        raise AccountNotFound
    return known


def _account_that_logs_in(slug: str) -> Account:
    known = _account(slug)
    if not known.may_log_in or not known.secret:
        raise AccountNotReady
    return known


def _identity_behind(account: Account, code: str) -> WebIdentity:
    if not code:
        raise LoginDenied  # WeChat sends the browser back without a code
    try:
        identity = the_line().exchange_code(account, code)
    except CodeRefused as error:
        raise LoginCodeSpent from error
    except (ApiError, Unanswered) as error:
        log.error("login_failed", account=account.slug, error=str(error))
        raise WeChatUnavailable from error
    if identity.is_snapshot:
        raise SnapshotUser
    return identity


def _js_ticket(account: Account) -> str:
    if not account.secret:
        raise AccountNotReady
    try:
        return the_line().js_ticket(account)
    except (ApiError, Unanswered) as error:
        log.error("js_ticket_failed", account=account.slug, error=str(error))
        raise WeChatUnavailable from error


def _refuse(
    request: HttpRequest, refused: DomainError, account: Account, *, come_back_to: str
) -> HttpResponse:
    """Say why there is no session, with the way to try again."""
    if wants_json(request):
        return refusal_response(request, refused)
    again = reverse("wechat:login", args=[account.slug])
    return render(
        request,
        "wechat/login_refused.html",
        {
            "refused": refused,
            "again_url": f"{again}?{urlencode({'next': come_back_to})}",
            # Without its query, which may ask for the vote again.
            "reading_url": come_back_to.partition("?")[0],
        },
        status=refused.status,
    )
