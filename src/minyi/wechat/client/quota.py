# SPDX-License-Identifier: Apache-2.0
"""What is left of the day's calls, what became of one, and the way to us (wechat-api.md §2)."""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from .answers import Answer, Text
from .group import Group
from .transport import Call

Check = Literal["dns", "ping", "all"]
Operator = Literal["CHINANET", "UNICOM", "CAP", "DEFAULT"]


class Usage(Answer):
    """How many calls of one interface are allowed today, used and left."""

    daily_limit: int = 0
    used: int = 0
    remain: int = 0


class CallRecord(Answer):
    """What WeChat remembers of a call for seven days; bodies may hold citizens' words."""

    invoke_time: int = 0
    cost_in_ms: int = 0
    request_url: str = Field(default="", repr=False)
    request_body: str = Field(default="", repr=False)
    response_body: str = Field(default="", repr=False)
    client_ip: str = ""


class DnsResult(Answer):
    ip: str
    operator: str = Field(default="", alias="real_operator")


class PingResult(Answer):
    ip: str
    operator: str = Field(default="", alias="from_operator")
    package_loss: Text = ""
    time: Text = ""


class Reachability(Answer):
    """How WeChat sees the address of our callback."""

    dns: list[DnsResult] = []
    ping: list[PingResult] = []


class _Usage(Answer):
    quota: Usage


class _Record(Answer):
    request: CallRecord


class _Addresses(Answer):
    ip_list: list[str] = []


class Quota(Group):
    """Open to every account."""

    async def of(self, *, path: str) -> Usage:
        """Return what is left for one interface, named by its path."""
        return (await self._post("/cgi-bin/openapi/quota/get", {"cgi_path": path}, _Usage)).quota

    async def clear_all(self) -> None:
        """Set all counters back; ten times a month. Only ever by a person's decision."""
        await self._order("/cgi-bin/clear_quota", {"appid": self._account.appid})

    async def clear_all_with_secret(self) -> None:
        """The same where no token can be had; shares the ten times."""
        body = {"appid": self._account.appid, "appsecret": self._account.secret}
        call = Call("POST", "/cgi-bin/clear_quota/v2", body=body)
        await self._transport.ask_bare(call, Answer)

    async def clear(self, *, path: str) -> None:
        """Set the counter of one interface back; fifty times a month."""
        await self._order("/cgi-bin/openapi/quota/clear", {"cgi_path": path})

    async def record_of(self, *, rid: str) -> CallRecord:
        """Return what WeChat remembers of the call with this rid."""
        return (await self._post("/cgi-bin/openapi/rid/get", {"rid": rid}, _Record)).request

    async def check_callback(
        self, *, what: Check = "all", operator: Operator = "DEFAULT"
    ) -> Reachability:
        """Have WeChat look up and ping the address of our callback."""
        body = {"action": what, "check_operator": operator}
        return await self._post("/cgi-bin/callback/check", body, Reachability)

    async def api_addresses(self) -> Sequence[str]:
        """Return the addresses of WeChat's API, for the way out through a firewall."""
        return (await self._get("/cgi-bin/get_api_domain_ip", _Addresses)).ip_list

    async def callback_addresses(self) -> Sequence[str]:
        """Return the addresses callbacks come from, for the way in; to be refreshed daily."""
        return (await self._get("/cgi-bin/getcallbackip", _Addresses)).ip_list
