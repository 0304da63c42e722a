# SPDX-License-Identifier: Apache-2.0
"""How calls travel: tokens, repetition, bodies, time limits, and what never leaks."""

import asyncio
import json
import logging

import httpx
import pytest

from minyi.wechat.client import transport
from minyi.wechat.client.api_errors import (
    ApiError,
    Busy,
    NotOffered,
    OurFault,
    TokenRefused,
    Unanswered,
)
from minyi.wechat.tests.fake_wechat import SECRET, TOKEN, FakeLine, FakeWeChat, an_account

RID = "6735a0b1-0c5f0a1e-1b2c3d4e"


@pytest.fixture
def wechat():
    return FakeWeChat()


@pytest.fixture
def ask(wechat, monkeypatch):
    monkeypatch.setattr(transport, "_BUSY_PAUSES_S", (0.001, 0.002, 0.003))
    line = FakeLine(wechat, an_account())
    yield line
    line.line.hang_up()


def refusal(code: int) -> dict[str, object]:
    return {"errcode": code, "errmsg": f"words rid: {RID}"}


def ask_count(client):
    return client.drafts.count()


def test_an_absent_error_code_is_success(wechat, ask):
    wechat.will({"total_count": 3})
    assert ask(ask_count) == 3
    wechat.will({"errcode": 0, "errmsg": "ok", "total_count": 4})
    assert ask(ask_count) == 4


def test_chinese_travels_as_it_is(wechat, ask):
    ask(lambda client: client.service.send_text(openid="o1", content="您好，“青禾”"))
    assert "您好，“青禾”".encode() in wechat.last.content
    assert b"\\u" not in wechat.last.content


def test_busy_is_asked_again_three_times_and_no_more(wechat, ask):
    wechat.will(refusal(-1), refusal(-1), refusal(-1), {"total_count": 1})
    assert ask(ask_count) == 1
    wechat.will(*[refusal(-1)] * 9)
    before = len(wechat.requests)
    with pytest.raises(Busy):
        ask(ask_count)
    assert len(wechat.requests) - before == 4


@pytest.mark.parametrize("code", [40001, 40014, 42001])
def test_a_refused_token_is_fetched_once_more_and_the_call_repeated_once(wechat, ask, code):
    wechat.will(refusal(code), {"total_count": 1})
    assert ask(ask_count) == 1
    assert wechat.tokens == 2
    sent = [request.url.params["access_token"] for request in wechat.requests]
    assert sent == [f"{TOKEN}1", f"{TOKEN}2"]


def test_a_token_refused_for_ever_ends_after_two_calls(wechat, ask):
    wechat.will(*[refusal(40001)] * 9)
    with pytest.raises(TokenRefused) as caught:
        ask(ask_count)
    assert (len(wechat.requests), wechat.tokens) == (2, 2)
    assert caught.value.rid == RID


def test_many_refused_at_once_fetch_one_new_token(wechat, ask):
    ask(ask_count)
    wechat.dead_token = f"{TOKEN}1"

    async def many(client):
        return await asyncio.gather(*(client.drafts.count() for _ in range(20)))

    assert ask(many) == [0] * 20
    assert wechat.tokens == 2


def test_the_token_is_never_refreshed_by_force(wechat, monkeypatch):
    bodies = []

    def note(request):
        bodies.append(json.loads(request.content))
        return httpx.Response(200, json={"access_token": "99_t", "expires_in": 7200})

    line = FakeLine(note, an_account())
    line(lambda client: client.access_token())
    line.line.hang_up()
    assert [body.get("force_refresh") for body in bodies] == [None]


def test_a_picture_is_told_from_a_refusal_by_its_first_byte(wechat, ask):
    wechat.will(b"\x89PNG...")
    assert ask(lambda client: client.materials.get(media_id="m")) == b"\x89PNG..."
    wechat.will(json.dumps(refusal(47001)).encode())
    with pytest.raises(OurFault):
        ask(lambda client: client.materials.get(media_id="m"))


