# SPDX-License-Identifier: Apache-2.0
"""What a mini program's server asks (wechat-api.md §6). Its decryption is in `mini_crypto`."""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Literal

from django.conf import settings
from pydantic import Field

from ..capabilities import Ability
from ..errors import NotOneOf
from .answers import Answer, Text
from .fields import as_wechat, check_fields
from .group import Group
from .limits import check_bytes, check_length, check_one_of, check_range
from .transport import Call

MOST_SCENE = 32
MOST_QUERY = 1024
MOST_PATH = 1024  # characters, with its query
MOST_SQUARE_PATH = 128
LONGEST_LINK_DAYS = 30
NARROWEST = settings.WECHAT_FACTS.code_width_least
WIDEST = settings.WECHAT_FACTS.code_width_most
USUAL_WIDTH = 430

Version = Literal["release", "trial", "develop"]


class Session(Answer):
    """Who a login code belongs to; the session key never leaves the server."""

    openid: str = Field(min_length=1)
    unionid: Text = ""
    session_key: str = Field(default="", repr=False)


class PhoneNumber(Answer):
    """A citizen's number as WeChat has verified it."""

    number: str = Field(alias="phoneNumber")  # abroad with the country's code
    pure_number: str = Field(default="", alias="purePhoneNumber")
    country_code: Text = Field(default="", alias="countryCode")


class Risk(Answer):
    """How likely WeChat thinks this is no honest person: 0 (not at all) to 4."""

    rank: int = Field(alias="risk_rank")
    union_id: Text = Field(default="", alias="unoin_id")  # WeChat's own spelling


class NewSession(Answer):
    """The session key that took the place of the old one."""

    openid: str = Field(min_length=1)
    session_key: str = Field(min_length=1, repr=False)


class LinkFacts(Answer):
    """What a link opens, and from when until when."""

    appid: str = ""
    path: str = ""
    query: str = ""
    made_at: int = Field(default=0, alias="create_time")
    expires_at: int = Field(default=0, alias="expire_time")
    version: str = Field(default="", alias="env_version")


class LinkState(Answer):
    """A link of ours, and who was the first to open it."""

    link: LinkFacts
    opened_by: str = ""


class _SchemeState(Answer):
    scheme_info: LinkFacts
    visit_openid: str = ""


class _UrlLinkState(Answer):
    url_link_info: LinkFacts
    visit_openid: str = ""


class _Phone(Answer):
    phone_info: PhoneNumber


class _UrlLink(Answer):
    url_link: str


class _Scheme(Answer):
    openlink: str


class _ShortLink(Answer):
    link: str


