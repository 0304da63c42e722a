# SPDX-License-Identifier: Apache-2.0
"""Followers: the list, tags and the blacklist, and the sync that goes on where it stopped."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_agency, given_client, given_staff
from minyi.core.models import AuditEntry, OutboxMessage
from minyi.core.outbox import MOST_ATTEMPTS, Again, Delivery
from minyi.core.outbox_worker import Worker
from minyi.wechat.client.users import Follower
from minyi.wechat.models import Contact, FollowerSync, FollowerTag
from minyi.wechat.services import follower_sync
from minyi.wechat.services.contacts import erase_profile
from minyi.wechat.tests.given import given_contact, given_official_account

pytestmark = pytest.mark.django_db
URL = "/staff/wechat/followers"


@pytest.fixture
def account(settings):
    settings.WECHAT_SECRETS = {"sandbox": {"secret": "sandbox-secret-not-for-production"}}
    return given_official_account()


@pytest.fixture
def clerk(account) -> Client:
    return given_client(given_staff(account.agency, Role.CASE_WORKER))


def run_outbox(*, attempt: int = 1) -> int:
    """Do what the worker does with the sync's messages, until none is left; return how many."""
    done = 0
    while True:
        message = OutboxMessage.objects.filter(topic=follower_sync.TOPIC, state="waiting").first()
        if message is None:
            return done
        now = timezone.now()
        follower_sync.read_part(
            Delivery(message.topic, message.key, message.payload, attempt, now, now)
        )
        OutboxMessage.objects.filter(pk=message.pk).update(state="done")
        done += 1


def test_a_sync_reads_every_follower_and_notes_who_left(clerk, account, sandbox, monkeypatch):
    monkeypatch.setattr(follower_sync, "PART", 2)
    for citizen in range(1, 6):
        sandbox.order("follow", citizen=citizen, account="sandbox")
    gone = given_contact(account, "oLeftLongAgo", followed_at=timezone.now() - timedelta(days=9))
    clerk.post(f"{URL}/{account.pk}/sync/")
    assert run_outbox() == 4  # 2 + 2 + 1, and the empty part that ends it
    sync = FollowerSync.objects.get()
    assert (sync.state, sync.done, sync.total, sync.pending) == ("done", 5, 5, [])
    # A list of ten thousand is read once, not once for each part of it; the second one is empty.
    assert sandbox.calls("/cgi-bin/user/get") == 2
    gone.refresh_from_db()
    assert not gone.is_following
    assert Contact.objects.filter(is_following=True).count() == 5


def test_a_sync_stops_with_the_reason_and_goes_on_where_it_stopped(
    clerk, account, sandbox, monkeypatch
):
    monkeypatch.setattr(follower_sync, "PART", 2)
    for citizen in range(1, 4):
        sandbox.order("follow", citizen=citizen, account="sandbox")
    clerk.post(f"{URL}/{account.pk}/sync/")
    sync = FollowerSync.objects.get()
    read_one_part()
    sandbox.order("faults", path="/cgi-bin/user/info/batchget", errcode=48004, times=1)
    read_one_part()
    sync.refresh_from_db()
    assert (sync.state, sync.done) == ("stopped", 2)
    assert "微信封禁了公众号的这个接口" in clerk.get(f"{URL}/{account.pk}/").content.decode()
    clerk.post(f"{URL}/syncs/{sync.pk}/resume/")
    assert AuditEntry.objects.filter(act="wechat.followers.sync_asked").count() == 2
    run_outbox()
    sync.refresh_from_db()
    assert (sync.state, sync.done) == ("done", 3)


def read_one_part() -> None:
    message = OutboxMessage.objects.filter(topic=follower_sync.TOPIC, state="waiting").get()
    now = timezone.now()
    follower_sync.read_part(Delivery(message.topic, message.key, message.payload, 1, now, now))
    OutboxMessage.objects.filter(pk=message.pk).update(state="done")


def test_a_part_run_twice_counts_once(clerk, account, sandbox):
    sandbox.order("follow", citizen=1, account="sandbox")
    clerk.post(f"{URL}/{account.pk}/sync/")
    message = OutboxMessage.objects.get()
    now = timezone.now()
    delivery = Delivery(message.topic, message.key, message.payload, 1, now, now)
    follower_sync.read_part(delivery)
    follower_sync.read_part(delivery)
    assert FollowerSync.objects.get().done == 1


def test_a_silent_wechat_is_asked_again_and_in_the_end_the_sync_stops(clerk, account, silence):
    clerk.post(f"{URL}/{account.pk}/sync/")
    with pytest.raises(Again):
        run_outbox()
    assert FollowerSync.objects.get().state == "waiting"
    run_outbox(attempt=follower_sync.PATIENCE)
    assert FollowerSync.objects.get().state == "stopped"