def test_a_file_travels_as_multipart_with_its_description(wechat, ask):
    wechat.will({"media_id": "m", "url": "https://mmbiz.example/1"})
    ask(
        lambda client: client.materials.add_video(
            name="a.mp4", content=b"film", title="标题", introduction="简介"
        )
    )
    assert wechat.asked == "POST /cgi-bin/material/add_material"
    assert wechat.query == {"type": "video"}
    body = wechat.last.content
    assert b'name="media"; filename="a.mp4"' in body
    assert b"film" in body
    assert '{"title":"标题","introduction":"简介"}'.encode() in body


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (httpx.Response(500, content=b"{}"), "HTTP 500"),
        (httpx.Response(302, headers={"Location": "https://evil.example"}), "HTTP 302"),
        (b"not json", "no JSON object"),
        (b"[]", "no JSON object"),
        ({"errcode": "no"}, "errcode is no number"),
        ({"total_count": "many"}, "unexpected total_count"),
        (httpx.ConnectError("refused"), "ConnectError"),
        (httpx.ReadTimeout("slow"), "ReadTimeout"),
    ],
    ids=str,
)
def test_what_is_no_answer_is_an_error_of_ours(wechat, ask, reply, reason):
    wechat.will(reply)
    with pytest.raises(Unanswered) as caught:
        ask(ask_count)
    assert caught.value.reason == reason


def test_an_endless_answer_is_cut_off(wechat, ask, monkeypatch):
    monkeypatch.setattr(transport, "_LARGEST_ANSWER", 1000)
    wechat.will(b" " * 1001)
    with pytest.raises(Unanswered, match="too large"):
        ask(ask_count)


def test_an_answer_that_drips_is_given_up(monkeypatch):
    monkeypatch.setattr(transport, "LONGEST_S", 0.05)

    class Dripping(httpx.AsyncByteStream):
        async def __aiter__(self):
            while True:
                yield b" "
                await asyncio.sleep(0.01)

    line = FakeLine(lambda request: httpx.Response(200, stream=Dripping()), an_account())
    with pytest.raises(Unanswered, match="too slow"):
        line(ask_count)
    line.line.hang_up()


def test_every_request_has_time_limits(wechat, ask):
    ask(ask_count)
    limits = wechat.last.extensions["timeout"]
    assert all(0 < limits[part] <= 20 for part in ("connect", "read", "write", "pool"))


def test_what_the_account_may_not_do_is_refused_without_asking(wechat):
    line = FakeLine(wechat, an_account("SUB"))
    with pytest.raises(NotOffered) as caught:
        line(lambda client: client.qrcodes.create_permanent(scene="hall"))
    line.line.hang_up()
    assert wechat.requests == []
    assert wechat.tokens == 0
    assert "服务号" in str(caught.value.reason)


FAULTS = [
    httpx.ConnectError(f"https://api.weixin.example/?secret={SECRET}"),
    httpx.Response(502, content=SECRET.encode()),
    b"{broken",
    refusal(40001),
    {"media_id": {"access_token": TOKEN}},
]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_no_secret_and_no_token_is_in_any_error_or_log_line(wechat, ask, fault, caplog):
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "minyi"):
        caplog.set_level(logging.DEBUG, logger=name)
    told = []
    for question in (
        lambda client: client.exchange_code("code-1"),
        lambda client: client.drafts.get(media_id="m"),
        lambda client: client.materials.add_body_picture(name="a.png", content=b"png"),
        lambda client: client.quota.clear_all_with_secret(),
        lambda client: client.mini.exchange_code(code="code-2"),
    ):
        wechat.will(fault, fault)
        try:
            ask(question)
        except (ApiError, Unanswered) as error:
            told += _whole_text(error)
    told += [record.getMessage() + repr(record.args) for record in caplog.records]
    assert told
    assert any("HTTP Request" in line for line in told)  # httpx does log: we look at something
    for hidden in (SECRET, TOKEN, "code-1", "access_token="):
        assert not any(hidden in line for line in told), hidden


def _whole_text(error: BaseException) -> list[str]:
    texts, seen = [], error
    while seen is not None:
        texts += [str(seen), repr(seen), repr(vars(seen))]
        seen = seen.__cause__ or seen.__context__
    return texts


def test_no_secret_is_in_the_text_of_what_holds_it():
    account = an_account()
    call = transport.Call("POST", "/x", params={"secret": SECRET}, body={"secret": SECRET})
    assert SECRET not in f"{account!r} {call!r}"
