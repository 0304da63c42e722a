# SPDX-License-Identifier: Apache-2.0
"""The record behind each `rid`, which a developer may ask for within seven days."""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass

from starlette.requests import Request

from wechat_sandbox.accounts import Account

KEPT_S = 7 * 86_400
_KEPT = 5_000
_SHOWN = 2_000
_SECRETS = re.compile(r"(access_token|secret|appsecret|code|refresh_token)=[^&]*")


@dataclass(frozen=True, slots=True)
class Record:
    """What was asked and answered under one rid."""

    appid: str
    invoke_time: int
    cost_in_ms: int
    request_url: str
    request_body: str
    response_body: str
    client_ip: str

    def is_kept(self, now: float) -> bool:
        """Tell whether WeChat would still show it."""
        return now < self.invoke_time + KEPT_S


class Rids:
    """Keep the newest five thousand calls."""

    def __init__(self) -> None:
        self._records: OrderedDict[str, Record] = OrderedDict()

    def keep(
        self,
        rid: str,
        request: Request,
        account: Account | None,
        took_ms: int,
        answered: bytes,
        now: float,
    ) -> None:
        """Keep one call; credentials in the address are blotted out."""
        self._records[rid] = Record(
            appid=account.appid if account else "",
            invoke_time=int(now),
            cost_in_ms=took_ms,
            request_url=_SECRETS.sub(r"\1=*", f"{request.url.path}?{request.url.query}"),
            request_body="",  # never kept: it may hold a secret or a citizen's words
            response_body=_shown(answered),
            client_ip=request.client.host if request.client else "",
        )
        while len(self._records) > _KEPT:
            self._records.popitem(last=False)

    def find(self, rid: str) -> Record | None:
        """Return the call behind a rid, however old, while it is remembered."""
        return self._records.get(rid)


def _shown(body: bytes) -> str:
    # Only refusals are kept in words; an answer may hold a token.
    return body.decode(errors="replace")[:_SHOWN] if b'"errcode":' in body[:200] else ""