def test_a_crash_of_every_attempt_stops_the_sync_and_does_not_block_the_next(
    clerk, account, monkeypatch
):
    clerk.post(f"{URL}/{account.pk}/sync/")
    monkeypatch.setattr(follower_sync, "_read_part", lambda *_: 1 / 0)
    clock = [timezone.now()]
    worker = Worker(
        consumers={follower_sync.TOPIC: follower_sync.read_part}, clock=lambda: clock[0]
    )
    for _attempt in range(MOST_ATTEMPTS):
        assert worker.run_due() == 1
        clock[0] += timedelta(hours=2)
    sync = FollowerSync.objects.get()
    assert (sync.state, "ZeroDivisionError" in sync.reason) == ("stopped", True)
    clerk.post(f"{URL}/{account.pk}/sync/")
    assert FollowerSync.objects.count() == 2


def told_of(openid: str, *, is_following: bool) -> Follower:
    return Follower(
        openid=openid,
        subscribe=int(is_following),
        subscribe_time=1_700_000_000,
        remark="老王",
        tagid_list=[2],
    )


def test_who_left_while_wechat_was_asked_has_left(account):
    asked_at = timezone.now()
    after = asked_at + timedelta(seconds=2)
    given_contact(account, "oLeft", is_following=False, left_at=after)
    given_contact(account, "oBack", is_following=False, left_at=asked_at - timedelta(days=1))
    given_contact(account, "oCame", is_following=True, followed_at=after)
    users = [
        told_of("oLeft", is_following=True),
        told_of("oBack", is_following=True),
        told_of("oCame", is_following=False),
    ]
    follower_sync.keep_users(account, users, asked_at)
    known = dict(Contact.objects.values_list("openid", "is_following"))
    assert known == {"oLeft": False, "oBack": True, "oCame": True}


def test_a_profile_that_was_taken_back_does_not_come_back_with_the_next_sync(account):
    given_contact(account, "oTaken", remark="老王", tags=[2], scene="hall")
    given_contact(account, "oOther")
    erase_profile(account=account.slug, openid="oTaken", now=timezone.now())
    users = [told_of("oTaken", is_following=True), told_of("oOther", is_following=True)]
    follower_sync.keep_users(account, users, timezone.now())
    taken, other = (Contact.objects.get(openid=openid) for openid in ("oTaken", "oOther"))
    assert (taken.is_following, taken.remark, taken.tags, taken.scene) == (True, "", [], "")
    assert (other.remark, other.tags) == ("老王", [2])


def test_one_sync_at_a_time(clerk, account):
    clerk.post(f"{URL}/{account.pk}/sync/")
    answer = clerk.post(f"{URL}/{account.pk}/sync/", follow=True)
    assert "正在同步" in answer.content.decode()
    assert FollowerSync.objects.count() == 1


def test_tags_are_made_renamed_put_on_taken_off_and_deleted(clerk, account, sandbox):
    sandbox.order("follow", citizen=1, account="sandbox")
    clerk.post(f"{URL}/{account.pk}/sync/")
    run_outbox()
    clerk.post(f"{URL}/{account.pk}/tags/", {"name": "示例标签"})
    tag, contact = FollowerTag.objects.get(name="示例标签"), Contact.objects.get()
    chosen = {"contact": contact.pk, "tag": tag.wechat_id}
    clerk.post(f"{URL}/{account.pk}/sort/", {**chosen, "act": "tag"})
    contact.refresh_from_db()
    assert contact.tags == [tag.wechat_id]
    tag.refresh_from_db()
    assert tag.count == 1
    listed = clerk.get(f"{URL}/{account.pk}/?tag={tag.wechat_id}").content.decode()
    assert contact.openid[-6:] in listed
    clerk.post(f"{URL}/tags/{tag.pk}/", {"act": "rename", "name": "常来的人"})
    tag.refresh_from_db()
    assert tag.name == "常来的人"
    clerk.post(f"{URL}/{account.pk}/sort/", {**chosen, "act": "untag"})
    tag.refresh_from_db()
    assert tag.count == 0
    contact.refresh_from_db()
    assert contact.tags == []
    clerk.post(f"{URL}/{account.pk}/sort/", {**chosen, "act": "tag"})
    clerk.post(f"{URL}/tags/{tag.pk}/", {"act": "delete"})
    contact.refresh_from_db()
    assert contact.tags == []
    acts = set(AuditEntry.objects.values_list("act", flat=True))
    made = {"wechat.tag.created", "wechat.tag.renamed", "wechat.tag.deleted"}
    assert made | {"wechat.followers.tagged"} <= acts


