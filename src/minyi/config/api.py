# SPDX-License-Identifier: Apache-2.0
"""`/api/v1`: every app's router, one error shape, one OpenAPI document."""

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.renderers import JSONRenderer

from minyi.campaigns.api import router as campaigns
from minyi.core.errors import DomainError, Invalid, NotFound
from minyi.core.refusals import refusal_response


class ReadableRenderer(JSONRenderer):
    """JSON with Chinese letters as they are: people read it, and it is half as long."""

    json_dumps_params = {"ensure_ascii": False}


api = NinjaAPI(
    title="民意 Minyi API",
    version="1",
    description="公开数据接口：活动、候选对象、票数与结果。错误按 RFC 9457 返回。",
    urls_namespace="api-v1",
    renderer=ReadableRenderer(),
)
api.add_router("/campaigns", campaigns)


@api.exception_handler(DomainError)
def refuse(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Answer a refusal as problem details."""
    return refusal_response(request, error)


@api.exception_handler(Http404)
def not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    """Answer an unknown thing as problem details."""
    return refusal_response(request, NotFound())


@api.exception_handler(ValidationError)
def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Answer a malformed request as problem details."""
    return refusal_response(request, Invalid())
