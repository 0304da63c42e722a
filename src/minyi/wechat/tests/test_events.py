# SPDX-License-Identifier: Apache-2.0
"""What WeChat reports is in the database before it is acknowledged, and counts once."""

import time

import pytest
from django.db import OperationalError
from django.utils import timezone

from minyi.agencies.models import OfficialAccount
from minyi.core.models import AuditEntry, OutboxMessage
from minyi.core.outbox_worker import Worker
from minyi.wechat.callback.messages import NotAMessage, read_tree
from minyi.wechat.callback.recorder import record_batch
from minyi.wechat.models import ChatMessage, Contact, Grant, Outgoing, OutgoingStep
from minyi.wechat.queries.reports import find_verdict, list_notices
from minyi.wechat.tests.given import (
    OPENID,
    ORIGINAL_ID,
    event,
    given_official_account,
    sealed_post,
    text_message,
)
from minyi.wechat.tests.posting import Line

pytestmark = pytest.mark.django_db(transaction=True)

MASS = """<MsgID>1000001625</MsgID><Status><![CDATA[err(30003)]]></Status><TotalCount>9</TotalCount>
<FilterCount>8</FilterCount><SentCount>7</SentCount><ErrorCount>1</ErrorCount>
<CopyrightCheckResult><Count>2</Count><ResultList>
<item><ArticleIdx>1</ArticleIdx><UserDeclareState>0</UserDeclareState><AuditState>2</AuditState></item>
<item><ArticleIdx>2</ArticleIdx><UserDeclareState>0</UserDeclareState><AuditState>2</AuditState></item>
</ResultList><CheckState>2</CheckState></CopyrightCheckResult>
<ArticleUrlResult><Count>1</Count><ResultList>
<item><ArticleIdx>1</ArticleIdx><ArticleUrl><![CDATA[https://mp.weixin.qq.com/s/1]]></ArticleUrl></item>
</ResultList></ArticleUrlResult>"""
PUBLISH = """<PublishEventInfo><publish_id>2247503051</publish_id><publish_status>0</publish_status>
<article_id><![CDATA[b5O2OUs25HBxRceL7hfReg]]></article_id><article_detail><count>1</count>
<item><idx>1</idx><article_url><![CDATA[https://mp.weixin.qq.com/s/2]]></article_url></item>
</article_detail></PublishEventInfo>"""
POPUP = """<SubscribeMsgPopupEvent>
<List><TemplateId><![CDATA[T1]]></TemplateId><SubscribeStatusString>accept</SubscribeStatusString>
<PopupScene>0</PopupScene></List>
<List><TemplateId><![CDATA[T2]]></TemplateId><SubscribeStatusString>reject</SubscribeStatusString>
<PopupScene>0</PopupScene></List></SubscribeMsgPopupEvent>"""


@pytest.fixture
def line():
    given_official_account()
    line = Line(record=record_batch)
    yield line
    line.close()


def report(name: str, inside: str = "", sender: str = OPENID) -> bytes:
    return (
        f"<xml><ToUserName><![CDATA[{ORIGINAL_ID}]]></ToUserName><FromUserName><![CDATA[{sender}]]>"
        f"</FromUserName><CreateTime>{int(time.time())}</CreateTime>"
        f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{name}]]></Event>{inside}</xml>"
    ).encode()


def told(topic: str) -> list[dict[str, object]]:
    return list(OutboxMessage.objects.filter(topic=topic).values_list("payload", flat=True))


def acknowledged(line: Line, sent: bytes) -> None:
    answer = line.post(*sealed_post(sent))
    assert (answer.status_code, answer.content) == (200, b"success")


def test_the_end_of_a_mass_message_is_told_with_its_articles(line):
    acknowledged(line, report("MASSSENDJOBFINISH", MASS, "mphelper"))
    (payload,) = told("wechat.mass_sent")
    assert (payload["msg_id"], payload["status"]) == ("1000001625", "err(30003)")
    assert payload["counts"]["SentCount"] == 7
    assert payload["articles"] == {"1": "https://mp.weixin.qq.com/s/1"}
    assert [one["ArticleIdx"] for one in payload["copyright"]] == ["1", "2"]
    assert not Contact.objects.exists()  # mphelper is nobody