def test_a_remark_and_the_blacklist_reach_wechat(clerk, account, sandbox):
    sandbox.order("follow", citizen=1, account="sandbox")
    clerk.post(f"{URL}/{account.pk}/sync/")
    run_outbox()
    contact = Contact.objects.get()
    clerk.post(f"{URL}/people/{contact.pk}/", {"remark": "热心市民"})
    clerk.post(
        f"{URL}/{account.pk}/sort/",
        {"contact": contact.pk, "act": "block", "reason": "反复辱骂"},
    )
    contact.refresh_from_db()
    assert (contact.remark, contact.is_blocked) == ("热心市民", True)
    entry = AuditEntry.objects.get(act="wechat.followers.blocked")
    assert entry.facts["reason"] == "反复辱骂"
    assert contact.openid not in str(AuditEntry.objects.values_list("facts", flat=True))
    clerk.post(f"{URL}/{account.pk}/sort/", {"contact": contact.pk, "act": "unblock"})
    contact.refresh_from_db()
    assert not contact.is_blocked


def test_nobody_is_blocked_without_a_reason(clerk, account):
    contact = given_contact(account)
    form = {"contact": contact.pk, "act": "block", "reason": " "}
    told = clerk.post(f"{URL}/{account.pk}/sort/", form, follow=True)
    assert "要写明理由" in told.content.decode()
    contact.refresh_from_db()
    assert not contact.is_blocked


def test_more_than_fifty_at_once_and_nobody_at_all_are_refused(clerk, account):
    FollowerTag.objects.create(account=account, wechat_id=101, name="标签")
    many = [given_contact(account, f"o{number:027}").pk for number in range(51)]
    form = {"tag": 101, "act": "tag"}
    told = clerk.post(f"{URL}/{account.pk}/sort/", {**form, "contact": many}, follow=True)
    assert "一次最多选 50 人" in told.content.decode()
    told = clerk.post(f"{URL}/{account.pk}/sort/", form, follow=True)
    assert "请先勾选" in told.content.decode()


def test_a_follower_of_another_account_is_not_sorted(clerk, account):
    other = given_official_account(slug="other", appid="wxother", original_id="gh_other")
    FollowerTag.objects.create(account=account, wechat_id=101, name="标签")
    stranger = given_contact(other, "oElsewhere")
    answer = clerk.post(
        f"{URL}/{account.pk}/sort/", {"tag": 101, "act": "tag", "contact": stranger.pk}
    )
    assert answer.status_code == 404
    stranger.refresh_from_db()
    assert stranger.tags == []


def test_the_whole_openid_is_not_on_the_page(clerk, account):
    contact = given_contact(account)
    page = clerk.get(f"{URL}/{account.pk}/").content.decode()
    assert contact.openid[-6:] in page
    assert contact.openid not in page


def test_the_filters_narrow_the_list(clerk, account):
    here = given_contact(account, "oAaaaaa111111", scene="hall", tags=[10, 2])
    left = given_contact(account, "oBbbbbb222222", is_following=False)
    tagged = given_contact(account, "oCccccc333333", tags=[102], remark="热心")
    for number in (2, 10, 102):
        FollowerTag.objects.create(account=account, wechat_id=number, name=f"第{number}")
    for query, shown in {
        "": {here, tagged},
        "state=left": {left},
        "state=all": {here, left, tagged},
        "tag=2": {here},
        "tag=10": {here},
        "tag=102": {tagged},
        "words=热心": {tagged},
        "words=222222&state=all": {left},
        "state=nonsense": {here, tagged},
    }.items():
        page = clerk.get(f"{URL}/{account.pk}/?{query}").content.decode()
        found = {one for one in (here, left, tagged) if one.openid[-6:] in page.split("<table")[-1]}
        assert found == shown, query


def test_only_those_who_speak_to_citizens_see_followers(account):
    given_contact(account)
    leader = given_client(given_staff(account.agency, Role.LEADER))
    neighbour = given_client(given_staff(given_agency(), Role.CASE_WORKER))
    assert leader.get(f"{URL}/{account.pk}/").status_code == 403
    assert neighbour.get(f"{URL}/{account.pk}/").status_code == 404


def test_the_list_asks_no_more_for_fifty_than_for_one(
    clerk, account, django_assert_max_num_queries
):
    given_contact(account)
    clerk.get(f"{URL}/{account.pk}/")
    with CaptureQueriesContext(connection) as one:
        clerk.get(f"{URL}/{account.pk}/")
    for number in range(60):
        given_contact(account, f"o{number:027}")
    with django_assert_max_num_queries(len(one)):
        clerk.get(f"{URL}/{account.pk}/")
