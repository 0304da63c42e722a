# SPDX-License-Identifier: Apache-2.0
"""A tiny product: callback, door and one page behind the login.

Its WeChat side is wechatpy, so that it shares nothing with the sandbox.
"""

from __future__ import annotations

import html
import json
from typing import Any
from urllib.parse import quote

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from wechatpy import WeChatClient, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import ArticlesReply, TextReply

from wechat_sandbox.accounts import sample_account

PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 47 20">'
    '<rect width="47" height="20" fill="#cfe8de"/>'
    '<path d="M0 16c9-5 16-5 23-2s15 2 24-3v9H0z" fill="#2b8a74"/></svg>'
)


# Says in the page what the JS-SDK of the sandbox did.
NOTICE_PAGE = """<!doctype html><meta charset=utf-8><title>办件进度</title>
<script src="{sandbox}/open/js/jweixin-1.6.0.js"></script>
<p id=config>…</p><p id=result>…</p>
<wx-open-subscribe template="{template}" id=ask><template><button>订阅进度通知</button></template>
</wx-open-subscribe>
<script>
const say = (id, words) => document.getElementById(id).textContent = words;
wx.config({config});
wx.ready(() => {{
  wx.updateAppMessageShareData({{ title: "查看我的办件", desc: "青禾政务", link: location.href }});
  say("config", "ready");
}});
wx.error((told) => say("config", told.errMsg));
const ask = document.getElementById("ask");
ask.addEventListener("success", (event) => say("result", event.detail.subscribeDetails));
ask.addEventListener("error", (event) => say("result", event.detail.errMsg));
</script>"""


def build_product(product_url: str, sandbox_url: str) -> Starlette:
    account = sample_account(product_url)
    crypto = WeChatCrypto(account.token, account.aes_key, account.appid)

    async def callback(request: Request) -> Response:
        query = request.query_params
        plain = crypto.decrypt_message(
            await request.body(), query["msg_signature"], query["timestamp"], query["nonce"]
        )
        message = parse_message(plain)
        if message.type == "event":
            words = _words_for(message, product_url)
            if not words:
                return PlainTextResponse("success")
            reply = TextReply(content=words, message=message)
        elif message.type != "text":
            reply = TextReply(content=f"已收到{message.type}", message=message)
        elif message.content == "图文":
            reply = ArticlesReply(message=message)
            reply.add_article(
                {
                    "title": "十佳政务服务窗口评选",
                    "description": "为您身边的好窗口投一票。",
                    "image": f"{product_url}/picture.svg",
                    "url": f"{product_url}/h5",
                }
            )
        elif message.content == "故障":
            return PlainTextResponse("<html>not for WeChat</html>")
        else:
            reply = TextReply(content=f"已收到：{message.content}", message=message)
        sealed = crypto.encrypt_message(reply.render(), query["nonce"], query["timestamp"])
        return Response(sealed, media_type="text/xml")

    async def door(request: Request) -> Response:
        answer = RedirectResponse(request.query_params["next"], status_code=302)
        answer.delete_cookie("fake_citizen")
        answer.set_cookie("fake_inside", "1")
        return answer

    async def page(request: Request) -> Response:
        openid = request.cookies.get("fake_citizen")
        if openid is None:
            scope = request.query_params.get("scope", "snsapi_base")
            back = quote(f"{product_url}/oauth", safe="")
            return RedirectResponse(
                f"{sandbox_url}/connect/oauth2/authorize?appid={account.appid}&redirect_uri={back}"
                f"&response_type=code&scope={scope}&state=s1#wechat_redirect",
                status_code=302,
            )
        shown = html.escape(openid)
        return HTMLResponse(
            f"<!doctype html><meta charset=utf-8><title>评选</title><h1>评选活动</h1>"
            f"<p id=who>{shown}</p><a href='/second'>规则</a>"
        )

    async def second(request: Request) -> Response:
        return HTMLResponse(
            "<!doctype html><meta charset=utf-8><title>规则</title><h1>评选规则</h1><script>"
            'parent.postMessage({ kind: "page", title: "规则", path: "/second" }, "*")</script>'
        )

    async def oauth(request: Request) -> Response:
        if "code" not in request.query_params:
            return HTMLResponse("<h1>您已拒绝授权</h1>")
        params = {
            "appid": account.appid,
            "secret": account.secret,
            "code": request.query_params["code"],
            "grant_type": "authorization_code",
        }
        async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
            answer = await client.get(f"{sandbox_url}/sns/oauth2/access_token", params=params)
        told = answer.json()
        if told.get("is_snapshotuser"):
            return HTMLResponse("<h1>快照页不能参与</h1>")
        back = RedirectResponse("/h5", status_code=302)
        back.set_cookie("fake_citizen", told["openid"])
        return back

    async def notice(request: Request) -> Response:
        async with httpx.AsyncClient(trust_env=False, timeout=5, base_url=sandbox_url) as client:
            credential = {
                "grant_type": "client_credential",
                "appid": account.appid,
                "secret": account.secret,
            }
            token = (await client.get("/cgi-bin/token", params=credential)).json()["access_token"]
            asked = {"access_token": token, "type": "jsapi"}
            ticket = (await client.get("/cgi-bin/ticket/getticket", params=asked)).json()["ticket"]
        signed = WeChatClient(account.appid, account.secret).jsapi.get_jsapi_signature(
            "nonce", ticket, "1795000000", str(request.url)
        )
        config = {
            "appId": account.appid,
            "timestamp": 1795000000,
            "nonceStr": "nonce",
            "signature": "wrong" if "wrong" in request.query_params else signed,
            "jsApiList": ["updateAppMessageShareData"],
            "openTagList": ["wx-open-subscribe"],
        }
        template = request.query_params["template"]
        return HTMLResponse(
            NOTICE_PAGE.format(sandbox=sandbox_url, template=template, config=json.dumps(config))
        )

    async def picture(request: Request) -> Response:
        return Response(PICTURE, media_type="image/svg+xml")

    return Starlette(
        routes=[
            Route("/wechat/sandbox/callback", callback, methods=["POST"]),
            Route("/wechat/sandbox/phone", door),
            Route("/h5", page),
            Route("/second", second),
            Route("/oauth", oauth),
            Route("/notice", notice),
            Route("/picture.svg", picture),
        ]
    )


def _words_for(message: Any, product_url: str) -> str:
    """Return what the account says to an event; empty for a bare acknowledgement."""
    if message.event in ("subscribe", "subscribe_scan"):
        return f'您好，欢迎关注。\n<a href="{product_url}/h5">查看评选活动</a>'
    if message.event == "scan":
        return f"您好，您在{message.scene_id}扫码。"
    return f"您点了{message.key}" if message.event == "click" else ""
