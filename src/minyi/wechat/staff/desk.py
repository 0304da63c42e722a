# SPDX-License-Identifier: Apache-2.0
"""The staff desk: one inbox for the conversations of one's accounts, and one conversation."""

import uuid
from datetime import timedelta

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from minyi.core.errors import DomainError, NotAllowed, NotFound
from minyi.core.staff import AgencyPolicy
from minyi.wechat.errors import ConversationNotFound, MediaGone
from minyi.wechat.models import ChatMessage, Conversation, DeskNote, Handling
from minyi.wechat.outgoing.carrier import LONGEST_TEXT
from minyi.wechat.queries import desk as inbox
from minyi.wechat.queries.desk import DeskFilter
from minyi.wechat.queries.duty import (
    DESK,
    list_colleagues,
    list_on_duty,
    list_quick_texts,
    offer_waiting,
)
from minyi.wechat.queries.threads import FETCHED, find_reply_way, read_thread, window_words
from minyi.wechat.services import desk
from minyi.wechat.services.media import fetch_media

from . import pages

ICON = "comment"
STATES = {
    "waiting": gettext_lazy("等待接待"),
    "mine": gettext_lazy("由我接待"),
    "colleague": gettext_lazy("同事接待"),
    "robot": gettext_lazy("机器人"),
    "closed": gettext_lazy("已结束"),
    "all": gettext_lazy("全部"),
}
BADGES = {"waiting": "stop", "mine": "open", "colleague": "soon", "robot": "", "closed": "done"}
EVERY_MS = 4000
OFFERED_FOR = timedelta(minutes=3)  # to who is on duty; after that everybody's page calls


class FilterForm(forms.Form):
    """What the inbox is narrowed to, beside the tab."""

    state = forms.ChoiceField(choices=list(STATES.items()), required=False)
    words = forms.CharField(max_length=40, required=False)
    account = forms.TypedChoiceField(coerce=int, empty_value=None, required=False)

    def __init__(self, *args, accounts, **kwargs):
        super().__init__(*args, **kwargs)
        every = [("", _("全部公众号"))]
        self.fields["account"].choices = every + [(row.pk, row.name) for row in accounts]

    def chosen(self):
        """Return the filter; what makes no sense narrows nothing."""
        self.is_valid()
        said = self.cleaned_data
        return DeskFilter(
            state=said.get("state") or "waiting",
            words=(said.get("words") or "").strip(),
            account_id=said.get("account"),
        )


def index(request):
    """Show the inbox."""
    accounts = _accounts(request)
    if not accounts:
        return pages.show(request, "no_account.html", title=DeskRoom.menu_label, icon=ICON)
    return pages.show(
        request,
        "desk.html",
        title=_("会话"),
        icon=ICON,
        every_ms=EVERY_MS,
        **_inbox(request, accounts),
    )


@require_safe
def rows(request):
    """Draw the inbox anew; the page asks every few seconds."""
    accounts = _accounts(request)
    if not accounts:
        raise NotAllowed
    return render(request, "wechat/staff/_desk_rows.html", _inbox(request, accounts))


def _inbox(request, accounts):
    now = timezone.now()
    form = FilterForm(request.GET, accounts=accounts)
    chosen = form.chosen()
    asked = request.GET.get("p", "1")
    found, page = inbox.list_conversations(
        accounts=accounts,
        user_id=request.user.pk,
        chosen=chosen,
        page=int(asked) if asked.isdecimal() and len(asked) < 7 else 1,
        now=now,
    )
    counts = inbox.count_conversations(accounts=accounts, user_id=request.user.pk)
    kept = {"words": chosen.words, "account": chosen.account_id or ""}
    here = [row.pk for row in accounts]
    on_duty = list_on_duty(here, now=now)
    offers = offer_waiting(here, on_duty=on_duty)
    mine = {pk for pk, one in offers.items() if one.user_id == request.user.pk}
    found.sort(key=lambda row: row.pk not in mine)  # otherwise as they waited
    return {
        "rows": [
            (
                *(row, STATES[row.state], BADGES[row.state]),
                *(_waited(row.waiting_since, now), offers.get(row.pk)),
            )
            for row in found
        ],
        "mine": mine,
        "calls": _count_calls(accounts, offers, mine, now) if offers else counts.waiting,
        "page": page,
        "tabs": [(key, words, getattr(counts, key, None)) for key, words in STATES.items()],
        "chosen": chosen,
        "waiting": counts.waiting,
        "accounts_here": accounts,
        "on_duty": on_duty,
        "is_on_duty": request.user.pk in {one.user_id for one in on_duty},
        "query": "&".join(f"{name}={value}" for name, value in kept.items() if value),
    }


