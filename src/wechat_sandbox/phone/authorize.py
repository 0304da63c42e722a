# SPDX-License-Identifier: Apache-2.0
"""The page a browser sees when a site asks who the citizen is."""

from __future__ import annotations

from typing import Literal
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response

from wechat_sandbox.addresses import parts_of
from wechat_sandbox.errors import AuthorizeRefused
from wechat_sandbox.oauth import AuthorizeRequest, Grant, answer_address, read_authorize
from wechat_sandbox.people import citizen
from wechat_sandbox.phone.state import current_citizen
from wechat_sandbox.screens import render
from wechat_sandbox.state import Sandbox

Decision = Literal["allow", "deny", "snapshot"]


async def authorize(request: Request) -> Response:
    """Show the consent screen, or pass at once when only the openid is asked for."""
    sandbox: Sandbox = request.app.state.sandbox
    try:
        asked = read_authorize(request.query_params, sandbox.by_appid)
    except AuthorizeRefused as refused:
        _note(sandbox, "refused", str(refused.code), request.query_params.get("appid", ""))
        return _refusal_page(request, refused.code)
    number = current_citizen(request)
    if number is None:
        return render(request, "outside.html", {}, status=403)
    if asked.scope == "snsapi_base" or asked.snapshot:
        decision: Decision = "snapshot" if asked.snapshot else "allow"
        return RedirectResponse(decide(sandbox, asked, number, decision), status_code=302)
    target = parts_of(asked.redirect_uri)
    return render(
        request,
        "consent.html",
        {
            "account": asked.account,
            "person": citizen(number),
            "action": f"{request.url.path}?{request.url.query}",
        },
        # The browser follows our answer to the site: its origin has to be a form target.
        form_targets=(f"{target.scheme}://{target.netloc}",),
    )


async def answer_consent(request: Request) -> Response:
    """Take the citizen's decision and send the browser back to the site."""
    sandbox: Sandbox = request.app.state.sandbox
    number = current_citizen(request)
    if number is None:
        return render(request, "outside.html", {}, status=403)
    try:
        asked = read_authorize(request.query_params, sandbox.by_appid)
    except AuthorizeRefused as refused:
        return _refusal_page(request, refused.code)
    form = await request.form()
    try:
        decision = read_decision(str(form.get("decision", "")))
    except ValueError:
        return PlainTextResponse("decision: allow, deny or snapshot\n", status_code=400)
    return RedirectResponse(decide(sandbox, asked, number, decision), status_code=303)


def decide_address(sandbox: Sandbox, address: str, number: int, decision: Decision) -> str:
    """Decide on an authorize address without a browser; raises AuthorizeRefused."""
    query = dict(parse_qsl(parts_of(address).query, keep_blank_values=True))
    return decide(sandbox, read_authorize(query, sandbox.by_appid), number, decision)


def decide(sandbox: Sandbox, asked: AuthorizeRequest, number: int, decision: Decision) -> str:
    """Return where the browser goes after the citizen's decision."""
    _note(sandbox, "ok", decision, asked.account.slug, citizen=number, scope=asked.scope)
    if decision == "deny":
        return answer_address(asked, None)
    grant = Grant(
        appid=asked.account.appid,
        number=number,
        scope=asked.scope,
        snapshot=decision == "snapshot" or asked.snapshot,
    )
    return answer_address(asked, sandbox.grants.issue_code(grant, sandbox.clock.now()))


def read_decision(word: str) -> Decision:
    """Return the decision a form or a script named; raises ValueError for another word."""
    if word == "allow":
        return "allow"
    if word == "deny":
        return "deny"
    if word == "snapshot":
        return "snapshot"
    raise ValueError(word)


def _refusal_page(request: Request, code: int) -> Response:
    return render(request, "refused.html", {"code": code}, status=400)


def _note(
    sandbox: Sandbox,
    outcome: Literal["ok", "refused"],
    result: str,
    account: str,
    **facts: object,
) -> None:
    sandbox.journal.write(
        at=sandbox.clock.now(),
        kind="oauth",
        outcome=outcome,
        subject="authorize",
        result=result,
        account=account,
        **facts,
    )
