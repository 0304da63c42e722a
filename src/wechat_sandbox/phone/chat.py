# SPDX-License-Identifier: Apache-2.0
"""A conversation on the phone: bubbles, the account's menu, and everything one can send."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wechat_sandbox.accounts import Account
from wechat_sandbox.acts import menu_acts, message_acts
from wechat_sandbox.acts.delivering import Act, ActRefused
from wechat_sandbox.acts.menu_acts import Place, Tapped
from wechat_sandbox.chats import Bubble
from wechat_sandbox.errors import ApiError
from wechat_sandbox.office.menus import Button
from wechat_sandbox.phone.base import account_of, begun, missing, refused, sandbox_of, screen, whole
from wechat_sandbox.phone.state import current_citizen
from wechat_sandbox.press.library import Media
from wechat_sandbox.samples import SAMPLE_PICTURE, SAMPLE_VOICE, SPOTS
from wechat_sandbox.screens import open_in_phone, render
from wechat_sandbox.state import Sandbox

Sending = Callable[[Request, Account, int, FormData], Awaitable[Act]]

_STAY = frozenset({"click", "media_id", "view_limited", "article_id", "article_view_limited"})
_TO_PICTURE = "/chats/{slug}?write=1&attach=picture&place={place}"
_TO_SCAN = "/scan?account={slug}&place={place}"
# Buttons that want something of the citizen before anything is sent.
_LEADS_TO = {
    "pic_sysphoto": _TO_PICTURE,
    "pic_photo_or_album": _TO_PICTURE,
    "pic_weixin": _TO_PICTURE,
    "scancode_push": _TO_SCAN,
    "scancode_waitmsg": _TO_SCAN,
    "location_select": "/chats/{slug}?write=1&attach=location&place={place}",
}


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One button of the menu bar; `place` says where it stands, as 0 or 1.2."""

    name: str
    place: str
    stays: bool
    items: tuple[MenuItem, ...] = ()


def chat_routes() -> list[Route]:
    """Return the routes of a conversation."""
    sendings: dict[str, Sending] = {
        "text": _text,
        "picture": _picture,
        "voice": _voice,
        "location": _location,
        "choice": _choice,
    }
    return [
        Route("/chats/{slug}", chat),
        Route("/chats/{slug}/new", chat_fragment),
        Route("/chats/{slug}/media/{number:int}", media),
        Route("/chats/{slug}/menu", tap_menu, methods=["POST"]),
        *(
            Route(f"/chats/{{slug}}/{name}", _sender(sending), methods=["POST"])
            for name, sending in sendings.items()
        ),
    ]


async def chat(request: Request) -> Response:
    """Show the conversation with an account."""
    account, number = account_of(request), current_citizen(request)
    if account is None or number is None:
        return missing(request)
    if not sandbox_of(request).follow_of(account, number).subscribed:
        return RedirectResponse(f"/accounts/{account.slug}", status_code=303)
    return _conversation(request, account, number)


async def chat_fragment(request: Request) -> Response:
    """Return what is new in a conversation since bubble `after`; 204 when nothing is."""
    account, number = account_of(request), current_citizen(request)
    after = whole(request.query_params.get("after", ""))
    if account is None or number is None or after is None:
        return Response(status_code=400)
    sandbox = sandbox_of(request)
    talk = sandbox.chat_of(account, number)
    fresh = talk.since(after)
    is_typed = talk.typing_until > sandbox.clock.now()
    standing = {"X-Waiting": str(talk.waiting), "X-Typing": str(int(is_typed))}
    if not fresh:
        return Response(status_code=204, headers=standing)
    talk.seen = talk.last
    shown = {"account": account, "bubbles": fresh, "number": number}
    page = render(request, "_bubbles.html", shown | _media_finder(sandbox, account))
    page.headers.update(standing)
    return page


async def media(request: Request) -> Response:
    """Return the picture, sound or film of a bubble."""
    account, number = account_of(request), current_citizen(request)
    if account is None or number is None:
        return Response(status_code=404)
    sandbox = sandbox_of(request)
    bubble = sandbox.chat_of(account, number).find(request.path_params["number"])
    found = _media(sandbox, account, bubble) if bubble else None
    if found is None:
        return Response(status_code=404)
    headers = {"Content-Security-Policy": "sandbox", "X-Content-Type-Options": "nosniff"}
    return Response(found.body, media_type=found.content_type, headers=headers)


async def tap_menu(request: Request) -> Response:
    """Tap a button of the menu; some lead elsewhere first, to a page, a picture or a code."""
    account, number = account_of(request), current_citizen(request)
    if account is None or number is None:
        return missing(request)
    sandbox, place = sandbox_of(request), str((await request.form()).get("place", ""))
    try:
        button = menu_acts.find_button(sandbox, account, number, read_place(place))
        kind = str(button["type"])
        if kind in _LEADS_TO:
            target = _LEADS_TO[kind].format(slug=account.slug, place=place)
            return RedirectResponse(target, status_code=303)
        act = menu_acts.tap_menu(sandbox, account, number, read_place(place))
    except ActRefused as error:
        return refused_in_chat(request, account, number, error)
    await begun(request, act)
    return RedirectResponse(_target_of(button, account), status_code=303)