def test_the_end_of_a_publication_is_told_and_two_in_one_second_are_two(line):
    acknowledged(line, report("PUBLISHJOBFINISH", PUBLISH, "mphelper"))
    other = PUBLISH.replace("2247503051", "2247503052")
    acknowledged(line, report("PUBLISHJOBFINISH", other, "mphelper"))
    first, second = told("wechat.published")
    assert (first["publish_id"], second["publish_id"]) == ("2247503051", "2247503052")
    assert first["articles"] == {"1": "https://mp.weixin.qq.com/s/2"}


def test_a_template_message_s_fate_is_written_beside_it_once(line):
    now = timezone.now()
    outgoing = Outgoing.objects.create(
        account=OfficialAccount.objects.get(),
        openid=OPENID,
        purpose="wechat.late_answer",
        key="1",
        text="示例",
        state="sent",
        wechat_id="7",
        asked_at=now,
        due_at=now,
    )
    sent = report(
        "TEMPLATESENDJOBFINISH", "<MsgID>7</MsgID><Status><![CDATA[failed:user block]]></Status>"
    )
    for _attempt in range(2):
        acknowledged(line, sent)
        acknowledged(Line(record=record_batch), sent)  # another process
    Worker().run_due()
    outgoing.refresh_from_db()
    assert (outgoing.state, outgoing.reason) == ("failed", "user_block")
    assert OutgoingStep.objects.count() == 1


SENT = """<SubscribeMsgSentEvent><List><TemplateId><![CDATA[T1]]></TemplateId><MsgID>8</MsgID>
<ErrorCode>1</ErrorCode><ErrorStatus><![CDATA[failed:user block]]></ErrorStatus></List>
<List><TemplateId><![CDATA[T2]]></TemplateId><MsgID>9</MsgID><ErrorCode>0</ErrorCode>
<ErrorStatus><![CDATA[success]]></ErrorStatus></List></SubscribeMsgSentEvent>"""


def test_a_notice_that_failed_is_told_with_person_and_template(line):
    acknowledged(line, report("subscribe_msg_sent_event", SENT))
    (payload,) = told("wechat.message_failed")
    assert (payload["openid"], payload["template_id"]) == (OPENID, "T1")
    assert (payload["wechat_id"], payload["status"]) == ("8", "failed:user block")


def test_consents_are_counted_once_however_often_they_arrive(line):
    sent = report("subscribe_msg_popup_event", POPUP)
    acknowledged(line, sent)
    other = Line(record=record_batch)
    acknowledged(other, sent)
    grant = Grant.objects.get()
    assert (grant.template_id, grant.openid, grant.left) == ("T1", OPENID, 1)
    taken_back = POPUP.replace("Popup", "Change").replace("accept", "reject")
    acknowledged(line, report("subscribe_msg_change_event", taken_back))
    assert Grant.objects.get().left == 0


@pytest.mark.parametrize(
    "name",
    ["user_info_modified", "user_authorization_revoke", "user_authorization_cancellation"],
)
def test_who_takes_their_consent_back_is_forgotten(line, name):
    line.post(*sealed_post(event("subscribe", EventKey="qrscene_hall")))
    line.close()
    Contact.objects.update(remark="老王", tags=[2])
    acknowledged(line, report(name, f"<OpenID>{OPENID}</OpenID>"))
    contact = Contact.objects.get()
    assert (contact.remark, contact.tags, contact.scene, contact.citizen_id) == ("", [], "", None)
    assert contact.revoked_at is not None


