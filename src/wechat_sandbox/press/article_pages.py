# SPDX-License-Identifier: Apache-2.0
"""Published articles on the web: read, like, share, comment; and the pictures they show."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wechat_sandbox import people
from wechat_sandbox.clock import china_day, china_time
from wechat_sandbox.phone.state import current_citizen
from wechat_sandbox.press.article_body import show_content
from wechat_sandbox.press.queueing import settle
from wechat_sandbox.press.readers import OTHER_SOURCE, SOURCES, Comment, Page, Tally
from wechat_sandbox.screens import open_in_phone, render
from wechat_sandbox.state import Sandbox

MAX_COMMENT = 600
# What a reader does with one button, and the counter that goes up.
DEEDS = {
    "like": "like_user",
    "zaikan": "zaikan_user",
    "share": "share_user",
    "collect": "collection_user",
}
# `?from=` of the address tells where the reader came from.
_CAME_FROM = {"message": SOURCES[0], "chat": SOURCES[1], "moments": SOURCES[2]}


@dataclass(frozen=True, slots=True)
class ShownComment:
    """A comment with its writer, as the page shows it."""

    name: str
    number: int
    comment: Comment
    is_own: bool


def article_routes() -> list[Route]:
    """Return the routes of articles, previews, pictures and links into mini programs."""
    return [
        Route("/s/draft/{key}/{index:int}", preview),
        Route("/s/{key}", article),
        Route("/s/{key}/original", original),
        Route("/s/{key}/comment", comment, methods=["POST"]),
        Route("/s/{key}/comment/{comment:int}/delete", delete_comment, methods=["POST"]),
        Route("/s/{key}/{deed}", deed, methods=["POST"]),
        Route("/mmbiz/{key}/0", picture),
        Route("/u/{key}", mini_link),
    ]


async def article(request: Request) -> Response:
    """Show an article, and count its reader once a day."""
    sandbox, page = _sandbox(request), _page(request)
    if page is None:
        return render(request, "published_gone.html", {"reason": "unknown"}, status=404)
    if page.is_deleted:
        return render(request, "published_gone.html", {"reason": "deleted"})
    _today(sandbox, page).readers.setdefault(_visitor(request), _source(request))
    return _shown(request, page)


async def preview(request: Request) -> Response:
    """Show a draft to whoever has its temporary address."""
    sandbox = _sandbox(request)
    draft = sandbox.library.find_preview(request.path_params["key"])
    index = request.path_params["index"]
    if draft is None or index >= len(draft.articles):
        return render(request, "published_gone.html", {"reason": "unknown"}, status=404)
    url = str(request.url)
    page = Page("", draft.appid, draft.articles[index], 0, index, draft.updated_at, url)
    return _shown(request, page)


async def original(request: Request) -> Response:
    """Lead to the office's own page behind «read the original», and count that."""
    page = _page(request)
    target = page.article["content_source_url"] if page is not None else ""
    if page is None or page.is_deleted or not target:
        return render(request, "published_gone.html", {"reason": "unknown"}, status=404)
    _act(request, page, "redirect_ori_page_user")
    if _opens_in_phone(request, target):
        target = open_in_phone(target, _sandbox(request).by_appid[page.appid].slug)
    return RedirectResponse(target, status_code=302)


async def deed(request: Request) -> Response:
    """Count a like, a share and the like, once per reader."""
    page, counter = _page(request), DEEDS.get(request.path_params["deed"])
    if page is None or page.is_deleted or counter is None:
        return render(request, "published_gone.html", {"reason": "unknown"}, status=404)
    _act(request, page, counter)
    return RedirectResponse(f"/s/{page.key}#deeds", status_code=303)


async def comment(request: Request) -> Response:
    """Take a citizen's comment; the office decides whether others see it."""
    sandbox, page, number = _sandbox(request), _page(request), current_citizen(request)
    if page is None or page.is_deleted:
        return render(request, "published_gone.html", {"reason": "unknown"}, status=404)
    words = str((await request.form()).get("content", "")).strip()
    problem = _comment_problem(sandbox, page, number, words)
    if problem or number is None:
        return _shown(request, page, problem=problem, written=words, status=409)
    now = sandbox.clock.now()
    openid = people.openid_of(page.appid, number)
    page.add_comment(number=number, openid=openid, content=words, now=now)
    _today(sandbox, page).comments += 1
    return RedirectResponse(f"/s/{page.key}#comments", status_code=303)