def read_place(words: str) -> list[int]:
    """Return where a button stands, as 1.2 in a form says it; raises ActRefused."""
    steps = [whole(step) for step in words.split(".")]
    if None in steps:
        raise ActRefused("no_such_button")
    return [step for step in steps if step is not None]


def refused_in_chat(request: Request, account: Account, number: int, error: ActRefused) -> Response:
    """Say in the conversation why the phone cannot do this; a stranger sees the account's card."""
    is_follower = sandbox_of(request).follow_of(account, number).subscribed
    if not is_follower or error.code == "empty_text":
        return refused(request, account, error)
    return _conversation(request, account, number, status=409, problem=error.code)


def _sender(sending: Sending) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        account, number = account_of(request), current_citizen(request)
        if account is None or number is None:
            return missing(request)
        try:
            await begun(request, await sending(request, account, number, await request.form()))
        except ActRefused as error:
            return refused_in_chat(request, account, number, error)
        return RedirectResponse(f"/chats/{account.slug}#end", status_code=303)

    return endpoint


async def _text(request: Request, account: Account, number: int, form: FormData) -> Act:
    content = str(form.get("content", ""))
    return message_acts.send_text(sandbox_of(request), account, number, content)


async def _picture(request: Request, account: Account, number: int, form: FormData) -> Act:
    chosen = form.get("picture")
    body = await chosen.read() if isinstance(chosen, UploadFile) and chosen.size else b""
    if form.get("sample") or not body:
        body = SAMPLE_PICTURE
    sandbox, place = sandbox_of(request), str(form.get("place", ""))
    if place:
        added = Tapped(pictures=(body,))
        return menu_acts.tap_menu(sandbox, account, number, read_place(place), added)
    return message_acts.send_media(sandbox, account, number, "image", name="photo.png", body=body)


async def _voice(request: Request, account: Account, number: int, form: FormData) -> Act:
    return message_acts.send_media(
        sandbox_of(request), account, number, "voice", name="voice.amr", body=SAMPLE_VOICE
    )


async def _location(request: Request, account: Account, number: int, form: FormData) -> Act:
    sandbox, place = sandbox_of(request), str(form.get("place", ""))
    chosen = whole(str(form.get("spot", ""))) or 0
    spot: Place = SPOTS[min(chosen, len(SPOTS) - 1)]
    if place:
        return menu_acts.tap_menu(sandbox, account, number, read_place(place), Tapped(place=spot))
    return message_acts.send_location(
        sandbox,
        account,
        number,
        latitude=spot.latitude,
        longitude=spot.longitude,
        label=spot.label,
    )


async def _choice(request: Request, account: Account, number: int, form: FormData) -> Act:
    bubble = whole(str(form.get("bubble", ""))) or 0
    choice = str(form.get("choice", ""))
    return message_acts.tap_choice(sandbox_of(request), account, number, bubble, choice)


def _conversation(
    request: Request, account: Account, number: int, *, status: int = 200, problem: str = ""
) -> Response:
    sandbox, query = sandbox_of(request), request.query_params
    talk = sandbox.chat_of(account, number)
    talk.seen = talk.last
    menu = sandbox.menu_of(account, number)
    return screen(
        request,
        "chat.html",
        status=status,
        problem=problem,
        account=account,
        talk=talk,
        bubbles=talk.bubbles,
        menu=_menu_items(menu.buttons) if menu else (),
        writing=query.get("write") == "1",
        attach=query.get("attach", ""),
        place=query.get("place", ""),
        spots=SPOTS,
        **_media_finder(sandbox, account),
    )


def _menu_items(buttons: Sequence[Button], above: str = "") -> tuple[MenuItem, ...]:
    return tuple(
        MenuItem(
            name=button["name"],
            place=f"{above}{place}",
            stays=button.get("type") in _STAY,
            items=_menu_items(button.get("sub_button") or (), f"{place}."),
        )
        for place, button in enumerate(buttons)
    )


def _media_finder(sandbox: Sandbox, account: Account) -> dict[str, object]:
    return {"media_of": lambda bubble: _media(sandbox, account, bubble)}


def _media(sandbox: Sandbox, account: Account, bubble: Bubble) -> Media | None:
    """Return the file of a bubble; None when it has none, or its three days are over."""
    try:
        return sandbox.library.get_any(account.appid, bubble.media_id, sandbox.clock.now())
    except ApiError:
        return None


def _target_of(button: Button, account: Account) -> str:
    if button["type"] == "view":
        return open_in_phone(button["url"], account.slug)
    if button["type"] == "miniprogram":
        told = {"appid": button["appid"], "path": button["pagepath"], "back": account.slug}
        return f"/mini?{urlencode(told)}"
    return f"/chats/{account.slug}#end"
