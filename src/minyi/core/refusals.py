# SPDX-License-Identifier: Apache-2.0
"""How a refusal is answered: a page for people, problem details (RFC 9457) for programmes."""

import json
from collections.abc import Callable, Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from .errors import DomainError, NotAllowed, NotFound, Unavailable

PROBLEM_TYPE = "application/problem+json"


def refusal_response(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer with the refusal in the shape the client asked for."""
    response = problem(error) if wants_json(request) else _page(request, error)
    if isinstance(error, Unavailable):
        response["Retry-After"] = str(error.retry_after_s)
    response["Cache-Control"] = "no-store"
    return response


def wants_json(request: HttpRequest) -> bool:
    """Tell whether the client prefers JSON; the API always does."""
    if request.path.startswith("/api/"):
        return True
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def problem(error: DomainError) -> HttpResponse:
    """Return RFC 9457 problem details; `code` and `action` are our extension members."""
    body = {
        "type": f"/help/errors#{error.code}",
        "title": str(error.title),
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "action": str(error.action),
    }
    return HttpResponse(
        json.dumps(body, ensure_ascii=False), status=error.status, content_type=PROBLEM_TYPE
    )


def name_contacts(find: Callable[[HttpRequest], Sequence[str]]) -> None:
    """Say who in the house can give a permission; called by the app that knows its people."""
    global _contacts  # set once, in AppConfig.ready
    _contacts = find


_contacts: Callable[[HttpRequest], Sequence[str]] = lambda _request: ()  # noqa: E731


def _page(request: HttpRequest, error: DomainError) -> HttpResponse:
    if _is_in_console(request):
        return _console_page(request, error)
    is_fragment = request.headers.get("HX-Request") == "true"
    template = "ui/_error.html" if is_fragment else "ui/error.html"
    context = {
        "code": error.code,
        "title": error.title,
        "detail": error.detail,
        "action": error.action,
        "status": error.status,
    }
    return render(request, template, context, status=error.status)


def _is_in_console(request: HttpRequest) -> bool:
    """Tell whether this is somebody at the console, in a page of it."""
    is_page = request.path.startswith("/staff/") and "HX-Request" not in request.headers
    user = getattr(request, "user", None)
    return is_page and user is not None and user.has_perm("wagtailadmin.access_admin")


def _console_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer in the console's frame: the reason, and whom to ask for a permission."""
    context = {
        "header_title": error.title,
        "page_title": error.title,
        "header_icon": "warning",
        "detail": error.detail,
        "action": error.action,
        "code": error.code,
        "contacts": _contacts(request) if error.status == NotAllowed.status else (),
    }
    return render(request, "ui/staff/refusal.html", context, status=error.status)


class BadRequest(DomainError):
    """The browser sent something that cannot be read."""

    code = "bad_request"
    status = 400
    title = _("请求无法识别")
    sentence = _("服务器无法识别这次请求，没有做任何改动。")
    action = _("请返回上一页刷新后重试。")


class PageExpired(DomainError):
    """The form's anti-forgery mark is missing or old."""

    code = "page_expired"
    status = 403
    title = _("页面已过期")
    sentence = _("页面停留时间过长，或者浏览器禁用了 Cookie，提交没有生效。")
    action = _("请刷新页面后重新提交。")


class WrongMethod(DomainError):
    """The address does not take requests of this method: mostly a form's, opened by itself."""

    code = "method_not_allowed"
    status = 405
    title = _("这个网址不能直接打开")
    sentence = _("这个网址只用来接收页面上的提交，没有做任何改动。")
    action = _("请返回上一页，按页面上的按钮办理。")


class ServerError(Unavailable):
    """A fault of ours."""

    code = "server_error"
    status = 500
    title = _("系统出错了")
    sentence = _("这是系统的问题，不是您的操作有误；工作人员会收到记录。")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return refusal_response(request, BadRequest())


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return refusal_response(request, NotAllowed())


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return refusal_response(request, NotFound())


def wrong_method(request: HttpRequest, bare: HttpResponseNotAllowed) -> HttpResponse:
    """Put words to Django's bare answer 405; what it allows stays in its header."""
    response = refusal_response(request, WrongMethod())
    response["Allow"] = bare["Allow"]
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500."""
    return refusal_response(request, ServerError())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    return refusal_response(request, PageExpired())
