# SPDX-License-Identifier: Apache-2.0
"""The callback's front door: what it answers, what it refuses, and that nothing happens twice."""

import time
from xml.etree import ElementTree

import pytest

from minyi.wechat.callback.messages import MAX_TEXT_BYTES
from minyi.wechat.tests.given import (
    OPENID,
    ORIGINAL_ID,
    SELECTION,
    event,
    given_account,
    given_endpoint,
    message,
    plain_query,
    sealed_post,
    text_message,
    xml,
)
from minyi.wechat.tests.posting import CALLBACK, Line
from minyi.wechat.tests.reading import opened

BOMB = (
    b'<!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><Content>&c;</Content></xml>'
)


def test_the_address_is_verified_by_echoing():
    answer = Line().get(plain_query(echostr="4375120948345356249"))
    assert (answer.status_code, answer.content) == (200, b"4375120948345356249")
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_text_in_secure_mode_gets_a_sealed_card_back():
    answer = Line(given_endpoint(None, SELECTION)).post(*sealed_post(text_message("我要投票")))
    reply = opened(answer.content)
    assert (reply["ToUserName"], reply["FromUserName"]) == (OPENID, ORIGINAL_ID)
    assert (reply["MsgType"], reply["ArticleCount"]) == ("news", "1")
    assert OPENID not in answer.text


def test_a_text_in_plain_mode_gets_a_readable_answer():
    line = Line(given_endpoint(given_account(mode="plain", aes_key=""), SELECTION))
    reply = ElementTree.fromstring(line.post(plain_query(), text_message("投票")).content)
    assert reply.findtext("Articles/item/Url") == SELECTION.url


def test_in_compatible_mode_only_the_sealed_twin_counts_and_the_answer_is_sealed():
    line = Line(given_endpoint(given_account(mode="compatible")))
    query, body = sealed_post(text_message("帮助"))
    twin = xml({"FromUserName": "oThief", "ToUserName": ORIGINAL_ID, "MsgType": "text"})
    both = twin.removesuffix(b"</xml>") + body.removeprefix(b"<xml>")
    assert opened(line.post(query, both).content)["ToUserName"] == OPENID
    assert line.post(plain_query(), text_message("帮助")).status_code == 403


def test_a_new_follower_is_welcomed_with_the_running_campaigns():
    line = Line(given_endpoint(None, SELECTION))
    reply = opened(line.post(*sealed_post(event("subscribe", EventKey=""))).content)
    assert reply["Content"].startswith("感谢关注青禾政务服务（示例）。")
    assert f'<a href="{SELECTION.url}">十佳政务服务窗口</a>（公众投票）' in reply["Content"]


def test_several_campaigns_are_listed_and_none_is_said():
    line = Line(given_endpoint(None, SELECTION, SELECTION))
    assert opened(line.post(*sealed_post(text_message("评选"))).content)["MsgType"] == "text"
    reply = opened(Line().post(*sealed_post(text_message("评选"))).content)
    assert reply["Content"].startswith("目前没有正在进行的活动。")


@pytest.mark.parametrize(
    ("sent", "beginning"),
    [
        (text_message("帮助"), "您可以回复"),
        (text_message("？"), "您可以回复"),
        (text_message("你们几点上班"), "您的留言已收到"),
        (text_message("投票" + "很长的来信" * 20), "您的留言已收到"),
        (message(MsgType="image", PicUrl="http://x", MediaId="1", MsgId=1), "您的留言已收到"),
    ],
)
def test_everything_a_citizen_sends_gets_a_sensible_answer(sent, beginning):
    reply = opened(Line().post(*sealed_post(sent)).content)
    assert reply["Content"].startswith(beginning)


@pytest.mark.parametrize(
    "name", ["unsubscribe", "VIEW", "LOCATION", "kf_create_session", "an_event_of_tomorrow"]
)
def test_other_events_are_acknowledged(name):
    answer = Line().post(*sealed_post(event(name)))
    assert (answer.status_code, answer.content) == (200, b"success")


def test_what_a_citizen_writes_cannot_break_out_of_the_answer():
    line = Line(given_endpoint(given_account(welcome="好]]><x>\x0b" * 9)))
    reply = opened(line.post(*sealed_post(event("subscribe"))).content)
    assert reply["Content"].startswith("好]]><x>好]]><x>")


def test_a_long_welcome_leaves_room_for_the_links():
    line = Line(given_endpoint(given_account(welcome="欢迎" * 2000), SELECTION))
    content = opened(line.post(*sealed_post(event("subscribe"))).content)["Content"]
    assert len(content.encode()) <= MAX_TEXT_BYTES
    assert content.endswith("（公众投票）")


# --- Redelivery and replay --------------------------------------------------------------------


def test_a_redelivery_gets_the_same_answer_freshly_sealed():
    line = Line(given_endpoint(None, SELECTION))
    sent = text_message("投票")
    first = line.post(*sealed_post(sent))
    second = line.post(*sealed_post(sent, nonce="another"))
    assert first.content != second.content
    first_reply, second_reply = opened(first.content), opened(second.content)
    assert first_reply.pop("CreateTime") <= second_reply.pop("CreateTime")
    assert first_reply == second_reply


def test_a_replay_after_the_retries_is_acknowledged_and_nothing_more():
    moment = time.time()
    line = Line(clock=lambda: moment)
    query, body = sealed_post(text_message("帮助"))
    assert line.post(query, body).content != b"success"
    moment += 16
    assert line.post(query, body).content == b"success"
    moment += 300
    assert line.post(query, body).status_code == 403


