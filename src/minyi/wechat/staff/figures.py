# SPDX-License-Identifier: Apache-2.0
"""Figures of an account: charts with their tables, the rows behind them, and the import."""

from datetime import date, timedelta

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minyi.core.clock import today
from minyi.core.errors import DomainError, NotAllowed, NotFound
from minyi.core.staff import AgencyPolicy
from minyi.wechat.backoffice.files import LARGEST
from minyi.wechat.capabilities import Ability, may
from minyi.wechat.models import FIGURES, BackofficeTable, FigureSync
from minyi.wechat.queries import figures as numbers
from minyi.wechat.services import figures, imports

from . import pages

ICON = "table"
SEE = "wechat.view"
IMPORT = imports.PERMISSION
SHOWN_DAYS = 30
MOST_DAYS = 366
LINES = 200  # of an imported table on one page
SYNCS = 10


@require_safe
def index(request, account_id):
    """Show the charts of a period, each with its table and where its figures come from."""
    account = pages.account_for(request, account_id, SEE)
    span = numbers.days_of(account.pk)
    first, last = _period(request, span)
    asked = {"account_id": account.pk, "first": first, "last": last}
    ranking, articles = numbers.article_ranking(**asked)
    return pages.show(
        request,
        "figures.html",
        title=_("数据统计"),
        icon=ICON,
        account=account,
        room="wechat_figures",
        first=first,
        last=last,
        is_empty=span.last is None and not articles,
        totals=numbers.follower_totals(**asked),
        new=numbers.new_followers(**asked),
        reads=numbers.reads_by_channel(**asked),
        ranking=ranking,
        articles=articles,
        reports=numbers.report_titles(),
        syncs=list(FigureSync.objects.filter(account=account)[:SYNCS]),
        can_import=request.user.actor.can(IMPORT, account.agency_id),
        ability=may(account, Ability.DATACUBE),
    )


@require_safe
def rows(request, account_id, kind):
    """Show every row of one report with its origin."""
    account = pages.account_for(request, account_id, SEE)
    if kind not in FIGURES:
        raise Http404
    found = numbers.figure_rows(kind=kind, account_id=account.pk)
    page = Paginator(found, 100).get_page(request.GET.get("p"))
    return pages.show(
        request,
        "figure_rows.html",
        title=imports.title_of(kind),
        icon=ICON,
        account=account,
        trail=_trail(account),
        kind=kind,
        columns=[title for _name, title in numbers.figure_columns(kind)],
        page=page,
        lines=[(row, numbers.cells_of(kind, row)) for row in page],
    )


@require_safe
def export(request, account_id, kind):
    """Send one report as CSV; no cell is taken for a formula."""
    account = pages.account_for(request, account_id, SEE)
    if kind not in FIGURES:
        raise Http404
    found = numbers.figure_rows(kind=kind, account_id=account.pk)
    response = StreamingHttpResponse(
        numbers.as_csv(kind, found.iterator(chunk_size=500)),
        content_type="text/csv; charset=utf-8",
    )
    response["Content-Disposition"] = f'attachment; filename="{account.slug}-{kind}.csv"'
    return response


@require_http_methods(["GET", "POST"])
def upload(request, account_id):
    """Take exports of the back office in: what each file is, its content says."""
    account = pages.account_for(request, account_id, IMPORT)
    damaged = []
    if request.method == "POST":
        damaged = _take_in(request, account)
        if not damaged:
            return redirect("wechat_imports", account.pk)
    tables = BackofficeTable.objects.filter(account=account)
    page = Paginator(tables, 30).get_page(request.GET.get("p"))
    return pages.show(
        request,
        "imports.html",
        title=_("导入后台报表"),
        icon="upload",
        account=account,
        trail=_trail(account),
        status=422 if damaged else 200,
        damaged=damaged,
        page=page,
        tables=[(table, imports.title_of(table.kind)) for table in page],
        reports=[title for _kind, title in numbers.report_titles()],
    )


def _take_in(request, account):
    """Import each file on its own; return what was said against the others."""
    files = request.FILES.getlist("files")
    refused = [] if files else [_("请选择文件。")]
    for file in files:
        content = file.read(LARGEST + 1)
        try:
            done = imports.import_file(
                account=account,
                filename=file.name,
                content=content,
                actor=request.user.actor,
                now=timezone.now(),
            )
        except (NotAllowed, NotFound):
            raise
        except DomainError as refusal:
            refused.append(refusal.advice)
            continue
        for one in done:
            messages.success(request, _told(file.name, one))
    return refused


def _told(filename, one):
    if one.is_repeated:
        return _("%(file)s：此前已经导入，没有变化。") % {"file": filename}
    return _("%(file)s：%(report)s %(rows)d 行，新增 %(new)d，更新 %(changed)d。") % {
        "file": filename,
        "report": imports.title_of(one.table.kind),
        "rows": one.table.rows,
        "new": one.new,
        "changed": one.changed,
    }


@require_safe
def imported(request, table_id):
    """Show an imported table exactly as it stands in the file."""
    table = pages.row_for(request, BackofficeTable, table_id, SEE)
    page = Paginator(table.lines.order_by("number"), LINES).get_page(request.GET.get("p"))
    return pages.show(
        request,
        "imported.html",
        title=table.filename,
        icon="table",
        account=table.account,
        trail=[
            *_trail(table.account),
            (_("导入后台报表"), reverse("wechat_imports", args=[table.account_id])),
        ],
        table=table,
        report=imports.title_of(table.kind),
        page=page,
    )


@require_POST
def sync(request, account_id):
    """Ask for yesterday's figures now."""
    account = pages.account_for(request, account_id, IMPORT)
    pages.succeeded(
        request,
        lambda: figures.ask_sync(
            account=account,
            day=today() - timedelta(days=1),
            actor=request.user.actor,
            now=timezone.now(),
        ),
        said=_("已经开始向微信取数据，稍后刷新本页查看。"),
    )
    return redirect("wechat_figures", account.pk)


def _period(request, span):
    """Return the days asked for; else the last thirty with figures."""
    last = _day(request.GET.get("to")) or span.last or today()
    first = _day(request.GET.get("from")) or last - timedelta(days=SHOWN_DAYS - 1)
    if first > last:
        first, last = last, first
    return max(first, last - timedelta(days=MOST_DAYS - 1)), last


def _day(text):
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None


def _trail(account):
    return [(_("数据统计"), reverse("wechat_figures", args=[account.pk]))]


class FiguresRoom(pages.AccountRoom):
    name = "wechat_figures"
    url_prefix = "wechat/figures"
    icon = ICON
    menu_label = gettext_lazy("数据统计")
    page = "wechat_figures"


viewsets = [FiguresRoom()]
urls = [
    path("wechat/figures/<int:account_id>/", index, name="wechat_figures"),
    path("wechat/figures/<int:account_id>/sync/", sync, name="wechat_figures_sync"),
    path("wechat/figures/<int:account_id>/import/", upload, name="wechat_imports"),
    path("wechat/figures/imports/<int:table_id>/", imported, name="wechat_imported"),
    path("wechat/figures/<int:account_id>/rows/<str:kind>/", rows, name="wechat_figure_rows"),
    path(
        "wechat/figures/<int:account_id>/rows/<str:kind>/export/",
        export,
        name="wechat_figure_export",
    ),
]
policies = [
    AgencyPolicy(model, grants={"view": SEE}, agency_path="account__agency_id")
    for model in (BackofficeTable, FigureSync, *FIGURES.values())
]
