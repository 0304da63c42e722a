# SPDX-License-Identifier: Apache-2.0
"""Nothing that can be sent makes the sandbox fail: it refuses, by code, on every route."""

import json
import random
import re
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from wechat_sandbox.accounts import sample_accounts
from wechat_sandbox.app import create_app
from wechat_sandbox.control.plane import control_routes
from wechat_sandbox.interfaces import INTERFACES
from wechat_sandbox.interfaces.base import Interface
from wechat_sandbox.people import openid_of
from wechat_sandbox.room.forms import FORMS
from wechat_sandbox.screens import HERE
from wechat_sandbox.settings import Settings
from wechat_sandbox.tests.given import PRODUCT, SANDBOX, given_clock
from wechat_sandbox.tests.given_media import PNG, token_of

pytestmark = pytest.mark.anyio
ACCOUNTS = sample_accounts(PRODUCT)
SERVICE, _, PROGRAM = ACCOUNTS
NASTY: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 2**70, 1.5, 1e300, "", "x", "0", "-7", "٣", "\x00", "\ud83d", "]]>"),
    *("😀" * 300, "x" * 5000, [], [[]], [None], ["x", 7], {}, {"": None}, {"id": "x"}),
    *([{"articles": [{}]}], {"scene": {"scene_id": [1]}}, "2026-11-21", "http://[", "image"),
)
SHARP = (None, True, -1, 2**70, 1e300, "", "x", "\ud83d", "x" * 5000, [], [[]], {}, "http://[")
# Words that lead deeper than the first check, at whatever place they stand.
KNOWN: tuple[Any, ...] = (
    openid_of(SERVICE.appid, 1),
    openid_of(PROGRAM.appid, 1),
    *("sandbox", "sandbox-mini", "QR_SCENE", "text", "news", "accept", "authorization_code"),
    *("hmac_sha256", "/cgi-bin/user/get", "success", "publish"),
)
# Every name the sandbox looks for in what it is sent.
_ASKED = re.compile(r'\b_?(?:text|texts|whole|fields|number|get)\((?:asked, |given, )?"(\w+)"')
NAMES = sorted({one for path in HERE.rglob("*.py") for one in _ASKED.findall(path.read_text())})


@pytest.fixture
async def client():
    async def world(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, text="success")

    app = create_app(
        Settings(
            product_url=PRODUCT, sandbox_url=SANDBOX, accounts=ACCOUNTS, has_sample_notices=True
        ),
        clock=given_clock(),
        transport=httpx.MockTransport(world),
    )
    transport = httpx.ASGITransport(app=app)  # an exception inside comes out here
    async with httpx.AsyncClient(transport=transport, base_url=SANDBOX) as client:
        yield client


def something(chance: random.Random, depth: int = 0) -> Any:
    """Return any value: a nasty one, a known one, or a structure of them."""
    draw = chance.random()
    if draw < 0.15 and depth < 3:
        return [something(chance, depth + 1) for _ in range(chance.randrange(4))]
    if draw < 0.4 and depth < 3:
        names = chance.sample(NAMES, chance.randrange(1, 6))
        return {name: something(chance, depth + 1) for name in names}
    return chance.choice(KNOWN if draw > 0.75 else NASTY)


