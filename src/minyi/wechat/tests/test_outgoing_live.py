# SPDX-License-Identifier: Apache-2.0
"""Messages to citizens through the living sandbox: what it says no to, and what arrives."""

import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import ClassVar
from urllib.parse import urlsplit

import httpx
import pytest
from django.conf import settings
from django.utils import timezone

from minyi.core.outbox_worker import Worker
from minyi.wechat.callback.recorder import record_batch
from minyi.wechat.client.api_errors import Unanswered
from minyi.wechat.connection.line import the_line
from minyi.wechat.models import Contact, Grant, Outgoing
from minyi.wechat.outgoing import messenger
from minyi.wechat.outgoing.carrier import LineCarrier, Parcel
from minyi.wechat.queries import find_account
from minyi.wechat.services.outgoing import TOPIC
from minyi.wechat.tests.given_outgoing import Office, state_of
from minyi.wechat.tests.live import SandboxServer
from minyi.wechat.tests.posting import Line

# The line keeps its tokens in the database, from a connection of its own.
pytestmark = pytest.mark.django_db(transaction=True)
FIELDS = {"thing1": "name", "phrase2": "outcome"}
CITIZEN = 1


@pytest.fixture
def office(sandbox: SandboxServer, settings) -> "LiveOffice":
    settings.QUIET_HOURS = ""
    return LiveOffice(sandbox)


class LiveOffice(Office):
    """The office, whose WeChat is the sandbox."""

    def __init__(self, sandbox: SandboxServer) -> None:
        super().__init__(now=timezone.now())
        self.sandbox = sandbox
        self.worker = Worker(consumers={TOPIC: messenger.deliver}, clock=self.clock)
        citizens = self.see("citizens", first=CITIZEN, count=1)["citizens"]
        self.openid = citizens[0]["openids"]["sandbox"]

    def see(self, name: str, **asked: object) -> dict:
        url = f"{self.sandbox.url}/_sim/{name}"
        answer = httpx.get(url, params=asked, timeout=5, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ask(self, question):
        account = find_account("sandbox", secrets=settings.WECHAT_SECRETS)
        return the_line().call(account, question)

    def given_wechat_template(self) -> None:
        number = self.ask(
            lambda client: client.templates.add(
                short_id="TM20101", keywords=["办理事项", "当前进度"]
            )
        )
        self.given_template("template", template_id=number, fields=FIELDS)

    def tell_citizen(self) -> Outgoing:
        return self.tell(openid=self.openid)

    def bubbles(self) -> list[dict[str, object]]:
        return self.see("chat", citizen=CITIZEN, account="sandbox")["bubbles"]


def test_a_notice_reaches_the_phone_of_somebody_who_has_just_written(office):
    office.sandbox.order("follow", citizen=CITIZEN, account="sandbox")
    office.sandbox.order("text", citizen=CITIZEN, account="sandbox", content="你好")
    office.given_contact(window=5, openid=office.openid)
    told = office.tell_citizen()
    office.work()
    assert state_of(told) == ("sent", "service", "")
    last = office.bubbles()[-1]
    assert last["text"].startswith("您推荐的“社区服务窗口”已通过审核。")
    assert "/nominate/mine/" in last["text"]


def test_a_window_closed_at_wechat_leads_to_the_template(office):
    office.sandbox.order("follow", citizen=CITIZEN, account="sandbox")
    office.given_wechat_template()
    office.sandbox.order("clock", advance_s=120)  # the minute after a follow is over
    office.given_contact(window=5, openid=office.openid)  # we believe it is open
    told = office.tell_citizen()
    office.work()
    assert state_of(told) == ("sent", "template", "")
    refused = told.steps.get(reason="window_closed")
    assert refused.detail.startswith("45015 ")
    assert "rid=" in refused.detail
    assert Contact.objects.get(openid=office.openid).window_left == 0
    assert told.wechat_id.isdecimal()


def test_somebody_who_has_left_is_marked_and_left_alone(office):
    office.given_wechat_template()
    office.given_contact(openid=office.openid)  # never followed at WeChat
    told = office.tell_citizen()
    office.work()
    assert state_of(told) == ("failed", "template", "unreachable")
    assert Contact.objects.get(openid=office.openid).is_following is False


class LosesTheFirstAnswer(LineCarrier):
    """WeChat takes the message; the network loses what it says."""

    lost = False

    def carry(self, parcel: Parcel) -> str:
        number = super().carry(parcel)
        if not self.lost:
            self.lost = True
            raise Unanswered("/cgi-bin/message/template/send", reason="ReadTimeout")
        return number


def test_a_template_whose_answer_was_lost_arrives_once(office):
    office.sandbox.order("follow", citizen=CITIZEN, account="sandbox")
    office.given_wechat_template()
    office.given_contact(openid=office.openid)
    office.worker = office.new_worker(LosesTheFirstAnswer())
    told = office.tell_citizen()
    office.work()
    assert state_of(told) == ("waiting", "template", "no_answer")
    office.wait(timedelta(minutes=1))
    assert state_of(told) == ("sent", "template", "")
    assert office.sandbox.calls("/cgi-bin/message/template/send") == 2
    assert [bubble["kind"] for bubble in office.bubbles()].count("template") == 1


def test_wechat_being_busy_is_waited_out(office):
    office.given_contact(window=5, openid=office.openid)
    office.sandbox.order("follow", citizen=CITIZEN, account="sandbox")
    path = "/cgi-bin/message/custom/send"
    office.sandbox.order("faults", path=path, errcode=-1, times=10)
    told = office.tell_citizen()
    office.work()
    assert state_of(told) == ("waiting", "service", "busy")
    office.sandbox.order("faults/clear")
    office.wait(timedelta(minutes=1))
    assert state_of(told)[0] == "sent"


class Mailbox(BaseHTTPRequestHandler):
    """Takes what the sandbox reports, for the test to hand to the callback."""

    letters: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.letters.append((urlsplit(self.path).query, body))
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"success")

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture
def letters(settings):
    """What the sandbox reports, as query and body, in place of the product."""
    Mailbox.letters = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Mailbox)
    settings.PUBLIC_URL = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield Mailbox.letters
    server.shutdown()
    server.server_close()


def test_a_notice_that_did_not_arrive_is_no_longer_sent(letters, office):
    person = {"citizen": CITIZEN, "account": "sandbox"}
    office.sandbox.order("follow", **person)
    number = office.ask(
        lambda client: client.subscriptions.add(title_id="20101", keyword_ids=[1, 2], scene="办件")
    )
    office.sandbox.order("popup", **person, templates=[number])
    office.sandbox.order("refuse-messages", **person)
    office.given_template("subscription", template_id=number, fields=FIELDS)
    office.given_contact(openid=office.openid)
    Grant.objects.create(
        account=office.account,
        openid=office.openid,
        template_id=number,
        left=1,
        changed_at=office.clock.now,
    )
    letters.clear()
    told = office.tell_citizen()
    office.work()
    assert state_of(told) == ("sent", "subscription", "")

    wait_until(lambda: letters)
    line = Line(record=record_batch)
    for query, body in letters:
        assert line.post(query, body).content == b"success"
    Worker().run_due()
    assert state_of(told) == ("failed", "subscription", "user_block")


def wait_until(true) -> None:
    limit = time.monotonic() + 5
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.01)