@pytest.mark.parametrize(
    ("name", "inside", "words", "reason"),
    [
        ("qualification_verify_success", "<ExpiredTime>1800000000</ExpiredTime>", "通过", ""),
        (
            "qualification_verify_fail",
            "<FailTime>1790000000</FailTime><FailReason><![CDATA[公函不清晰]]></FailReason>",
            "资质认证未通过",
            "公函不清晰",
        ),
        ("naming_verify_success", "<ExpiredTime>1800000000</ExpiredTime>", "名称认证通过", ""),
        ("naming_verify_fail", "<FailTime>1790000000</FailTime>", "名称认证未通过", ""),
        ("annual_renew", "<ExpiredTime>1800000000</ExpiredTime>", "年审", ""),
        ("verify_expired", "<ExpiredTime>99999999999999</ExpiredTime>", "失效", ""),
    ],
)
def test_what_wechat_says_of_the_account_is_for_the_office_and_on_the_record(
    line, name, inside, words, reason
):
    sent = report(name, inside, "gh_system")
    acknowledged(line, sent)
    acknowledged(Line(record=record_batch), sent)  # WeChat's second attempt, elsewhere
    (notice,) = list_notices(account_id=OfficialAccount.objects.get().pk)
    assert words in notice.name
    assert notice.reason == reason
    assert notice.needs_action == (not name.endswith("success"))
    is_moment = "1800000000" in inside
    assert (notice.expires_at.timestamp() if notice.expires_at else 0) == is_moment * 1_800_000_000
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.actor_name) == ("wechat.account.notified", "微信")
    assert not Contact.objects.exists()


CHECKED = """<appid>wx1</appid><trace_id>{trace}</trace_id><version>2</version>{inside}"""
RISKY = """<errcode>0</errcode><errmsg>ok</errmsg><detail><item><strategy>content_model</strategy>
<suggest>pass</suggest><label>100</label></item></detail>
<result><suggest>risky</suggest><label>20002</label></result>"""


def test_the_verdict_on_a_file_is_there_for_whoever_asked(line):
    assert find_verdict(account="sandbox", trace_id="a-1") is None
    acknowledged(line, report("wxa_media_check", CHECKED.format(trace="a-1", inside=RISKY)))
    unread = "<errcode>-1008</errcode><errmsg>download error</errmsg>"
    acknowledged(line, report("wxa_media_check", CHECKED.format(trace="a-2", inside=unread)))
    first = find_verdict(account="sandbox", trace_id="a-1")
    assert (first.suggest, first.label, first.error) == ("risky", 20002, 0)
    second = find_verdict(account="sandbox", trace_id="a-2")
    assert (second.suggest, second.label, second.error) == ("", None, -1008)
    assert find_verdict(account="another", trace_id="a-1") is None


def test_who_has_left_gets_nothing_more(line):
    line.post(*sealed_post(event("subscribe")))
    acknowledged(line, event("unsubscribe"))
    line.close()
    contact = Contact.objects.get()
    assert (contact.is_following, contact.window_kind, contact.window_left) == (False, "", 0)
    assert contact.left_at is not None


@pytest.mark.parametrize(
    "sent",
    [
        text_message("你们几点上班"),
        event("subscribe"),
        event("unsubscribe"),
        event("SCAN", EventKey="h"),
    ],
    ids=["to a person", "follows", "leaves", "scans"],
)
def test_what_could_not_be_written_is_not_acknowledged_and_comes_again(line, sent):
    fails = [True]

    def record(letters):
        if fails:
            raise OperationalError
        return record_batch(letters)

    weak = Line(record=record)
    assert weak.post(*sealed_post(sent)).status_code == 503
    fails.clear()
    assert weak.post(*sealed_post(sent)).status_code == 200
    weak.close()
    assert ChatMessage.objects.filter(direction="in").count() == 1


def test_a_letter_nobody_can_write_does_not_stop_the_others(line):
    def record(letters):
        if any(letter.message.content == "毒" for letter in letters):
            raise KeyError("a fault of ours")
        return record_batch(letters)

    weak = Line(record=record)
    assert weak.post(*sealed_post(text_message("毒"))).status_code == 503
    assert weak.post(*sealed_post(text_message("你们几点上班"))).status_code == 200
    weak.close()
    assert ChatMessage.objects.filter(direction="in").count() == 1


@pytest.mark.parametrize(
    "body",
    [
        b"<a>" * 50 + b"</a>" * 50,
        b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
        "<x>1</x>".encode("utf-16"),
        b"<x>",
        b"",
    ],
    ids=["deep", "entities", "utf-16", "cut", "empty"],
)
def test_a_tree_is_read_as_safely_as_the_rest(body):
    with pytest.raises(NotAMessage):
        read_tree(body)
