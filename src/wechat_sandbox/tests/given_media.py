# SPDX-License-Identifier: Apache-2.0
"""Builders for the tests of files, articles and jobs: an account at work, and small real files."""

from __future__ import annotations

import io
import struct
import wave
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import httpx
from defusedxml.ElementTree import fromstring

from wechat_sandbox.accounts import Account
from wechat_sandbox.people import openid_of
from wechat_sandbox.tests.given import ACCOUNT, SANDBOX, given_account, given_client, order


def png(width: int = 2, height: int = 2, *, padding: int = 0) -> bytes:
    """Return a small real PNG; `padding` makes it larger without changing the picture."""

    def chunk(name: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(name + body)
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress((b"\x00" + b"\x33\x77\x55" * width) * height)
    text = chunk(b"tEXt", b"Comment\x00" + b"x" * padding) if padding else b""
    ends = chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + text + ends


PNG = png()
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + b"\x00" * 64 + b"\xff\xd9"
MP4 = b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 64
MP3 = b"ID3\x04" + b"\x00" * 64


def amr(seconds: float) -> bytes:
    """Return an AMR recording of silence."""
    return b"#!AMR\n" + (b"\x3c" + b"\x00" * 31) * int(seconds * 50)


def mp3(seconds: int) -> bytes:
    """Return an MP3 recording: a tag, then frames of 32 kbit/s at 32 kHz, 36 ms each."""
    frame = b"\xff\xfb\x18\x00" + b"\x00" * 140
    return b"ID3\x04\x00\x00\x00\x00\x00\x02ab" + frame * int(seconds / 0.036)


def wav(seconds: int) -> bytes:
    """Return a WAV recording of silence."""
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(8000)
        sound.writeframes(b"\x80" * 8000 * seconds)
    return out.getvalue()


@dataclass
class Office:
    """An account's server side: calls interfaces, and hears the events."""

    client: httpx.AsyncClient
    account: Account
    token: str = ""
    events: list[Element] = field(default_factory=list)

    async def get(self, path: str, /, **params: Any) -> Any:
        return await self._read(
            await self.client.get(path, params={"access_token": self.token, **params})
        )

    async def post(self, path: str, /, **asked: Any) -> Any:
        params = {"access_token": self.token}
        return await self._read(await self.client.post(path, params=params, json=asked))

    async def upload(
        self, path: str, body: bytes, name: str = "file.png", **params: str
    ) -> dict[str, Any]:
        described = {"description": params.pop("description")} if "description" in params else None
        answer = await self.client.post(
            path,
            params={"access_token": self.token, **params},
            files={"media": (name, body)},
            data=described,
        )
        return answer.json()

    async def errcode(self, path: str, /, **asked: Any) -> int:
        return (await self.post(path, **asked)).get("errcode", 0)

    async def picture(self) -> str:
        """Return the media_id of a new permanent picture."""
        answer = await self.upload("/cgi-bin/material/add_material", PNG, type="image")
        return answer["media_id"]

    async def draft(self, *titles: str, **changes: Any) -> str:
        """Return the media_id of a new draft."""
        thumb = await self.picture()
        articles = [
            {
                "title": title,
                "content": f"<p>{title}的正文。</p>",
                "thumb_media_id": thumb,
                **changes,
            }
            for title in titles or ("评选公告",)
        ]
        answer = await self.post("/cgi-bin/draft/add", articles=articles)
        assert "media_id" in answer, answer
        return answer["media_id"]

    async def publish(self, *titles: str, **changes: Any) -> dict[str, Any]:
        """Publish a new draft and return what freepublish/get says, with the msg_data_id."""
        draft = await self.draft(*titles, **changes)
        queued = await self.post("/cgi-bin/freepublish/submit", media_id=draft)
        await order(self.client, "publish/approve", publish_id=queued["publish_id"])
        told = await self.post("/cgi-bin/freepublish/get", publish_id=queued["publish_id"])
        return {**told, "msg_data_id": queued["msg_data_id"]}

    async def follow(self, *numbers: int) -> None:
        for number in numbers:
            await order(self.client, "follow", citizen=number, account=self.account.slug)
        self.events.clear()

    async def bubbles(self, number: int) -> list[dict[str, Any]]:
        """Return what the account said in a citizen's conversation."""
        asked = {"citizen": number, "account": self.account.slug}
        told = (await self.client.get("/_sim/chat", params=asked)).json()
        return [bubble for bubble in told["bubbles"] if bubble["side"] == "account"]

    def openid(self, number: int) -> str:
        return openid_of(self.account.appid, number)

    async def _read(self, answer: httpx.Response) -> Any:
        assert answer.status_code == 200
        is_json = answer.headers["content-type"].startswith(("application/json", "text/plain"))
        return answer.json() if is_json else answer


@asynccontextmanager
async def given_office(
    *, product: Any = None, others: tuple[Account, ...] = (), **changes: Any
) -> AsyncIterator[Office]:
    """Return an office at work on a fresh sandbox."""
    account = given_account(mode="plain", **changes)
    heard: list[Element] = []

    async def server(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            heard.append(fromstring(request.content))
            return httpx.Response(200, text="success")
        if product is not None:
            return await product(request)
        return httpx.Response(200, content=PNG)

    async with given_client(account, *others, product=server) as client:
        office = Office(client, account, events=heard)
        office.token = await token_of(client, account)
        yield office


async def token_of(client: httpx.AsyncClient, account: Account) -> str:
    asked = {
        "grant_type": "client_credential",
        "appid": account.appid,
        "secret": account.secret,
    }
    return (await client.get("/cgi-bin/token", params=asked)).json()["access_token"]


def path_of(url: str) -> str:
    """Return the path of an address of the sandbox."""
    assert url.startswith(SANDBOX)
    return urlsplit(url).path


MINI = given_account(
    slug="mini",
    appid="wx0f00000000000001",
    original_id="gh_000000000001",
    name="青禾办事（示例）",
    kind="MP",
    mode="plain",
    callback_url=ACCOUNT.callback_url.replace("sandbox", "mini"),
)