class MiniProgram(Group):
    """Mini programs only."""

    ability = Ability.MINI

    async def exchange_code(self, *, code: str) -> Session:
        """Spend the code of `wx.login`; raises CodeRefused when wrong, used or expired."""
        self._check_offered("/sns/jscode2session", None)
        params = {
            "appid": self._account.appid,
            "secret": self._account.secret,
            "js_code": code,
            "grant_type": "authorization_code",
        }
        call = Call("GET", "/sns/jscode2session", params=params)
        return await self._transport.ask_bare(call, Session)

    async def check_session(self, *, openid: str, session_key: str) -> None:
        """Raise when the session key is no longer good (87009)."""
        await self._get(
            "/wxa/checksession",
            Answer,
            openid=openid,
            signature=_proof(session_key),
            sig_method="hmac_sha256",
        )

    async def reset_session(self, *, openid: str, session_key: str) -> NewSession:
        """Have WeChat replace a session key that may be known to others."""
        path = "/wxa/resetusersessionkey"
        return await self._get(
            path,
            NewSession,
            openid=openid,
            signature=_proof(session_key),
            sig_method="hmac_sha256",
        )

    async def phone_number(self, *, code: str, openid: str = "") -> PhoneNumber:
        """Spend the code of the phone button; every success costs money (§6)."""
        body = {"code": code, **({"openid": openid} if openid else {})}
        path = "/wxa/business/getuserphonenumber"
        found = await self._post(path, body, _Phone, ability=Ability.PHONE_NUMBER)
        return found.phone_info

    async def code_picture(
        self,
        *,
        scene: str,
        page: str = "",
        width: int = USUAL_WIDTH,
        checks_page: bool = True,
        version: Version = "release",
        line_color: tuple[int, int, int] | None = None,
        is_transparent: bool = False,
    ) -> bytes:
        """Return the picture of a code; there is no limit to how many."""
        check_length("scene", scene, least=1, most=MOST_SCENE)
        check_range("width", width, least=NARROWEST, most=WIDEST)
        _check_page(page)
        body: dict[str, object] = {
            "scene": scene,
            "check_path": checks_page,
            "env_version": version,
            "width": width,
            "is_hyaline": is_transparent,
        }
        if page:
            body["page"] = page
        if line_color is not None:
            body["line_color"] = dict(zip("rgb", line_color, strict=True))
        return await self._download("/wxa/getwxacodeunlimit", body=body)

    async def limited_code_picture(
        self,
        *,
        path: str,
        width: int = USUAL_WIDTH,
        version: Version = "release",
        is_transparent: bool = False,
    ) -> bytes:
        """Return the picture of a code that opens a page with its query.

        An account makes 100 000 of these in all its life: for posters, not for each citizen.
        """
        check_length("path", path, least=1, most=MOST_PATH)
        check_range("width", width, least=NARROWEST, most=WIDEST)
        body: dict[str, object] = {
            "path": path,
            "width": width,
            "env_version": version,
            "is_hyaline": is_transparent,
        }
        return await self._download("/wxa/getwxacode", body=body)

    async def square_code_picture(self, *, path: str, width: int = USUAL_WIDTH) -> bytes:
        """Return the same as a square code, which printers prefer; of one store with the others."""
        check_length("path", path, least=1, most=MOST_SQUARE_PATH)
        check_range("width", width, least=NARROWEST, most=WIDEST)
        body = {"path": path, "width": width}
        return await self._download("/cgi-bin/wxaapp/createwxaqrcode", body=body)

    async def url_link(
        self, *, path: str, query: str = "", days: int = LONGEST_LINK_DAYS,
        version: Version = "release",
    ) -> str:  # fmt: skip
        """Return a link that opens the mini program from anywhere, for up to thirty days."""
        check_range("days", days, least=1, most=LONGEST_LINK_DAYS)
        check_bytes("query", query, most=MOST_QUERY)
        body = {
            "path": path,
            "query": query,
            "expire_type": 1,
            "expire_interval": days,
            "env_version": version,
        }
        return (await self._post("/wxa/generate_urllink", body, _UrlLink)).url_link

    async def scheme(
        self, *, path: str, query: str = "", days: int = LONGEST_LINK_DAYS,
        version: Version = "release",
    ) -> str:  # fmt: skip
        """Return a weixin:// address, for text messages and other apps."""
        check_range("days", days, least=1, most=LONGEST_LINK_DAYS)
        check_bytes("query", query, most=MOST_QUERY)
        body = {
            "jump_wxa": {"path": path, "query": query, "env_version": version},
            "is_expire": True,
            "expire_type": 1,
            "expire_interval": days,
        }
        return (await self._post("/wxa/generatescheme", body, _Scheme)).openlink

    async def url_link_state(self, *, url_link: str) -> LinkState:
        """Return what one of our links opens, and for how long."""
        found = await self._post("/wxa/query_urllink", {"url_link": url_link}, _UrlLinkState)
        return LinkState(link=found.url_link_info, opened_by=found.visit_openid)

    async def scheme_state(self, *, scheme: str) -> LinkState:
        """Return what one of our weixin:// addresses opens, and for how long."""
        found = await self._post("/wxa/queryscheme", {"scheme": scheme}, _SchemeState)
        return LinkState(link=found.scheme_info, opened_by=found.visit_openid)

    async def short_link(self, *, page: str, title: str, is_permanent: bool = False) -> str:
        """Return a #小程序://… text to be pasted into a chat."""
        body = {"page_url": page, "page_title": title, "is_permanent": is_permanent}
        return (await self._post("/wxa/genwxashortlink", body, _ShortLink)).link

    async def risk_of(self, *, openid: str, scene: int, client_ip: str, phone: str = "") -> Risk:
        """Return what WeChat thinks of a person; `scene` 0 registration, 1 marketing."""
        body: dict[str, object] = {
            "appid": self._account.appid,
            "openid": openid,
            "scene": scene,
            "client_ip": client_ip,
        }
        if phone:
            body["mobile_no"] = phone
        return await self._post("/wxa/getuserriskrank", body, Risk)

    async def send(
        self,
        *,
        openid: str,
        template_id: str,
        values: Mapping[str, str],
        page: str = "",
        state: Literal["developer", "trial", "formal"] = "formal",
    ) -> None:
        """Send a notice the citizen agreed to in the mini program, and spend a consent."""
        check_fields(values)
        check_one_of("state", state, ("developer", "trial", "formal"))
        body: dict[str, object] = {
            "touser": openid,
            "template_id": template_id,
            "miniprogram_state": state,
            "lang": "zh_CN",
            "data": as_wechat(values),
        }
        if page:
            body["page"] = page
        path = "/cgi-bin/message/subscribe/send"
        await self._order(path, body, ability=Ability.SUBSCRIBE_SEND)


def _proof(session_key: str) -> str:
    """Return what shows WeChat that we know the session key without telling it."""
    return hmac.new(session_key.encode(), b"", sha256).hexdigest()


def _check_page(page: str) -> None:
    # No slash in front and no query (40097, 41030) [R].
    if page.startswith("/") or "?" in page:
        raise NotOneOf(field="page", found=page, choices="pages/…")