async def delete_comment(request: Request) -> Response:
    """Let a citizen take their own comment back."""
    page, number = _page(request), current_citizen(request)
    if page is None or number is None:
        return render(request, "published_gone.html", {"reason": "unknown"}, status=404)
    for one in page.comments:
        if (one.user_comment_id, one.number) == (request.path_params["comment"], number):
            one.is_deleted = True
    return RedirectResponse(f"/s/{page.key}#comments", status_code=303)


async def picture(request: Request) -> Response:
    """Return a stored picture, recording or film."""
    media = _sandbox(request).library.find_picture(request.path_params["key"])
    if media is None:
        return Response(status_code=404)
    headers = {
        "Cache-Control": "public, max-age=86400",
        "Content-Security-Policy": "default-src 'none'",
        "X-Content-Type-Options": "nosniff",
        # The office's own pages show its covers too.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return Response(media.body, media_type=media.content_type, headers=headers)


async def mini_link(request: Request) -> Response:
    """Lead from a URL link to the mini program's page on the phone."""
    sandbox = _sandbox(request)
    link = sandbox.minis.links.get(request.path_params["key"])
    if link is None or sandbox.clock.now() >= link.expires_at:
        return render(request, "published_gone.html", {"reason": "unknown"}, status=404)
    path = f"{link.path}?{link.query}" if link.query else link.path
    target = request.url_for("mini_program").include_query_params(appid=link.appid, path=path)
    return RedirectResponse(str(target), status_code=302)


def _shown(
    request: Request, page: Page, *, problem: str = "", written: str = "", status: int = 200
) -> Response:
    sandbox, number = _sandbox(request), current_citizen(request)
    source = page.article["content_source_url"]
    return render(
        request,
        "published.html",
        {
            "account": sandbox.by_appid[page.appid],
            "page": page,
            "article": page.article,
            "body": show_content(page.article["content"]),
            "pictures": page.article.get("picture_urls", ()),
            "published": china_time(page.published_at).strftime("%Y-%m-%d %H:%M"),
            "source": source,
            "opens_in_phone": _opens_in_phone(request, source),
            "comments": _comments(page, number),
            "number": number,
            "deeds": [
                (name, page.total(counter), page.has_acted(counter, _visitor(request)))
                for name, counter in DEEDS.items()
            ],
            "problem": problem,
            "written": written,
            "max_comment": MAX_COMMENT,
        },
        status=status,
    )


def _opens_in_phone(request: Request, address: str) -> bool:
    # Only the product's own pages are shown inside the phone.
    origin = _sandbox(request).settings.product_origin
    return current_citizen(request) is not None and f"{address}/".startswith(f"{origin}/")


def _comments(page: Page, number: int | None) -> list[ShownComment]:
    """Return the elected comments and the reader's own, newest first."""
    return [
        ShownComment(people.citizen(one.number).nickname, one.number, one, one.number == number)
        for one in reversed(page.comments)
        if not one.is_deleted and (one.is_elected or one.number == number)
    ]


def _comment_problem(sandbox: Sandbox, page: Page, number: int | None, words: str) -> str:
    if number is None:
        return "no_phone"
    if not page.is_open_for_comments:
        return "comments_closed"
    account = sandbox.by_appid[page.appid]
    fans_only = page.article.get("only_fans_can_comment") == 1
    if fans_only and not sandbox.follow_of(account, number).subscribed:
        return "comments_for_followers"
    if not words:
        return "comment_empty"
    return "comment_too_long" if len(words) > MAX_COMMENT else ""


def _act(request: Request, page: Page, counter: str) -> None:
    visitor = _visitor(request)
    if not page.has_acted(counter, visitor):
        _today(_sandbox(request), page).actors.setdefault(counter, set()).add(visitor)


def _today(sandbox: Sandbox, page: Page) -> Tally:
    return page.on(china_day(sandbox.clock.now()))


def _source(request: Request) -> str:
    told = request.query_params.get("from", "")
    return told if told in SOURCES else _CAME_FROM.get(told, OTHER_SOURCE)


def _visitor(request: Request) -> str:
    number = current_citizen(request)
    if number is not None:
        return str(number)
    # Without a phone in the browser, everybody at one address is one reader.
    return f"at {request.client.host}" if request.client else ""


def _page(request: Request) -> Page | None:
    sandbox = _sandbox(request)
    settle(sandbox)
    return sandbox.readers.find_page(request.path_params["key"])


def _sandbox(request: Request) -> Sandbox:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox
