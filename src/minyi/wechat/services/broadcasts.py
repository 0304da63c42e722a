# SPDX-License-Identifier: Apache-2.0
"""Sending an article to all followers, or to those with a tag: once, by a second person.

The key of a broadcast goes out as `clientmsgid`: WeChat answers a second try with the number of
the first (45065), so that neither a lost answer nor a restarted worker sends twice. What may have
gone out without our knowing is `unknown` and waits for a person: a new sending has a new key.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from minyi.agencies.models import OfficialAccount
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.errors import DomainError
from minyi.core.outbox import Again, Delivery, Later, consumer, send, when_given_up
from minyi.wechat.asking import ask_wechat
from minyi.wechat.capabilities import Ability
from minyi.wechat.client.mass import MassJob, news
from minyi.wechat.errors import (
    ArticleNotFound,
    BroadcastQuotaSpent,
    BroadcastRunning,
    BroadcastUnknown,
    NothingToWithdraw,
    NotReadyToPublish,
    NotToSettle,
    ReasonMissing,
    WeChatRefused,
    WeChatSilent,
)
from minyi.wechat.models import Article, Broadcast
from minyi.wechat.queries.articles import broadcast_quota
from minyi.wechat.refusals import check_able

from .article_uploads import save_draft
from .articles import PUBLISH, check_reviewed

TOPIC, POLL_TOPIC = "wechat.broadcast", "wechat.broadcast_poll"
PATIENCE = 5
FIRST_LOOK = timedelta(minutes=2)  # the event MASSSENDJOBFINISH usually comes earlier
LOOK_AGAIN = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(hours=24)
# WeChat knows a clientmsgid for a day [R]; one hour less, for clocks and slow calls.
DROPS_REPEATS_FOR = timedelta(hours=23)
SILENCE, TOO_FAST = timedelta(seconds=70), timedelta(seconds=60)  # 45066: within a minute
LONGEST_SILENCE = timedelta(hours=1)
_SENT_EARLIER, _REPEATED_TOO_FAST = 45065, 45066
State = Broadcast.State
_GOING = (State.WAITING, State.SENDING)
_SENDABLE = frozenset({Article.State.READY, Article.State.PUBLISHED})
_DONE = "send success"
_POLLED = {"SEND_SUCCESS": _DONE, "SEND_FAIL": "send fail", "DELETE": "deleted"}


@transaction.atomic
def start_broadcast(
    *, article_id: int, version: int, tag_id: int | None, actor: Actor, now: datetime
) -> Broadcast:
    """Send a reviewed article out; not by anybody who wrote on it."""
    rows = Article.objects.visible_to(actor).select_related("account")
    article = rows.select_for_update(of=("self",)).filter(pk=article_id).first()
    if article is None:
        raise ArticleNotFound
    account = article.account
    actor.check(PUBLISH, account.agency_id)
    # Two reviewers at once would both find the last sending of the day unused.
    OfficialAccount.objects.select_for_update().get(pk=account.pk)
    check_reviewed(article, version, actor)
    if article.state not in _SENDABLE:
        raise NotReadyToPublish(state=article.get_state_display())
    check_able(account, Ability.MASS_ALL)
    if article.broadcasts.filter(state__in=_GOING).exists():
        raise BroadcastRunning
    if article.broadcasts.filter(state=State.UNKNOWN).exists():
        raise BroadcastUnknown
    quota = broadcast_quota(account=account, tag_id=tag_id, now=now)
    if quota.left == 0:
        raise BroadcastQuotaSpent(period=quota.period, limit=quota.limit, used=quota.used)
    broadcast = Broadcast.objects.create(
        account=account,
        article=article,
        key=f"minyi-{uuid.uuid4().hex}",
        tag_id=tag_id,
        asked_by_id=int(actor.id),
        asked_at=now,
    )
    payload = {"broadcast": broadcast.pk, "version": version}
    send(topic=TOPIC, key=str(broadcast.pk), payload=payload, now=now)
    _record("asked", broadcast, actor, now, tag_id=tag_id, version=version)
    return broadcast


@consumer(TOPIC)
def run(delivery: Delivery) -> None:
    """Save a draft for this sending, then send it; each step once."""
    broadcast = _find(delivery, State.WAITING)
    if broadcast is None:
        return
    if broadcast.article.version != delivery.payload["version"]:
        _close(broadcast, _("发送之前文章被修改。"), delivery.now)
        return
    if delivery.now - broadcast.asked_at >= DROPS_REPEATS_FOR:
        _close(broadcast, _("一直没有得到微信的答复，系统已停止重试。"), delivery.now)
        return
    was_tried = broadcast.first_tried_at is not None
    try:
        if not broadcast.media_id:
            # Of its own: a draft is gone once it is published or sent.
            broadcast.media_id = save_draft(
                broadcast.article, progress=lambda _done, _all: None, now=delivery.now
            )
            broadcast.save(update_fields=["media_id"])
        if not was_tried:
            broadcast.first_tried_at = delivery.now
            broadcast.save(update_fields=["first_tried_at"])
        job = ask_wechat(broadcast.account, lambda client: _submit(client, broadcast))
    except WeChatSilent as silent:
        # Longer each time, and never sooner than WeChat takes the same clientmsgid.
        pause = max(SILENCE, min((delivery.now - broadcast.asked_at) / 4, LONGEST_SILENCE))
        raise Later(delivery.now + pause, reason=str(silent)) from silent
    except DomainError as refused:
        _refused(broadcast, refused, delivery.now, was_tried=was_tried)
        return
    _keep_job(broadcast, job, delivery)


def _refused(broadcast: Broadcast, refused: DomainError, now: datetime, *, was_tried: bool) -> None:
    """Read WeChat's no: about this try it is certain, about an earlier one it says nothing."""
    code = refused.facts.get("errcode") if isinstance(refused, WeChatRefused) else None
    if code == _REPEATED_TOO_FAST:
        raise Later(now + TOO_FAST, reason=str(refused)) from refused
    if code == _SENT_EARLIER:  # and without its number, which the client would have returned
        _settle(broadcast, _DONE, {}, {}, now)
    elif was_tried:
        _close(broadcast, refused.detail, now)
    else:
        _end(broadcast, State.FAILED, refused.detail, now)


@when_given_up(TOPIC)
def give_up(delivery: Delivery, reason: str) -> None:
    """The outbox tries no more: sent or not, somebody has to look."""
    broadcast = _find(delivery, State.WAITING)
    if broadcast is not None:
        words = _("多次尝试都没有办成，系统已停止重试：%(reason)s") % {"reason": reason}
        _close(broadcast, words, delivery.now)


async def _submit(client, broadcast: Broadcast) -> MassJob:  # type: ignore[no-untyped-def]
    asked: Mapping[str, object] = {
        "content": news(broadcast.media_id),
        "client_msg_id": broadcast.key,
    }
    if broadcast.tag_id is None:
        job: MassJob = await client.mass.send_to_all(**asked)
    else:
        job = await client.mass.send_to_tag(tag_id=broadcast.tag_id, **asked)
    return job


@transaction.atomic
def _keep_job(broadcast: Broadcast, job: MassJob, delivery: Delivery) -> None:
    Broadcast.objects.filter(pk=broadcast.pk, state=State.WAITING).update(
        state=State.SENDING, msg_id=job.msg_id, msg_data_id=job.msg_data_id
    )
    if broadcast.article.media_id == broadcast.media_id:
        Article.objects.filter(pk=broadcast.article_id).update(media_id="")
    send(
        topic=POLL_TOPIC,
        key=str(broadcast.pk),
        payload={"broadcast": broadcast.pk},
        now=delivery.now,
        due_at=delivery.now + FIRST_LOOK,
    )


@consumer(POLL_TOPIC)
def poll(delivery: Delivery) -> None:
    """Ask how a sending went, in case its event does not arrive."""
    broadcast = _find(delivery, State.SENDING, State.UNKNOWN)
    if broadcast is None:
        return
    try:
        found = ask_wechat(
            broadcast.account, lambda client: client.mass.status(msg_id=broadcast.msg_id)
        )
    except WeChatSilent as silent:
        raise Again(str(silent)) from silent
    except DomainError as refused:
        _end(broadcast, State.UNKNOWN, refused.detail, delivery.now)
        return
    told = _POLLED.get(found.status)
    if told is None:
        if delivery.now - delivery.asked_at > GIVE_UP_AFTER:
            words = _("微信一直没有给出群发结果，请登录公众平台核对。")
            _end(broadcast, State.UNKNOWN, words, delivery.now)
            return
        raise Later(delivery.now + LOOK_AGAIN, reason="still sending")
    _settle(broadcast, told, {}, {}, delivery.now)


@when_given_up(POLL_TOPIC)
def give_up_asking(delivery: Delivery, reason: str) -> None:
    """The outbox asks no more: WeChat took the sending, and nobody knows what became of it."""
    broadcast = _find(delivery, State.SENDING)
    if broadcast is not None:
        words = _("查询群发结果没有成功，请登录公众平台核对：%(reason)s") % {"reason": reason}
        _end(broadcast, State.UNKNOWN, words, delivery.now)


@consumer("wechat.mass_sent")
def learn_of_sending(delivery: Delivery) -> None:
    """Take the event MASSSENDJOBFINISH in."""
    told = delivery.payload
    broadcast = (
        Broadcast.objects.select_related("article")
        .filter(account__slug=told["account"], msg_id=str(told["msg_id"]))
        .exclude(msg_id="")
        .first()
    )
    if broadcast is None:
        if _lost_answers(told["account"]).filter(state=State.WAITING).exists():
            # The next try under the same clientmsgid learns its number; then the event may fit.
            raise Later(delivery.now + FIRST_LOOK, reason="a sending does not know its number yet")
        if delivery.attempt < PATIENCE:  # the event may overtake the answer that names the id
            raise Again("no broadcast with this msg_id yet")
        _tell_of_other_sending(delivery)
        return
    counts = told["counts"] if isinstance(told["counts"], Mapping) else {}
    urls = told["articles"] if isinstance(told["articles"], Mapping) else {}
    _settle(broadcast, str(told["status"]), counts, urls, delivery.now)


def _lost_answers(account: object) -> QuerySet[Broadcast]:
    """Return the sendings that WeChat was asked for and whose number never came back."""
    rows = Broadcast.objects.filter(account__slug=account, msg_id="")
    return rows.exclude(first_tried_at=None)


def _tell_of_other_sending(delivery: Delivery) -> None:
    """Tell whoever must look what WeChat reported; the number alone does not say whose it was."""
    told = delivery.payload
    since = delivery.asked_at - DROPS_REPEATS_FOR
    lost = _lost_answers(told["account"]).filter(state=State.UNKNOWN, first_tried_at__gt=since)
    counts = told["counts"] if isinstance(told["counts"], Mapping) else {}
    words = _("微信在这之后报告过一次群发：编号 %(number)s，成功 %(sent)s 人，可能就是这一次。") % {
        "number": told["msg_id"],
        "sent": counts.get("SentCount", 0),
    }
    for broadcast in lost:
        Broadcast.objects.filter(pk=broadcast.pk).update(reason=f"{words}{broadcast.reason}"[:300])


@transaction.atomic
def _settle(
    broadcast: Broadcast,
    status: str,
    counts: Mapping[str, int],
    urls: Mapping[str, str],
    now: datetime,
) -> None:
    """Write down how it went. Numbers that only the event knows are added to what was polled."""
    row = Broadcast.objects.select_for_update().get(pk=broadcast.pk)
    if row.state == State.DELETED:
        return
    row.state = State.SENT if status == _DONE else State.FAILED
    row.reason = "" if status == _DONE else status_words(status)
    row.ended_at = row.ended_at or now
    if counts:
        row.total, row.filtered = counts.get("TotalCount"), counts.get("FilterCount")
        row.sent, row.failed = counts.get("SentCount"), counts.get("ErrorCount")
    row.save()
    if status == _DONE:
        _article_is_out(broadcast, urls.get("1", ""), now)


def _article_is_out(broadcast: Broadcast, url: str, now: datetime) -> None:
    """An article that was sent without having been published has its address from the sending."""
    Article.objects.filter(pk=broadcast.article_id, state=Article.State.READY).update(
        state=Article.State.PUBLISHED,
        url=url,
        msg_data_id=broadcast.msg_data_id,
        published_at=now,
        published_by_id=broadcast.asked_by_id,
    )


