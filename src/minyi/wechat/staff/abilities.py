# SPDX-License-Identifier: Apache-2.0
"""What an account can do, what not and why, and whether its line to WeChat stands."""

from django.conf import settings
from django.contrib import messages
from django.db.models import Max
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from minyi.core.errors import DomainError, NotAllowed, NotFound
from minyi.wechat.asking import voice_of
from minyi.wechat.capabilities import rows_for
from minyi.wechat.models import Contact
from minyi.wechat.queries.accounts import SECRET_NAMES
from minyi.wechat.queries.alerts import list_alerts
from minyi.wechat.queries.reports import list_notices, list_verdicts
from minyi.wechat.services import connections

from . import pages

ICON = "check"
CHECK = ("wechat.menus", "wechat.outgoing", "accounts.edit")


@require_safe
def index(request, account_id):
    """Show the table of abilities and the technical state."""
    account = pages.account_for(request, account_id, "wechat.view")
    return _page(request, account)


@require_POST
def check(request, account_id):
    """Ask WeChat for a sign of life, and what is left of today's calls."""
    account = pages.account_for(request, account_id, *CHECK)
    try:
        report = connections.check_connection(
            account=account, actor=request.user.actor, now=timezone.now()
        )
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        return _page(request, account, refused=refusal, status=refusal.status)
    messages.success(request, _("微信正常应答，接口凭证有效。"))
    return _page(request, account, report=report)


def _page(request, account, *, report=None, refused=None, status=200):
    actor = request.user.actor
    known = voice_of(account)
    missing = set(known.missing_secrets)
    return pages.show(
        request,
        "abilities.html",
        title=_("公众号能力"),
        icon=ICON,
        account=account,
        room="wechat_abilities",
        status=status,
        rows=rows_for(account),
        alerts=list_alerts(account, now=timezone.now()),
        secrets=[(name, name not in missing) for name in SECRET_NAMES.values()],
        callback_url=f"{settings.PUBLIC_URL}/wechat/{account.slug}/callback",
        seen_at=Contact.objects.filter(account=account).aggregate(at=Max("last_seen_at"))["at"],
        notices=list_notices(account_id=account.pk),
        verdicts=list_verdicts(account_id=account.pk),
        report=report,
        refused=refused,
        can_check=any(actor.can(permission, account.agency_id) for permission in CHECK),
    )


class AbilityRoom(pages.AccountRoom):
    name = "wechat_abilities"
    url_prefix = "wechat/abilities"
    icon = ICON
    menu_label = gettext_lazy("公众号能力")
    page = "wechat_abilities"


viewsets = [AbilityRoom()]
urls = [
    path("wechat/abilities/<int:account_id>/", index, name="wechat_abilities"),
    path("wechat/abilities/<int:account_id>/check/", check, name="wechat_abilities_check"),
]
policies: list = []
