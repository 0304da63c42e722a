# SPDX-License-Identifier: Apache-2.0
"""Which template of WeChat's carries which purpose: the table, and choosing one with its fields."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minyi.citizens.notices import list_purposes
from minyi.core.errors import DomainError, Invalid
from minyi.core.staff import AgencyPolicy
from minyi.wechat.models import MessageTemplate
from minyi.wechat.outgoing.template_words import preview_of
from minyi.wechat.services import templates as service

from . import pages

ICON = "doc-full-inverse"
EDIT = "wechat.menus"
Channel = MessageTemplate.Channel


@require_safe
def index(request, account_id):
    """Show, for each purpose, which template carries it on which way."""
    account = pages.account_for(request, account_id, "wechat.view")
    rows = {
        (row.purpose, row.channel): row for row in MessageTemplate.objects.filter(account=account)
    }
    abilities = {channel: service.may_use(account, channel) for channel in Channel.values}
    return pages.show(
        request,
        "templates.html",
        title=_("消息模板"),
        icon=ICON,
        account=account,
        room="wechat_templates",
        purposes=[
            (
                purpose,
                [
                    (
                        Channel(channel),
                        abilities[channel],
                        rows.get((purpose.key, channel)),
                        _preview(rows.get((purpose.key, channel)), purpose),
                    )
                    for channel in Channel.values
                ],
            )
            for purpose in _purposes()
        ],
        can_edit=request.user.actor.can(EDIT, account.agency_id),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request, account_id, channel, purpose):
    """Choose a template of WeChat's list, and say which fact goes into which field."""
    account = pages.account_for(request, account_id, EDIT)
    wanted = next((one for one in _purposes() if one.key == purpose), None)
    if wanted is None or channel not in Channel.values:
        raise Http404
    ability = service.may_use(account, channel)
    context = {"account": account, "channel": Channel(channel), "purpose": wanted}
    if not ability.allowed:
        return _page(request, **context, ability=ability, status=409)
    try:
        offered = service.list_templates(account=account, channel=channel)
    except DomainError as refused:
        return _page(request, **context, refused=refused, status=refused.status)
    asked = request.POST.get("template") or request.GET.get("template")
    words = next((one for one in offered if one.template_id == asked), None)
    if words is None:
        return _page(request, **context, offered=offered)
    if request.method == "POST" and request.POST.get("act") == "save":
        return _save(request, words, context)
    return _page(request, **context, words=words, **_mapping(request, words, context))


def _save(request, words, context):
    """Keep the choice, or say what is missing."""
    account, channel, purpose = (context[name] for name in ("account", "channel", "purpose"))
    try:
        service.register_template(
            account=account,
            purpose=purpose.key,
            channel=channel,
            choice=service.choose(words, _said(request, words)),
            actor=request.user.actor,
            now=timezone.now(),
        )
    except Invalid as refused:
        mapping = _mapping(request, words, context)
        return _page(request, **context, words=words, refused=refused, status=422, **mapping)
    messages.success(request, _("已选用模板“%(title)s”。") % {"title": words.title})
    return redirect("wechat_templates", account.pk)


def _said(request, words):
    return {field.name: request.POST.get(f"field_{field.name}", "") for field in words.fields}


def _mapping(request, words, context):
    """Return each field with the fact that is, or probably should be, in it; and how that looks."""
    purpose = context["purpose"]
    said = _said(request, words) if request.method == "POST" else _guess(words, context)
    fields = {name: fact for name, fact in said.items() if fact in purpose.facts}
    return {
        "fields": [(field, said.get(field.name, "")) for field in words.fields],
        "preview": words.filled(fields, _samples(purpose)),
    }


def _guess(words, context):
    purpose = context["purpose"]
    row = MessageTemplate.objects.filter(
        account=context["account"], purpose=purpose.key, template_id=words.template_id
    ).first()
    if row is not None:
        return row.fields
    by_label = {str(label): fact for fact, label in purpose.facts.items()}
    return {field.name: by_label.get(field.label, "") for field in words.fields}


def _samples(purpose):
    """Return words that stand for the facts: their names."""
    return dict(purpose.facts)


def _preview(row, purpose):
    return preview_of(row.fields, _samples(purpose)) if row else []


def _purposes():
    """Return the purposes whose messages have facts to put into fields."""
    return [purpose for purpose in list_purposes() if purpose.facts]


def _page(request, *, account, channel, purpose, status=200, **context):
    return pages.show(
        request,
        "template_choose.html",
        title=_("选用%(channel)s") % {"channel": channel.label},
        icon=ICON,
        account=account,
        trail=[(_("消息模板"), reverse("wechat_templates", args=[account.pk]))],
        status=status,
        channel=channel,
        purpose=purpose,
        **context,
    )


@require_POST
def change(request, template_id):
    """Switch a registered template, or take its purpose from it."""
    row = pages.row_for(request, MessageTemplate, template_id, EDIT)
    doing = {"template_id": row.pk, "actor": request.user.actor, "now": timezone.now()}
    match request.POST.get("act"):
        case "on":
            service.switch_template(is_on=True, **doing)
        case "off":
            service.switch_template(is_on=False, **doing)
        case "remove":
            service.remove_template(**doing)
            messages.success(request, _("已取消选用。微信后台的模板仍然保留。"))
    return redirect("wechat_templates", row.account_id)


class TemplateRoom(pages.AccountRoom):
    name = "wechat_templates"
    url_prefix = "wechat/templates"
    icon = ICON
    menu_label = gettext_lazy("消息模板")
    page = "wechat_templates"


viewsets = [TemplateRoom()]
urls = [
    path("wechat/templates/<int:account_id>/", index, name="wechat_templates"),
    path(
        "wechat/templates/<int:account_id>/<slug:channel>/<str:purpose>/",
        choose,
        name="wechat_template_choose",
    ),
    path("wechat/templates/edit/<int:template_id>/", change, name="wechat_template_change"),
]
policies = [
    AgencyPolicy(MessageTemplate, grants={"view": "wechat.view"}, agency_path="account__agency_id"),
]