def _count_calls(accounts, offers, mine, now):
    """Count whose waiting calls this person: offered to them, to nobody, or for too long."""
    waiting = inbox.waiting_since_by_conversation(accounts)
    return sum(
        pk in mine or pk not in offers or since is None or now - since > OFFERED_FOR
        for pk, since in waiting.items()
    )


@require_safe
def conversation(request, conversation_id):
    """Show one conversation."""
    return _page(request, _talk(request, conversation_id))


@require_safe
def live(request, conversation_id):
    """Draw the moving parts of one conversation anew."""
    talk = _talk(request, conversation_id)
    return render(request, "wechat/staff/_desk_live.html", _moving(request, talk))


@require_POST
def answer(request, conversation_id):
    """Answer the citizen. What was written stays when it could not be sent."""
    talk = _talk(request, conversation_id)
    words, seen = request.POST.get("words", ""), request.POST.get("seen", "")
    try:
        desk.answer(
            conversation_id=talk.pk,
            words=words.replace("\r\n", "\n"),
            nonce=request.POST.get("nonce", ""),
            seen=int(seen) if seen.isdecimal() and len(seen) < 19 else 0,
            actor=request.user.actor,
            now=timezone.now(),
        )
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        return _page(request, _talk(request, talk.pk), draft=words, refusal=refusal)
    return redirect("wechat_conversation", talk.pk)


@require_POST
def act(request, conversation_id):
    """Take the conversation, hand it on, give it back, close it, or write a remark."""
    talk = _talk(request, conversation_id)
    doing = {
        "conversation_id": talk.pk,
        "actor": request.user.actor,
        "now": timezone.now(),
    }
    back = "wechat_conversation"
    match request.POST.get("act"):
        case "take":
            _tell(request, lambda: desk.take_over(**doing), _("由您接待，机器人不再答复此人。"))
        case "take_from":
            holder, reason = _number(request, "holder"), request.POST.get("reason", "")[:200]
            _tell(
                request,
                lambda: desk.take_from_colleague(holder_id=holder, reason=reason, **doing),
                _("已接过来，由您接待。"),
            )
        case "hand":
            colleague = _number(request, "colleague")
            done = _tell(
                request,
                lambda: desk.hand_over(colleague_id=colleague, **doing),
                _("已转给同事。"),
            )
            back = "wechat_desk:index" if done else back
        case "queue":
            done = _tell(request, lambda: desk.put_back(**doing), _("已放回等待。"))
            back = "wechat_desk:index" if done else back
        case "robot":
            said = _("已转回机器人，此人的消息由自动回复应答。")
            _tell(request, lambda: desk.give_to_robot(**doing), said)
        case "close":
            done = _tell(request, lambda: desk.close(**doing), _("会话已结束。"))
            back = "wechat_desk:index" if done else back
        case "note":
            text = request.POST.get("text", "")
            _tell(request, lambda: desk.write_note(text=text, **doing), _("备注已记下。"))
    return redirect(back, *([talk.pk] if back == "wechat_conversation" else []))


@require_safe
def media(request, message_id):
    """Fetch a citizen's picture or sound from WeChat, which keeps it for three days."""
    found = ChatMessage.objects.filter(pk=message_id, kind__in=FETCHED).exclude(media_id="")
    message = found.first()
    if message is None:
        raise MediaGone
    talk = _talk(request, message.conversation_id)
    file = fetch_media(slug=talk.contact.account.slug, media_id=message.media_id)
    response = HttpResponse(file.content, content_type=file.media_type)
    disposition = "inline" if file.is_picture else "attachment"
    response["Content-Disposition"] = f'{disposition}; filename="wechat-{message.pk}{file.ending}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, max-age=86400"
    return response


def _page(request, talk, *, draft="", refusal=None):
    account = talk.contact.account
    now = timezone.now()
    on_duty = {one.user_id for one in list_on_duty([account.pk], now=now)}
    today = timezone.localtime(now).date()
    return pages.show(
        request,
        "desk_conversation.html",
        title=str(talk.contact),
        icon=ICON,
        account=account,
        trail=[(_("会话"), reverse("wechat_desk:index"))],
        status=refusal.status if refusal else 200,
        every_ms=EVERY_MS,
        draft=draft,
        refusal=refusal,
        nonce=uuid.uuid4().hex,
        limit=LONGEST_TEXT,
        quick=list_quick_texts(account.pk),
        colleagues=[
            one
            for one in list_colleagues(agency_id=account.agency_id, on=today, on_duty=on_duty)
            if one.pk != request.user.pk
        ],
        **_moving(request, talk),
    )


def _moving(request, talk):
    """Return what changes while somebody looks at a conversation."""
    now = timezone.now()
    before = request.GET.get("before", "")
    earlier_than = int(before) if before.isdecimal() and len(before) < 19 else None
    thread = read_thread(talk, before=earlier_than)
    contact, account = talk.contact, talk.contact.account
    state = inbox.state_of(talk, request.user.pk, is_closed=inbox.is_closed(talk))
    if state == "mine" and earlier_than is None and talk.unread:
        desk.mark_read(conversation_id=talk.pk, seen=thread.seen, actor=request.user.actor)
    reason, most = window_words(contact, now=now)
    return {
        "talk": talk,
        "contact": contact,
        "thread": thread,
        "is_past": earlier_than is not None,
        "state": state,
        "state_words": STATES[state],
        "badge": BADGES[state],
        "clock": _clock_of(talk, account, state, now),
        "offered": _offered(talk, account, now) if state == "waiting" else None,
        "way": find_reply_way(contact, slug=account.slug, now=now),
        "window_reason": reason,
        "window_most": most,
        "may_send_again": request.user.actor.can("wechat.outgoing", account.agency_id),
    }


def _offered(talk, account, now):
    """Return to whom of those on duty this conversation is offered first."""
    on_duty = list_on_duty([account.pk], now=now)
    return offer_waiting([account.pk], on_duty=on_duty).get(talk.pk)


def _waited(since, now):
    """Say how long somebody has waited."""
    if since is None:
        return ""
    minutes = max(0, int((now - since).total_seconds() // 60))
    if minutes < 1:
        return _("刚来")
    if minutes < 60:
        return _("已等 %d 分钟") % minutes
    if minutes < 24 * 60:
        return _("已等 %(hours)d 小时 %(minutes)d 分钟") % {
            "hours": minutes // 60,
            "minutes": minutes % 60,
        }
    return _("已等 %d 天") % (minutes // (24 * 60))


def _clock_of(talk, account, state, now):
    """Return the deadline of whoever waits, or of the first answer that is still due."""
    asked_at = talk.waiting_since
    if state == "waiting" and asked_at is not None:
        clockwork = inbox.read_clockwork([account], since=min(asked_at, now), now=now)
        deadline = clockwork.deadline_of(account.pk, asked_at)
        return {
            "asked_at": asked_at,
            "promised_at": clockwork.promised_at(account.pk, asked_at),
            "due_at": deadline.at if deadline else None,
            "rule": deadline,
            "is_overdue": bool(deadline and deadline.at < now),
        }
    handling = Handling.objects.filter(conversation=talk, ended_at=None).first()
    if handling is None:
        return None
    due_at = None if handling.answered_at else handling.due_at
    return {
        "asked_at": handling.asked_at,
        "taken_at": handling.taken_at,
        "answered_at": handling.answered_at,
        "due_at": due_at,
        "is_overdue": bool(due_at and due_at < now),
    }


def _accounts(request):
    return list(pages.own_accounts(request, DESK).select_related("agency__region"))


def _talk(request, conversation_id):
    """Return a conversation of the person's own agencies."""
    actor = request.user.actor
    rows = Conversation.objects.visible_to(actor).select_related(
        "contact__account__agency__region", "assignee"
    )
    talk = rows.filter(pk=conversation_id).first()
    if talk is None:
        raise ConversationNotFound
    actor.check(DESK, talk.contact.account.agency_id)
    return talk


def _tell(request, doing, said):
    return pages.succeeded(request, doing, said=said)


def _number(request, name):
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 10 else 0


class DeskRoom(pages.AccountRoom):
    """All accounts in one inbox, so the way in does not choose one."""

    name = "wechat_desk"
    url_prefix = "wechat/desk"
    icon = ICON
    menu_label = gettext_lazy("会话")
    permissions = (DESK,)

    def get_urlpatterns(self):
        return [path("", require_safe(index), name="index")]


viewsets = [DeskRoom()]
urls = [
    path("wechat/desk/rows/", rows, name="wechat_desk_rows"),
    path("wechat/desk/<int:conversation_id>/", conversation, name="wechat_conversation"),
    path("wechat/desk/<int:conversation_id>/live/", live, name="wechat_conversation_live"),
    path("wechat/desk/<int:conversation_id>/answer/", answer, name="wechat_conversation_answer"),
    path("wechat/desk/<int:conversation_id>/act/", act, name="wechat_conversation_act"),
    path("wechat/desk/media/<int:message_id>/", media, name="wechat_chat_media"),
]
policies = [
    AgencyPolicy(Conversation, grants={"view": DESK}, agency_path="contact__account__agency_id"),
    AgencyPolicy(
        Handling, grants={"view": DESK}, agency_path="conversation__contact__account__agency_id"
    ),
    AgencyPolicy(
        DeskNote, grants={"view": DESK}, agency_path="conversation__contact__account__agency_id"
    ),
]
