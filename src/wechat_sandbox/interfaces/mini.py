# SPDX-License-Identifier: Apache-2.0
"""Mini programs: login, phone number, codes and links into the program, risk rank."""

from __future__ import annotations

import io
import math
from typing import Literal
from urllib.parse import urlencode

import segno

from wechat_sandbox import people
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Binary, Call, Interface, Json
from wechat_sandbox.office import mini_users
from wechat_sandbox.office.minis import Link
from wechat_sandbox.press.library import new_key
from wechat_sandbox.state import Sandbox

SCENE_CHARS = 32
_SCENE_SIGNS = "!#$&'()*+,/:;=?@-._~"
WIDTH, NARROWEST, WIDEST = 430, 280, 1280
MAX_QUERY = 1024
MAX_PATH = 1024
MAX_SQUARE_PATH = 128
MAX_LINK_DAYS = 30
ENV_VERSIONS = ("release", "trial", "develop")
SCENE_LENGTH = 40169
BAD_PAGE = 41030
BAD_PATH = 40165
BAD_QUERY = 40212
BAD_EXPIRY = 85401
UNKNOWN_LINK = 40097


def code_to_session(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /sns/jscode2session."""
    if call.text("grant_type") != "authorization_code":
        raise ApiError(40002)
    account = call.caller
    code = call.text("js_code")
    if not code:
        raise ApiError(41008)
    number = sandbox.minis.redeem_code("login", code, account.appid, call.now)
    sandbox.minis.count_login(account.appid, number, call.now)
    return {
        "openid": people.openid_of(account.appid, number),
        "session_key": sandbox.minis.session_key(account.appid, number),
        "unionid": people.unionid_of(account.open_platform, number),
    }


def check_session(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /wxa/checksession: is this still the citizen's session key?"""
    _check_signature(sandbox, call)
    return OK


def reset_session(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /wxa/resetusersessionkey."""
    number = _check_signature(sandbox, call)
    key = sandbox.minis.renew_session(call.caller.appid, number)
    return {**OK, "openid": call.text("openid"), "session_key": key}


def phone_number(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxa/business/getuserphonenumber; its code is not the login code."""
    account = call.caller
    number = sandbox.minis.redeem_code("phone", call.text("code"), account.appid, call.now)
    return {**OK, "phone_info": mini_users.phone_info(account, number, call.now)}


def code_image(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxa/getwxacodeunlimit: a code anybody can scan, here a plain QR code."""
    scene = call.text("scene")
    if not 1 <= len(scene) <= SCENE_CHARS or not all(_is_scene_sign(sign) for sign in scene):
        raise ApiError(SCENE_LENGTH)
    width = _width(call)
    page = call.text("page")
    _check_page(sandbox, call, page)
    _env_version(call)
    return _picture(sandbox, call, f"{page}?{urlencode({'scene': scene})}", width)


def lasting_code(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxa/getwxacode: a code that opens a page with its query, limited for ever."""
    _env_version(call)
    return _lasting_picture(sandbox, call, most=MAX_PATH)


def lasting_qrcode(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/wxaapp/createwxaqrcode: the same as a square code."""
    return _lasting_picture(sandbox, call, most=MAX_SQUARE_PATH)


def url_link(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxa/generate_urllink."""
    link = _new_link(call, "url_link", call.params, expiry=_url_link_expiry(call))
    sandbox.minis.links[link.key] = link
    return {**OK, "url_link": f"{sandbox.settings.sandbox_url}/u/{link.key}"}


def scheme(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxa/generatescheme."""
    target = call.fields("jump_wxa") if "jump_wxa" in call.params else {}
    link = _new_link(call, "scheme", target, expiry=_scheme_expiry(call))
    sandbox.minis.links[link.key] = link
    return {**OK, "openlink": f"weixin://dl/business/?t={link.key}"}


def short_link(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxa/genwxashortlink."""
    path, _, query = call.text("page_url").partition("?")
    expiry = math.inf if call.params.get("is_permanent") is True else call.now + _days(30)
    link = _new_link(call, "short", {"path": path, "query": query}, expiry=expiry)
    sandbox.minis.links[link.key] = link
    return {**OK, "link": f"#小程序://{call.caller.name}/{link.key}"}


def query_url_link(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxa/query_urllink."""
    told = _told_link(_find_link(sandbox, call, call.text("url_link").rpartition("/")[2]))
    return {**OK, "url_link_info": told, "quota_info": {"remain_visit_quota": 3_000_000}}


def query_scheme(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxa/queryscheme."""
    told = _told_link(_find_link(sandbox, call, call.text("scheme").rpartition("t=")[2]))
    return {**OK, "scheme_info": told, "quota_info": {"remain_visit_quota": 3_000_000}}


def risk_rank(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxa/getuserriskrank: 0 harmless to 4, as a developer set it."""
    account = call.caller
    if call.text("appid") != account.appid:
        raise ApiError(40013)
    if call.whole("scene") not in (0, 1, 2):
        raise ApiError(40129)
    if not call.text("client_ip"):
        raise ApiError(40097, "client_ip")
    number = _number(call, call.text("openid"))
    rank = sandbox.minis.ranks.get((account.appid, number), 0)
    # The misspelt name is WeChat's own.
    return {**OK, "risk_rank": rank, "unoin_id": sandbox.next_message_id() % 2**31}


INTERFACES: dict[str, Interface] = {
    "/sns/jscode2session": Interface("GET", "secret", code_to_session, "mini"),
    "/wxa/checksession": Interface("GET", "token", check_session, "mini"),
    "/wxa/resetusersessionkey": Interface("GET", "token", reset_session, "mini"),
    "/wxa/business/getuserphonenumber": Interface("POST", "token", phone_number, "phone_number"),
    "/wxa/getwxacodeunlimit": Interface("POST", "token", code_image, "mini", per_minute=5_000),
    "/wxa/getwxacode": Interface("POST", "token", lasting_code, "mini"),
    "/cgi-bin/wxaapp/createwxaqrcode": Interface("POST", "token", lasting_qrcode, "mini"),
    "/wxa/generate_urllink": Interface("POST", "token", url_link, "mini", daily=500_000),
    "/wxa/query_urllink": Interface("POST", "token", query_url_link, "mini"),
    "/wxa/generatescheme": Interface("POST", "token", scheme, "mini", daily=500_000),
    "/wxa/queryscheme": Interface("POST", "token", query_scheme, "mini"),
    "/wxa/genwxashortlink": Interface("POST", "token", short_link, "mini"),
    "/wxa/getuserriskrank": Interface("POST", "token", risk_rank, "mini"),
}


def _check_signature(sandbox: Sandbox, call: Call) -> int:
    number = _number(call, call.text("openid"))
    if call.text("sig_method") != "hmac_sha256":
        raise ApiError(87009)
    if not sandbox.minis.is_session_signed(call.caller.appid, number, call.text("signature")):
        raise ApiError(87009)
    return number


def _check_page(sandbox: Sandbox, call: Call, page: str) -> None:
    if page.startswith("/") or "?" in page or len(page) > MAX_PATH:
        raise ApiError(BAD_PAGE)
    known = sandbox.minis.pages.get(call.caller.appid)
    # Without a list of pages every page exists.
    if page and known and call.params.get("check_path", True) and page not in known:
        raise ApiError(BAD_PAGE)


def _width(call: Call) -> int:
    width = call.whole("width", WIDTH)
    if not NARROWEST <= width <= WIDEST:
        raise ApiError(40097, "width")
    return width


def _lasting_picture(sandbox: Sandbox, call: Call, *, most: int) -> Answer:
    path, width = call.text("path"), _width(call)
    if not 1 <= len(path) <= most:
        raise ApiError(40159)
    sandbox.minis.count_lasting_code(call.caller.appid)
    return _picture(sandbox, call, path, width)


def _picture(sandbox: Sandbox, call: Call, path: str, width: int) -> Binary:
    # As WeChat's own, the picture holds a key and not the path, which would not fit in.
    page, _, query = path.partition("?")
    version = _env_version(call)
    link = Link(new_key(), call.caller.appid, "code", page, query, version, int(call.now), math.inf)
    sandbox.minis.links[link.key] = link
    address = f"{sandbox.settings.sandbox_url}/u/{link.key}"
    return Binary(_draw_code(address, width), "image/png")


def _env_version(call: Call) -> str:
    version = call.text("env_version") or "release"
    if version not in ENV_VERSIONS:
        raise ApiError(40097, "env_version")
    return version


def _is_scene_sign(sign: str) -> bool:
    return (sign.isascii() and sign.isalnum()) or sign in _SCENE_SIGNS


def _draw_code(address: str, width: int) -> bytes:
    code = segno.make(address, error="m", micro=False)
    out = io.BytesIO()
    # The nearest whole scale below the width that was asked for, then a white border around.
    scale = max(1, width // code.symbol_size(scale=1, border=2)[0])
    code.save(out, kind="png", scale=scale, border=2)
    return out.getvalue()


def _new_link(
    call: Call,
    kind: Literal["url_link", "scheme", "short"],
    target: object,
    *,
    expiry: float,
) -> Link:
    given = target if isinstance(target, dict) else dict(call.params)
    path, query = str(given.get("path", "")), str(given.get("query", ""))
    if "?" in path:
        raise ApiError(BAD_PATH)
    if len(query) > MAX_QUERY:
        raise ApiError(BAD_QUERY)
    version = str(given.get("env_version") or "release")
    if version not in ENV_VERSIONS:
        raise ApiError(40097, "env_version")
    appid = call.caller.appid
    return Link(new_key(), appid, kind, path, query, version, int(call.now), expiry)


def _url_link_expiry(call: Call) -> float:
    return _expiry(call, call.whole("expire_type", 0), default=call.now + _days(MAX_LINK_DAYS))


def _scheme_expiry(call: Call) -> float:
    if call.params.get("is_expire") is not True:
        return call.now + _days(MAX_LINK_DAYS)
    return _expiry(call, call.whole("expire_type", 0), default=None)


def _expiry(call: Call, kind: int, *, default: float | None) -> float:
    """Return the end of a link: a moment (0) or a number of days (1), thirty days at most."""
    if kind == 1:
        end = call.now + _days(call.whole("expire_interval", error=BAD_EXPIRY))
    elif call.params.get("expire_time"):
        end = float(call.whole("expire_time", error=BAD_EXPIRY))
    elif default is not None:
        end = default
    else:
        raise ApiError(BAD_EXPIRY)
    if not call.now + 60 <= end <= call.now + _days(MAX_LINK_DAYS):
        raise ApiError(BAD_EXPIRY)
    return end


def _days(count: int) -> float:
    return count * 86_400.0


def _find_link(sandbox: Sandbox, call: Call, key: str) -> Link:
    link = sandbox.minis.links.get(key)
    if link is None or link.appid != call.caller.appid:
        raise ApiError(UNKNOWN_LINK)
    return link


def _told_link(link: Link) -> Json:
    return {
        "appid": link.appid,
        "path": link.path,
        "query": link.query,
        "create_time": link.created_at,
        "expire_time": 0 if math.isinf(link.expires_at) else int(link.expires_at),
        "env_version": link.env_version,
    }


def _number(call: Call, openid: str) -> int:
    number = people.number_of(call.caller.appid, openid)
    if number is None:
        raise ApiError(40003)
    return number