def as_json(told: Any) -> bytes:
    """Return JSON as most clients send it, or with escapes where UTF-8 cannot say it."""
    try:
        return json.dumps(told, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return json.dumps(told).encode()


def bodies(chance: random.Random) -> list[tuple[bytes, str]]:
    """Return bodies of every sort: objects, other JSON, broken JSON, broken multipart."""
    objects = [{name: something(chance) for name in chance.sample(NAMES, 25)} for _ in range(4)]
    sound = [(as_json(told), "application/json") for told in [*objects, *chance.sample(NASTY, 4)]]
    part = b'--b\r\nContent-Disposition: form-data; name="media"; filename="a.png"\r\n\r\n'
    broken = [
        *((body, "application/json") for body in (b"{", b"[" * 100_000, b"\xff\xfe", b"NaN")),
        *((body, "multipart/form-data; boundary=b") for body in (b"", b"--b", part, part * 3)),
        (part + b"\x89PNG\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (part + b"RIFF0000WAVE\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (part + b"ID3\x04\r\n--b--\r\n", "multipart/form-data; boundary=b"),
        (part, "multipart/form-data"),
        (b"x=1", "application/x-www-form-urlencoded"),
    ]
    return sound + broken


@pytest.mark.parametrize("path", INTERFACES)
async def test_an_interface_refuses_whatever_it_cannot_read(client: httpx.AsyncClient, path: str):
    chance = random.Random(path)
    interface: Interface = INTERFACES[path]
    for account in (SERVICE, PROGRAM):
        token = await token_of(client, account)
        keys = {"access_token": token, "appid": account.appid, "secret": account.secret}
        for body, kind in bodies(chance):
            if interface.method != "GET":
                query = keys | {"type": str(chance.choice(("image", "voice", "video", "x")))}
                await sent(client, "POST", path, query, body, kind)
        for _ in range(6):
            words = {name: plain(chance) for name in chance.sample(NAMES, 30)}
            await sent(client, "GET", path, words | keys, b"", "")


async def sent(
    client: httpx.AsyncClient, method: str, path: str, query: dict[str, str], body: bytes, kind: str
) -> None:
    answer = await client.request(
        method, path, params=query, content=body, headers={"Content-Type": kind} if kind else {}
    )
    assert answer.status_code in (200, 404), (path, body[:200])
    if answer.headers.get("content-type", "").startswith(("application/json", "text/plain")):
        assert isinstance(answer.json(), dict)


ME = openid_of(SERVICE.appid, 1)
THING = {"thing1": {"value": "评选"}, "time2": {"value": "2026年11月20日"}}
BUTTON = {"type": "view", "name": "办事", "url": "http://127.0.0.1:8000/"}
PHOTO = {"ratio": "1_1", "x1": "0", "y1": "0", "x2": "1", "y2": "1"}
ARTICLE = {
    "article_type": "news",
    "title": "公告",
    "author": "青禾",
    "digest": "摘要",
    "content": "<p>正文</p>",
    "content_source_url": "http://a/",
    "thumb_media_id": "THUMB",
    "need_open_comment": 1,
    "only_fans_can_comment": 0,
    "pic_crop_235_1": "0_0_1_1",
    "image_info": {"image_list": [{"image_media_id": "THUMB"}]},
    "cover_info": {"crop_percent_list": [PHOTO]},
}
LINE = {"color": {"r": 0, "g": 1, "b": 2}}
# What is right but for one place goes deepest: each place gets every nasty value in turn.
NEARLY: dict[str, Any] = {
    "/cgi-bin/menu/create": {"button": [BUTTON, {"name": "更多", "sub_button": [BUTTON]}]},
    "/cgi-bin/menu/addconditional": {
        "button": [BUTTON],
        "matchrule": {"tag_id": "2", "client_platform_type": "1"},
    },
    "/cgi-bin/menu/trymatch": {"user_id": ME},
    "/cgi-bin/tags/create": {"tag": {"name": "东区"}},
    "/cgi-bin/tags/members/batchtagging": {"openid_list": [ME], "tagid": 2},
    "/cgi-bin/user/info/batchget": {"user_list": [{"openid": ME, "lang": "zh_CN"}]},
    "/cgi-bin/qrcode/create": {
        "action_name": "QR_SCENE",
        "expire_seconds": 60,
        "action_info": {"scene": {"scene_id": 7, "scene_str": "hall"}},
    },
    "/cgi-bin/draft/add": {"articles": [ARTICLE]},
    "/cgi-bin/draft/update": {"media_id": "DRAFT", "index": 0, "articles": ARTICLE},
    "/cgi-bin/draft/batchget": {"offset": 0, "count": 20, "no_content": 1},
    "/cgi-bin/freepublish/submit": {"media_id": "DRAFT"},
    "/cgi-bin/message/mass/sendall": {
        "filter": {"is_to_all": True, "tag_id": 2},
        "msgtype": "text",
        "text": {"content": "通知"},
        "clientmsgid": "job",
        "send_ignore_reprint": 0,
    },
    "/cgi-bin/message/mass/send": {
        "touser": [ME, ME],
        "msgtype": "image",
        "images": {"media_ids": ["THUMB"], "recommend": "看", "need_open_comment": 1},
    },
    "/cgi-bin/message/template/send": {
        "touser": ME,
        "template_id": "sample-template-review-result-0000000000001",
        "url": "http://a/",
        "miniprogram": {"appid": PROGRAM.appid, "pagepath": "a"},
        "client_msg_id": "one",
        "data": THING,
    },
    "/cgi-bin/message/subscribe/bizsend": {
        "touser": ME,
        "template_id": "sample-notice-review-result-000000000000001",
        "page": "http://a/",
        "miniprogram": {"appid": PROGRAM.appid, "pagepath": "a"},
        "data": THING,
    },
    "/cgi-bin/message/template/subscribe": {
        "touser": ME,
        "template_id": "x",
        "scene": "1",
        "title": "题",
        "data": {"content": {"value": "述", "color": "#000"}},
    },
    "/wxaapi/newtmpl/addtemplate": {"tid": "20104", "kidList": [1, 2], "sceneDesc": "评选"},
    "/datacube/getupstreammsg": {"begin_date": "2026-11-10", "end_date": "2026-11-11"},
    **{
        f"/cgi-bin/message/custom/send#{kind}": {
            "touser": ME,
            "msgtype": kind,
            kind: content,
            "customservice": {"kf_account": "a1@gh"},
            "aimsgcontext": {"is_ai_msg": 1},
        }
        for kind, content in {
            "text": {"content": "您好"},
            "image": {"media_id": "THUMB"},
            "video": {"media_id": "THUMB", "thumb_media_id": "THUMB", "title": "题"},
            "news": {"articles": [{"title": "题", "description": "述", "url": "http://a/"}]},
            "msgmenu": {"head_content": "问", "list": [{"id": "1", "content": "是"}]},
            "mpnewsarticle": {"article_id": "x"},
            "miniprogrampage": {"title": "题", "appid": PROGRAM.appid, "pagepath": "a"},
        }.items()
    },
}
NEARLY_MINI: dict[str, Any] = {
    "/wxa/getwxacodeunlimit": {"scene": "a=1", "page": "a", "width": 300, "line_color": LINE},
    "/wxa/getwxacode": {"path": "a?b=1", "width": 300},
    "/wxa/generate_urllink": {"path": "a", "query": "b=1", "expire_type": 1, "expire_interval": 9},
    "/wxa/generatescheme": {
        "jump_wxa": {"path": "a", "query": "b=1", "env_version": "release"},
        "is_expire": True,
        "expire_type": 0,
        "expire_time": 1_795_100_000,
    },
    "/wxa/getuserriskrank": {"appid": PROGRAM.appid, "scene": 1, "client_ip": "1.2.3.4"},
    "/wxa/msg_sec_check": {"version": 2, "scene": 2, "content": "好", "title": "题"},
    "/wxa/media_check_async": {"version": 2, "scene": 2, "media_url": "http://a/", "media_type": 2},
}


def spoilt(told: Any) -> list[Any]:
    """Return the value with each of its places, at any depth, set to each nasty value."""
    found = list(SHARP)
    if isinstance(told, dict):
        found += [{**told, name: other} for name, one in told.items() for other in spoilt(one)]
    if isinstance(told, list):
        found += [
            [*told[:n], other, *told[n + 1 :]]
            for n, one in enumerate(told)
            for other in spoilt(one)
        ]
    return found


@pytest.mark.parametrize("case", [*NEARLY, *NEARLY_MINI])
async def test_one_wrong_place_in_a_sound_body_is_borne(client: httpx.AsyncClient, case: str):
    account = PROGRAM if case in NEARLY_MINI else SERVICE
    query = {"access_token": await token_of(client, account)}
    await client.post("/_sim/follow", json={"citizen": 1})
    await client.post("/_sim/text", json={"citizen": 1, "content": "在吗"})
    given = {"media": ("a.png", PNG)}
    added = await client.post(
        "/cgi-bin/material/add_material", params={**query, "type": "image"}, files=given
    )
    thumb = added.json().get("media_id", "x")
    article = {**ARTICLE, "thumb_media_id": thumb, "image_info": {}, "cover_info": {}}
    draft = await client.post("/cgi-bin/draft/add", params=query, json={"articles": [article]})
    names = (("THUMB", thumb), ("DRAFT", draft.json().get("media_id", "x")))
    for body in spoilt({**NEARLY, **NEARLY_MINI}[case]):
        told = as_json(body)
        for name, value in names:
            told = told.replace(name.encode(), value.encode())
        await sent(client, "POST", case.partition("#")[0], query, told, "application/json")


def plain(chance: random.Random) -> str:
    value = chance.choice(NASTY + KNOWN)
    return str(value).encode(errors="replace").decode()


@pytest.mark.parametrize("route", control_routes(), ids=lambda route: route.path)
async def test_an_order_is_carried_out_or_refused(client: httpx.AsyncClient, route: Route):
    chance = random.Random(route.path)
    blanks = {
        blank.name for form in FORMS if route.path == f"/_sim/{form.name}" for blank in form.blanks
    }
    for turn in range(30):
        told = {name: something(chance, 2) for name in chance.sample(NAMES, 10)}
        told |= {name: something(chance, 2) for name in blanks}
        told["citizen"] = chance.choice([*NASTY, 1, 2, 3]) if turn % 3 else 1
        told["account"] = chance.choice(["sandbox", "sandbox-mini", "x", None])
        if "POST" in (route.methods or ()):
            headers = {"Content-Type": "application/json"}
            answer = await client.post(route.path, content=as_json(told), headers=headers)
        else:
            answer = await client.get(route.path, params={n: plain(chance) for n in told})
        assert answer.status_code in (200, 400), (told, answer.text)
        if answer.status_code == 400:
            assert answer.json()["detail"]


async def test_a_page_answers_whatever_its_address_or_form_holds(client: httpx.AsyncClient):
    chance = random.Random(7)
    pages = [one for one in client._transport.app.routes if isinstance(one, Route)]
    for follow in (1, 2):
        await client.post("/_sim/follow", json={"citizen": follow})
    for page in pages:
        if page.path.startswith("/_sim/") or "rest" in page.path:
            continue
        for turn in range(8):
            client.cookies.set("sandbox_phone", chance.choice(["1", "2", "x", "0", "9" * 30]))
            path = page.path
            for name, convertor in page.param_convertors.items():
                value = str(chance.choice((0, 1, 10**15))) if turn % 2 else "sandbox"
                if convertor.regex == "[0-9]+" and not value.isdecimal():
                    value = "1"
                path = path.replace(f"{{{name}:int}}", value).replace(f"{{{name}}}", value)
            words = {name: plain(chance) for name in chance.sample(NAMES, 12)}
            words |= {"account": chance.choice(["", "sandbox", "x"]), "appid": SERVICE.appid}
            for method in page.methods or ():
                form = words if method == "POST" else None
                answer = await client.request(method, path, params=words, data=form)
                assert answer.status_code < 500, (method, path, words)