def test_two_events_of_one_second_are_two():
    line = Line()
    at = int(time.time())
    line.post(*sealed_post(event("VIEW", CreateTime=at, EventKey="a")))
    assert line.post(*sealed_post(event("subscribe", CreateTime=at))).content != b"success"


# --- Bad input --------------------------------------------------------------------------------


def refused(answer, status: int, code: str) -> None:
    assert answer.status_code == status
    assert answer.text.startswith(f"{code}: ")
    assert len(answer.content) < 400
    assert answer.headers["content-type"].startswith("text/plain")


SEALED_QUERY, SEALED_BODY = sealed_post(text_message())


@pytest.mark.parametrize(
    ("query", "body"),
    [
        sealed_post(text_message(), signature="0" * 40),
        sealed_post(text_message(), signature=""),
        sealed_post(text_message(), signature="é"),
        sealed_post(text_message(), timestamp=str(int(time.time()) - 3600)),
        sealed_post(text_message(), timestamp=str(int(time.time()) + 3600)),
        sealed_post(text_message(), timestamp="soon"),
        sealed_post(text_message(), timestamp="9" * 30),
        sealed_post(text_message(), nonce=""),
        sealed_post(text_message(), appid="wx0000000000000000"),
        sealed_post(text_message(), aes_key="A" * 43),
        (plain_query(), text_message()),
        ("", text_message()),
        (SEALED_QUERY, SEALED_BODY.replace(b"CDATA[", b"CDATA[AAAA", 2)),
    ],
    ids=[
        *("wrong", "empty", "not-ascii", "stale", "future", "no-number", "huge-number"),
        *("no-nonce", "other-appid", "other-key", "plain-in-secure", "unsigned", "changed-body"),
    ],
)
def test_what_wechat_did_not_send_is_refused_alike(query, body):
    refused(Line().post(query, body), 403, "not_from_wechat")


@pytest.mark.parametrize(
    ("query", "body"),
    [
        (SEALED_QUERY, b""),
        (SEALED_QUERY, b"<xml"),
        (SEALED_QUERY, b"{}"),
        (SEALED_QUERY, BOMB),
        (SEALED_QUERY, b'<!DOCTYPE x SYSTEM "http://127.0.0.1/x"><xml><Encrypt>a</Encrypt></xml>'),
        (SEALED_QUERY, SEALED_BODY.decode().encode("utf-16")),
        (SEALED_QUERY, b"<xml><Encrypt>\xff\xfe</Encrypt></xml>"),
        sealed_post(b"", sealed=b"!!! no base64 !!!"),
        sealed_post(b"", sealed=b"AAAA"),
        sealed_post(b""),
        sealed_post(BOMB),
        sealed_post(b"\xff\xfe\xfd"),
        sealed_post(b"<xml><MsgType>text</MsgType></xml>"),
        sealed_post(message(MsgType="")),
        sealed_post(message(MsgType="text", CreateTime="yesterday")),
        sealed_post(message(MsgType="text", FromUserName="<ToUserName>x")),
    ],
    ids=[
        *("empty", "cut", "json", "bomb", "dtd", "utf-16", "not-utf-8", "no-base64", "no-blocks"),
        *("empty-inside", "bomb-inside", "not-utf-8-inside", "no-sender", "no-type"),
        *("no-moment", "markup-in-name"),
    ],
)
def test_what_is_no_message_is_refused(query, body):
    refused(Line().post(query, body), 400, "malformed")


def test_a_bomb_is_refused_at_once_in_plain_mode_too():
    line = Line(given_endpoint(given_account(mode="plain")))
    started = time.perf_counter()
    refused(line.post(plain_query(), BOMB), 400, "malformed")
    assert time.perf_counter() - started < 1


def test_ten_megabytes_are_refused_unread():
    refused(Line().post(SEALED_QUERY, b"x" * 10_000_000), 413, "too_large")
    pieces = [b"x" * 50_000] * 200
    refused(Line().post_in_pieces(SEALED_QUERY, pieces), 413, "too_large")


def test_a_message_in_pieces_is_put_together():
    query, body = sealed_post(text_message("帮助"))
    answer = Line().post_in_pieces(query, [body[:50], body[50:]])
    assert opened(answer.content)["Content"].startswith("您可以回复")


def test_a_message_that_trickles_in_is_given_up():
    line = Line(body_s=0.02)
    trickle = [b"<xml>", *[b" "] * 50]
    refused(line.post_in_pieces(SEALED_QUERY, trickle, pause_s=0.01), 408, "too_slow")
    assert line.post(*sealed_post(text_message())).status_code == 200


def test_a_stolen_echo_is_refused():
    refused(Line().get(plain_query(echostr="1", timestamp="1714036504")), 403, "not_from_wechat")
    wrong = plain_query(echostr="1").replace("signature=", "signature=0")
    refused(Line().get(wrong), 403, "not_from_wechat")


def test_other_methods_accounts_and_addresses_are_refused():
    line = Line()
    answer = line.send("PUT")
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET, POST"
    for path in ("nobody", "sandbox/x", ""):
        url = CALLBACK.replace("sandbox", path)
        refused(line.post(*sealed_post(text_message()), url=url), 404, "account_not_found")
    refused(line.post("a=" + "x" * 3000, b""), 400, "malformed")


@pytest.mark.parametrize("missing", [{"token": ""}, {"aes_key": ""}, {"aes_key": "short"}])
def test_an_account_without_its_secrets_believes_nobody(missing):
    line = Line(given_endpoint(given_account(**missing)))
    refused(line.post(*sealed_post(text_message())), 503, "account_not_ready")
    refused(line.get(plain_query(echostr="1")), 503, "account_not_ready")
