# SPDX-License-Identifier: Apache-2.0
"""Whom a browser belongs to: the web login (wechat-api.md §4)."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic import Field

from ..capabilities import Ability
from .answers import Answer, Done, Text
from .group import Group
from .limits import check_count
from .transport import Call


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """Whom WeChat's server says a login code belongs to."""

    openid: str
    unionid: str = ""
    is_snapshot: bool = False
    scope: str = field(default="snsapi_base")
    access_token: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)


class Profile(Answer):
    """What a citizen has agreed to tell; sex and area are empty nowadays."""

    openid: str
    nickname: str = ""
    picture_url: str = Field(default="", alias="headimgurl")
    unionid: str = ""


class Moved(Answer):
    """An openid before and after the account moved."""

    before: str = Field(alias="ori_openid")
    after: str = Field(default="", alias="new_openid")
    message: str = Field(default="", alias="err_msg")


class _WebToken(Answer):
    openid: str = Field(min_length=1)
    unionid: Text = ""
    is_snapshotuser: int = 0
    scope: str = ""
    access_token: str = ""
    refresh_token: str = ""


class _Moved(Answer):
    result_list: list[Moved] = []


class Login(Group):
    """The web login of verified service accounts."""

    ability = Ability.OAUTH

    async def exchange_code(self, *, code: str) -> WebIdentity:
        """Spend a login code; raises CodeRefused when it is wrong, used or expired."""
        call = Call(
            "GET",
            "/sns/oauth2/access_token",
            params={
                "appid": self._account.appid,
                "secret": self._account.secret,
                "code": code,
                "grant_type": "authorization_code",
            },
        )
        return _identity(await self._transport.ask_bare(call, _WebToken))

    async def renew(self, *, refresh_token: str) -> WebIdentity:
        """Return a new web token; the refresh token lives 30 days."""
        call = Call(
            "GET",
            "/sns/oauth2/refresh_token",
            params={
                "appid": self._account.appid,
                "grant_type": "refresh_token",
                "refresh_token": refresh_token,
            },
        )
        return _identity(await self._transport.ask_bare(call, _WebToken))

    async def check(self, *, access_token: str, openid: str) -> None:
        """Raise when the web token is no longer good for this openid."""
        params = {"access_token": access_token, "openid": openid}
        await self._transport.ask_bare(Call("GET", "/sns/auth", params=params), Done)

    async def profile(self, *, access_token: str, openid: str) -> Profile:
        """Return what the citizen agreed to tell (scope snsapi_userinfo)."""
        params = {"access_token": access_token, "openid": openid, "lang": "zh_CN"}
        return await self._transport.ask_bare(Call("GET", "/sns/userinfo", params=params), Profile)

    async def moved(self, *, from_appid: str, openids: Sequence[str]) -> list[Moved]:
        """Return the openids that people of a migrated account have in this one."""
        check_count("openids", openids, most=100)
        body = {"from_appid": from_appid, "openid_list": list(openids)}
        return (await self._post("/cgi-bin/changeopenid", body, _Moved)).result_list


def _identity(token: _WebToken) -> WebIdentity:
    return WebIdentity(
        openid=token.openid,
        unionid=token.unionid,
        is_snapshot=token.is_snapshotuser == 1,
        scope=token.scope,
        access_token=token.access_token,
        refresh_token=token.refresh_token,
    )
