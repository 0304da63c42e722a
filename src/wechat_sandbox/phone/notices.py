# SPDX-License-Identifier: Apache-2.0
"""通知管理: what an account may send to this phone, and how to stop it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wechat_sandbox.acts import citizen_acts, subscribe_acts
from wechat_sandbox.acts.delivering import ActRefused
from wechat_sandbox.phone.base import account_of, begun, missing, refused, sandbox_of, screen
from wechat_sandbox.phone.state import current_citizen


def notice_routes() -> list[Route]:
    """Return the routes of the settings for notices."""
    return [
        Route("/accounts/{slug}/notices", notices),
        Route("/accounts/{slug}/notices", stop_notice, methods=["POST"]),
        Route("/accounts/{slug}/messages", switch_messages, methods=["POST"]),
    ]


async def notices(request: Request) -> Response:
    """Show what the citizen accepted, and whether messages are received at all."""
    account, number = account_of(request), current_citizen(request)
    if account is None or number is None:
        return missing(request)
    sandbox = sandbox_of(request)
    relation = sandbox.relations.get((account.appid, number))
    always = {
        template: choice
        for (appid, holder, template), choice in sandbox.habits.items()
        if (appid, holder) == (account.appid, number)
    }
    return screen(
        request,
        "notices.html",
        account=account,
        accepted=sandbox.of(account).subscriptions.accepted_by(number),
        titles={one.id: one.title for one in sandbox.of(account).subscriptions.private.values()},
        always=always,
        refuses=relation.refuses if relation else False,
    )


async def stop_notice(request: Request) -> Response:
    """Withdraw one notice, or forget an answer that was to be repeated unasked."""
    account, number = account_of(request), current_citizen(request)
    if account is None or number is None:
        return missing(request)
    sandbox, form = sandbox_of(request), await request.form()
    if template := str(form.get("ask_again", "")):
        sandbox.habits.pop((account.appid, number, template), None)
        return _back(account.slug)
    template = str(form.get("template", ""))
    try:
        await begun(request, subscribe_acts.withdraw(sandbox, account, number, [template]))
    except ActRefused as error:
        return refused(request, account, error)
    sandbox.habits.pop((account.appid, number, template), None)
    return _back(account.slug)


async def switch_messages(request: Request) -> Response:
    """Switch 接收消息 on or off."""
    account, number = account_of(request), current_citizen(request)
    if account is None or number is None:
        return missing(request)
    refuses = (await request.form()).get("refuses") == "1"
    try:
        citizen_acts.refuse_messages(sandbox_of(request), account, number, refuses=refuses)
    except ActRefused as error:
        return refused(request, account, error)
    return _back(account.slug)


def _back(slug: str) -> Response:
    return RedirectResponse(f"/accounts/{slug}/notices", status_code=303)