@transaction.atomic
def settle_broadcast(*, broadcast_id: int, was_sent: bool, actor: Actor, now: datetime) -> None:
    """Take a person's word, who has looked at WeChat, for a sending whose fate is unknown."""
    rows = Broadcast.objects.visible_to(actor).select_related("account", "article")
    broadcast = rows.select_for_update(of=("self",)).filter(pk=broadcast_id).first()
    if broadcast is None:
        raise ArticleNotFound
    actor.check(PUBLISH, broadcast.account.agency_id)
    if broadcast.state != State.UNKNOWN:
        raise NotToSettle(state=broadcast.get_state_display())
    broadcast.state = State.SENT if was_sent else State.FAILED
    words = _("工作人员核实已经发出。") if was_sent else _("工作人员核实没有发出。")
    broadcast.reason, broadcast.ended_at = words, broadcast.ended_at or now
    broadcast.save(update_fields=["state", "reason", "ended_at"])
    if was_sent:
        _article_is_out(broadcast, "", now)
    _record("settled", broadcast, actor, now, was_sent=was_sent)


def delete_broadcast(*, broadcast_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Take a sent article off the followers' telephones; the title stays in their lists."""
    words = " ".join(reason.split())[:300]
    if not words:
        raise ReasonMissing
    rows = Broadcast.objects.visible_to(actor).select_related("account", "article")
    broadcast = rows.filter(pk=broadcast_id).first()
    if broadcast is None:
        raise ArticleNotFound
    actor.check(PUBLISH, broadcast.account.agency_id)
    if broadcast.state != State.SENT:
        raise NothingToWithdraw(what=str(broadcast))
    ask_wechat(broadcast.account, lambda client: client.mass.delete_all(msg_id=broadcast.msg_id))
    with transaction.atomic():
        Broadcast.objects.filter(pk=broadcast.pk).update(state=State.DELETED, reason=words)
        # Sent, never published: with the sending the article itself is gone.
        Article.objects.filter(pk=broadcast.article_id, article_id="").update(
            state=Article.State.WITHDRAWN, reason=words
        )
        _record("deleted", broadcast, actor, now, reason=words)


def status_words(status: str) -> str:
    """Say what a sending's status means (wechat-api.md §1.6)."""
    known = {
        "send fail": _("微信没有发送成功。"),
        "deleted": _("群发已在公众平台上删除。"),
        "err(10001)": _("微信认为内容涉嫌广告。"),
        "err(20001)": _("微信认为内容涉嫌政治问题。"),
        "err(20002)": _("微信认为内容涉嫌色情。"),
        "err(20004)": _("微信认为内容涉嫌社会问题。"),
        "err(20006)": _("微信认为内容涉嫌违法犯罪。"),
        "err(20008)": _("微信认为内容涉嫌欺诈。"),
        "err(20013)": _("微信认为内容涉嫌版权问题。"),
        "err(21000)": _("微信认为内容有其他问题。"),
        "err(22000)": _("微信认为内容涉嫌互推。"),
        "err(30001)": _("原创校验出现系统错误，没有发送。"),
        "err(30002)": _("原创校验判定不能群发。"),
        "err(30003)": _("原创校验判定为转载，没有发送。"),
        "err(40001)": _("公众号管理员拒绝了这次群发。"),
        "err(40002)": _("公众号管理员 30 分钟内没有确认，没有发送。"),
    }
    return known.get(status.replace(" ", "") if status.startswith("err") else status) or _(
        "微信返回：%(status)s"
    ) % {"status": status[:100]}


def _find(delivery: Delivery, *states: Broadcast.State) -> Broadcast | None:
    rows = Broadcast.objects.select_related("account", "article__account", "article__cover")
    return rows.filter(pk=delivery.payload["broadcast"], state__in=states).first()


def _close(broadcast: Broadcast, words: str, now: datetime) -> None:
    """End a sending that WeChat confirmed no try of: unknown if there was one."""
    if broadcast.first_tried_at is None:
        _end(broadcast, State.FAILED, words, now)
    else:
        asked = _("不能确定是否已经发送，请登录公众平台核对。")
        _end(broadcast, State.UNKNOWN, f"{asked}{words}", now)


def _end(broadcast: Broadcast, state: Broadcast.State, words: str, now: datetime) -> None:
    rows = Broadcast.objects.filter(pk=broadcast.pk, state__in=_GOING)
    rows.update(state=state, reason=words[:300], ended_at=now)


def _record(verb: str, broadcast: Broadcast, actor: Actor, now: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=f"wechat.broadcast.{verb}",
        target=broadcast,
        now=now,
        agency_id=broadcast.account.agency_id,
        account=broadcast.account.slug,
        **facts,
    )
