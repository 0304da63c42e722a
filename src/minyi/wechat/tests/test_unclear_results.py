# SPDX-License-Identifier: Apache-2.0
"""What may have gone out without our knowing: never sent again before a person has looked."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_client, given_staff
from minyi.core import outbox
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry
from minyi.core.outbox import MOST_ATTEMPTS
from minyi.wechat.client.api_errors import Unanswered
from minyi.wechat.errors import BroadcastUnknown, NotToSettle
from minyi.wechat.models import Article, Broadcast
from minyi.wechat.queries.articles import broadcast_quota
from minyi.wechat.services import articles, broadcasts, publishing

from .given_articles import doing, given_article_office, work

SENDALL, ADD_DRAFT = "/cgi-bin/message/mass/sendall", "/cgi-bin/draft/add"
HOUR = timedelta(hours=1)


@pytest.fixture
def office(transactional_db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    return given_article_office()


def given_sending(office) -> Broadcast:
    article = office.ready()
    return broadcasts.start_broadcast(**doing(article, office.reviewer, version=1, tag_id=None))


def given_unknown_sending(office) -> Broadcast:
    broadcast = given_sending(office)
    Broadcast.objects.update(state="unknown", first_tried_at=timezone.now(), reason="不能确定")
    broadcast.refresh_from_db()
    return broadcast


def given_unknown_article(office) -> Article:
    article = office.ready()
    articles.publish_article(**doing(article, office.reviewer, version=1))
    Article.objects.update(state="unknown", asked_at=timezone.now(), reason="不能确定")
    article.refresh_from_db()
    return article


def state_of(row) -> str:
    row.refresh_from_db()
    return str(row.state)


def test_a_lost_answer_is_asked_for_again_under_the_same_number(office, sandbox, monkeypatch):
    broadcast = given_sending(office)
    submit = broadcasts._submit

    async def lose_the_answer(client, row):
        await submit(client, row)
        raise Unanswered(SENDALL, reason="ReadTimeout")

    monkeypatch.setattr(broadcasts, "_submit", lose_the_answer)
    work()
    monkeypatch.setattr(broadcasts, "_submit", submit)
    assert state_of(broadcast) == "waiting"
    work(after=timedelta(seconds=75))  # too fast for WeChat, whose clock stands still: 45066
    assert state_of(broadcast) == "waiting"
    sandbox.order("clock", advance_s=90)
    work(after=timedelta(seconds=140))
    assert state_of(broadcast) == "sending"
    assert broadcast.msg_id
    assert sandbox.calls(SENDALL) == 3


def test_an_event_that_comes_before_the_number_waits_for_it_and_brings_the_figures(
    office, sandbox, monkeypatch
):
    broadcast = given_sending(office)
    submit, numbers = broadcasts._submit, []

    async def lose_the_answer(client, row):
        numbers.append((await submit(client, row)).msg_id)
        raise Unanswered(SENDALL, reason="ReadTimeout")

    monkeypatch.setattr(broadcasts, "_submit", lose_the_answer)
    work()
    monkeypatch.setattr(broadcasts, "_submit", submit)
    report_sending(office, numbers[0])
    for _round in range(broadcasts.PATIENCE + 1):
        work(after=timedelta(seconds=30))
    sandbox.order("clock", advance_s=90)
    work(after=timedelta(seconds=140))  # the retry learns the number
    work(after=timedelta(seconds=300))
    assert state_of(broadcast) == "sent"
    assert broadcast.sent == 75


def test_an_event_nobody_can_match_is_told_to_whoever_must_look(office, sandbox):
    broadcast = given_unknown_sending(office)
    report_sending(office, "34182")
    for attempt in range(1, broadcasts.PATIENCE + 2):
        work(after=attempt * HOUR)
    assert state_of(broadcast) == "unknown"  # it may have been sent on WeChat's own pages
    assert "编号 34182，成功 75 人" in broadcast.reason


def report_sending(office, number: str) -> None:
    outbox.send(
        topic="wechat.mass_sent",
        key=f"event-{number}",
        payload={
            "account": office.account.slug,
            "msg_id": number,
            "status": "send success",
            "counts": {"TotalCount": 100, "FilterCount": 80, "SentCount": 75, "ErrorCount": 5},
            "articles": {},
        },
        now=timezone.now(),
    )


def test_a_silent_wechat_is_not_asked_again_once_it_forgets_the_number(office, sandbox):
    sandbox.order("faults", path=SENDALL, drop=True, times=1000)
    broadcast = given_sending(office)
    for hours in range(24):
        work(after=hours * HOUR)
    assert state_of(broadcast) == "unknown"
    assert "不能确定是否已经发送" in broadcast.reason
    asked = sandbox.calls(SENDALL)
    work(after=48 * HOUR)
    assert sandbox.calls(SENDALL) == asked


def test_what_never_got_as_far_as_the_sending_has_failed(office, sandbox):
    broadcast = given_sending(office)
    sandbox.order("faults", path=ADD_DRAFT, drop=True, times=1000)
    for hours in (0, 23):
        work(after=hours * HOUR)
    assert state_of(broadcast) == "failed"
    assert sandbox.calls(SENDALL) == 0


def test_a_refusal_after_a_lost_answer_proves_nothing(office, sandbox):
    broadcast = given_sending(office)
    sandbox.order("faults", path=SENDALL, drop=True, times=10)
    work()
    sandbox.order("faults/clear")
    sandbox.order("faults", path=SENDALL, errcode=45028, times=10)
    work(after=timedelta(minutes=2))
    assert state_of(broadcast) == "unknown"


def test_a_refusal_of_the_first_try_is_a_failure(office, sandbox):
    broadcast = given_sending(office)
    sandbox.order("faults", path=SENDALL, errcode=45028, times=10)
    work()
    assert state_of(broadcast) == "failed"


def test_an_unknown_sending_counts_and_bars_the_next_until_somebody_has_looked(office, sandbox):
    broadcast = given_unknown_sending(office)
    quota = broadcast_quota(account=office.account, tag_id=None, now=timezone.now())
    assert quota.used == 1
    again = doing(broadcast.article, office.reviewer, version=1, tag_id=None)
    with pytest.raises(BroadcastUnknown):
        broadcasts.start_broadcast(**again)
    with pytest.raises(NotAllowed):
        settle(broadcast, office.editor, was_sent=False)
    settle(broadcast, office.reviewer, was_sent=False)
    assert state_of(broadcast) == "failed"
    broadcasts.start_broadcast(**again)
    entry = AuditEntry.objects.get(act="wechat.broadcast.settled")
    assert entry.facts["was_sent"] is False


def test_a_sending_that_somebody_found_at_wechat_is_sent(office, sandbox):
    broadcast = given_unknown_sending(office)
    settle(broadcast, office.reviewer, was_sent=True)
    assert state_of(broadcast) == "sent"
    assert state_of(broadcast.article) == "published"
    with pytest.raises(NotToSettle):
        settle(broadcast, office.reviewer, was_sent=False)


def settle(broadcast, actor, *, was_sent) -> None:
    broadcasts.settle_broadcast(
        broadcast_id=broadcast.pk, was_sent=was_sent, actor=actor, now=timezone.now()
    )


def break_down(*_arguments, **_fields):
    raise RuntimeError("broken")


def try_in_vain() -> None:
    for attempt in range(1, MOST_ATTEMPTS + 1):
        work(after=attempt * 2 * HOUR)


def test_a_sending_whose_result_cannot_be_asked_for_is_unknown(office, sandbox, monkeypatch):
    broadcast = given_sending(office)
    work()
    monkeypatch.setattr(broadcasts, "ask_wechat", break_down)
    try_in_vain()
    assert state_of(broadcast) == "unknown"
    assert "broken" in broadcast.reason


def test_a_sending_that_broke_before_it_began_has_failed(office, sandbox, monkeypatch):
    broadcast = given_sending(office)
    monkeypatch.setattr(broadcasts, "save_draft", break_down)
    try_in_vain()
    assert state_of(broadcast) == "failed"


def test_a_publication_whose_result_cannot_be_asked_for_is_unknown(office, sandbox, monkeypatch):
    article = office.ready()
    articles.publish_article(**doing(article, office.reviewer, version=1))
    work()
    monkeypatch.setattr(publishing, "ask_wechat", break_down)
    try_in_vain()
    assert state_of(article) == "unknown"
    assert "broken" in article.reason


def test_an_upload_that_cannot_be_done_goes_back_to_the_editors(office, sandbox, monkeypatch):
    article = office.write()
    articles.submit_article(**doing(article, office.editor, version=1))
    monkeypatch.setattr(publishing, "save_draft", break_down)
    try_in_vain()
    assert state_of(article) == "failed"
    articles.submit_article(**doing(article, office.editor, version=1))


def test_a_reviewer_says_on_the_page_what_became_of_a_publication(office, sandbox):
    article = given_unknown_article(office)
    page, act = reverse("wechat_article", args=[article.pk]), "wechat_article_settle"
    reviewer = given_client(given_staff(office.account.agency, Role.REVIEWER))
    html = reviewer.get(page).content.decode()
    assert "未发布" in html
    assert reviewer.post(reverse(act, args=[article.pk])).status_code == 400
    assert state_of(article) == "unknown"
    reviewer.post(reverse(act, args=[article.pk]), {"word": "no"})
    assert state_of(article) == "failed"
    entry = AuditEntry.objects.get(act="wechat.article.settled")
    assert entry.facts["was_published"] is False
    articles.submit_article(**doing(article, office.editor, version=1))


def test_an_editor_does_not_decide_what_became_of_it(office, sandbox):
    article = given_unknown_article(office)
    editor = given_client(given_staff(office.account.agency, Role.EDITOR))
    page = editor.get(reverse("wechat_article", args=[article.pk])).content.decode()
    assert "未发布" not in page
    with pytest.raises(NotAllowed):
        articles.settle_article(**doing(article, office.editor, was_published=True))
    articles.settle_article(**doing(article, office.reviewer, was_published=True))
    assert state_of(article) == "published"


def test_a_reviewer_says_on_the_page_what_became_of_a_sending(office, sandbox):
    broadcast = given_unknown_sending(office)
    reviewer = given_client(given_staff(office.account.agency, Role.REVIEWER))
    html = reviewer.get(reverse("wechat_article", args=[broadcast.article_id])).content.decode()
    assert "已发出" in html
    assert "核实之前不能再次群发" in html
    assert reverse("wechat_article_send", args=[broadcast.article_id]) not in html
    reviewer.post(reverse("wechat_settle_sending", args=[broadcast.pk]), {"word": "yes"})
    assert state_of(broadcast) == "sent"


def test_wechat_s_own_word_outweighs_a_person_s(office, sandbox):
    article = office.ready()
    articles.publish_article(**doing(article, office.reviewer, version=1))
    work()
    Article.objects.update(state="unknown")
    articles.settle_article(**doing(article, office.reviewer, was_published=False))
    sandbox.order("clock", advance_s=600)
    article.refresh_from_db()
    found = publishing.ask_wechat(
        article.account, lambda client: client.articles.status(publish_id=article.publish_id)
    )
    publishing.settle(article, found, now=timezone.now())
    assert state_of(article) == "published"
    assert article.url.startswith("http")
