# SPDX-License-Identifier: Apache-2.0
"""A campaign's life: drafted, edited, launched, possibly cancelled. Every step is on the record."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from minyi.agencies.models import OfficialAccount
from minyi.campaigns.blueprints import BLUEPRINTS, Blueprint
from minyi.campaigns.errors import (
    AlreadyLaunched,
    BlueprintNotFound,
    CampaignCancelled,
    CampaignInvalid,
    CampaignNotFound,
    EditedMeanwhile,
    FieldsFrozen,
    LaunchBlocked,
    ReasonNeeded,
    WrongStage,
)
from minyi.campaigns.models import Campaign, Category, Criterion, Result
from minyi.campaigns.queries.checklist import CheckItem, launch_checklist
from minyi.campaigns.queries.edits import edits_since, label_of
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.clock import OFFICE_TIME
from minyi.core.words import listed
from minyi.integrity.signals import find_unknown

from . import rounds, stages
from .lines import CategoryEntry, CriterionEntry

# What may change until when. Texts: always. Rules: until voting opens. Papers: until launch
# (a new name, type or approval is a new activity: 评比达标表彰 E-09).
TEXTS = frozenset({"theme", "purpose", "scope", "cover", "languages", "translations"})
RULES = frozenset(
    {
        *("seats", "min_picks", "max_picks", "frequency", "count_mode", "count_hours"),
        *("public_weight", "jury_weight", "figures_weight", "tie_rule", "criteria", "categories"),
        "silent_signals",
    }
)
PAPERS = frozenset(
    {
        *("slug", "type", "title", "account", "approval_number", "approval_document"),
        *("publicity_days", "publicity_reason", "is_free", "is_voluntary"),
    }
)
EDITABLE = TEXTS | RULES | PAPERS | {"stages"}


@transaction.atomic
def draft_campaign(
    *, agency_id: int, blueprint: str, title: str, actor: Actor, now: datetime
) -> Campaign:
    """Start a campaign from a template; nothing is public yet."""
    actor.check("campaigns.edit", agency_id)
    plan = BLUEPRINTS.get(blueprint)
    if plan is None:
        raise BlueprintNotFound
    campaign = Campaign(
        agency_id=agency_id,
        account=_only_account(agency_id),
        slug=f"{plan.key}-{now:%Y}-{secrets.token_hex(3)}",
        type=plan.type,
        title=title.strip(),
        **_settings_of(plan),
        languages=["zh-hans"],
        created_at=now,
    )
    _check_whole(campaign, exclude={"purpose"})  # a blank draft has none yet; the form asks for it
    campaign.save()
    for position, planned in enumerate(plan.criteria):
        Criterion.objects.create(campaign=campaign, position=position, **asdict(planned))
    for position, name in enumerate(plan.categories):
        Category.objects.create(campaign=campaign, position=position, name=name)
    stages.write_stages(campaign=campaign, entries=stages.plan_stages(plan.stages, now=now))
    _record("campaigns.campaign.drafted", campaign, actor, now, blueprint=plan.key, title=title)
    return campaign


@transaction.atomic
def edit_campaign(
    *,
    campaign: Campaign,
    actor: Actor,
    now: datetime,
    changed: Mapping[str, object],
    reason: str = "",
    seen: int | None = None,
) -> Campaign:
    """Change what may still change; the trail keeps old and new.

    `changed` maps fields of EDITABLE to new values; `criteria`, `categories` and `stages` take
    the whole list of CriterionEntry, CategoryEntry or StageEntry. Values that are the same count
    as untouched. After launch, anything but texts needs a reason, and an edit after which the
    launch checklist would fail is refused. `seen` is the version whoever edits has before them:
    where somebody else has saved another meanwhile, nothing is overwritten.
    """
    row = _locked(campaign.pk, actor, "campaigns.edit")
    if seen is not None and seen != row.version:
        raise EditedMeanwhile(edits=edits_since(campaign=row, version=seen), version=row.version)
    if row.cancelled_at is not None:
        raise CampaignCancelled
    changes = _differences(row, changed)
    if not changes:
        return row
    blocked_before: set[str] = set()
    if row.launched_at is not None:
        _check_still_open(row, changes, now)
        if _weighty(changes) - TEXTS and not reason.strip():
            raise ReasonNeeded
        blocked_before = {item.code for item in _blocking_items(row, now)}
    _apply(row, {field: changed[field] for field in changes}, now)
    if row.launched_at is not None:
        _check_launchable(row, now, known=blocked_before)
        rounds.sync_round(campaign_id=row.pk, now=now)
    row.version += 1
    row.save(update_fields=["version"])
    facts = {"changes": changes, "reason": reason.strip(), "version": row.version}
    _record("campaigns.campaign.edited", row, actor, now, **facts)
    return _fresh(row.pk)


@transaction.atomic
def launch_campaign(*, campaign_id: int, actor: Actor, now: datetime) -> Campaign:
    """Make the campaign public and print its ballot paper, if the checklist lets it."""
    row = _locked(campaign_id, actor, "campaigns.launch")
    if row.cancelled_at is not None:
        raise CampaignCancelled
    if row.launched_at is not None:
        raise AlreadyLaunched
    _check_launchable(row, now, known=set())
    row.launched_at = now
    row.save(update_fields=["launched_at"])
    rounds.sync_round(campaign_id=row.pk, now=now)
    _record("campaigns.campaign.launched", row, actor, now)
    return row


@transaction.atomic
def cancel_campaign(*, campaign_id: int, reason: str, actor: Actor, now: datetime) -> Campaign:
    """Withdraw the campaign for good and stop its vote; cancelling twice is harmless.

    A published result stands: it is corrected, not cancelled.
    """
    row = _locked(campaign_id, actor, "campaigns.launch")
    if not reason.strip():
        raise ReasonNeeded
    if row.cancelled_at is not None:
        return row
    if Result.objects.filter(campaign=row, published_at__isnull=False).exists():
        raise WrongStage
    row.cancelled_at = now
    row.save(update_fields=["cancelled_at"])
    rounds.stop_for_good(campaign=row, reason=reason.strip()[:200], now=now)
    _record("campaigns.campaign.cancelled", row, actor, now, reason=reason.strip())
    return row


def frozen_fields(campaign: Campaign, now: datetime) -> frozenset[str]:
    """Return what an edit may no longer touch."""
    if campaign.cancelled_at is not None:
        return EDITABLE
    if campaign.launched_at is None:
        return frozenset()
    return PAPERS | RULES if stages.has_voting_opened(campaign, now) else PAPERS


# --- Steps ------------------------------------------------------------------------------------


def _fresh(campaign_id: int) -> Campaign:
    found: Campaign = Campaign.objects.get(pk=campaign_id)
    return found


def _locked(campaign_id: int, actor: Actor, permission: str) -> Campaign:
    rows = Campaign.objects.visible_to(actor).select_for_update()
    row: Campaign | None = rows.filter(pk=campaign_id).first()
    if row is None:
        raise CampaignNotFound
    actor.check(permission, row.agency_id)
    return row


def _settings_of(plan: Blueprint) -> dict[str, object]:
    same = ("theme", "purpose", "scope", "seats", "min_picks", "max_picks", "frequency")
    rule = ("count_mode", "public_weight", "jury_weight", "figures_weight", "tie_rule")
    return {
        **{field: getattr(plan, field) for field in (*same, *rule)},
        "count_hours": list(plan.count_hours),
    }


def _only_account(agency_id: int) -> OfficialAccount | None:
    accounts = list(OfficialAccount.objects.filter(agency_id=agency_id))
    service = OfficialAccount.Kind.SERVICE
    accounts = [one for one in accounts if one.kind == service and one.is_verified] or accounts
    return accounts[0] if len(accounts) == 1 else None


def _weighty(changes: Mapping[str, list[object]]) -> set[str]:
    """Return the fields that change in more than their other languages: these wait for nothing."""

    def in_chinese(rows: object) -> object:
        if not isinstance(rows, list):
            return rows
        return [
            {key: value for key, value in row.items() if key != "translations"}
            if isinstance(row, dict)
            else row
            for row in rows
        ]

    return {
        field
        for field, (before, after) in changes.items()
        if in_chinese(before) != in_chinese(after)
    }


def _check_still_open(row: Campaign, changes: Mapping[str, list[object]], now: datetime) -> None:
    frozen = sorted(_weighty(changes) & frozen_fields(row, now))
    if frozen:
        raise FieldsFrozen(fields=listed(label_of(field) for field in frozen), names=frozen)


def _blocking_items(row: Campaign, now: datetime) -> list[CheckItem]:
    items = launch_checklist(campaign_id=row.pk, now=now)
    return [item for item in items if item.is_blocking and not item.is_met]


def _check_launchable(row: Campaign, now: datetime, *, known: set[str]) -> None:
    """Refuse what the checklist refuses, except where it already did before."""
    items = [item for item in _blocking_items(row, now) if item.code not in known]
    if items:
        titles = listed(item.title for item in items)
        raise LaunchBlocked(items=items, count=len(items), titles=titles)


def _differences(row: Campaign, changed: Mapping[str, object]) -> dict[str, list[object]]:
    """Return field → [old, new] for what really differs, as JSON can keep it."""
    unknown = changed.keys() - EDITABLE
    if unknown:
        names = listed(sorted(unknown))
        raise CampaignInvalid(summary=_("不能修改：%s") % names, problems={})
    changes = {}
    for field, value in changed.items():
        before, after = _kept(field, _current(row, field)), _kept(field, value)
        if before != after:
            changes[field] = [before, after]
    return changes


def _current(row: Campaign, field: str) -> object:
    if field == "stages":
        return stages.stage_entries(row)
    if field == "criteria":
        return [
            CriterionEntry(c.name, c.weight, c.explanation, c.pk, c.translations)
            for c in row.criteria.all()
        ]
    if field == "categories":
        return [CategoryEntry(c.name, c.pk, c.translations) for c in row.categories.all()]
    return getattr(row, field)


def _kept(field: str, value: object) -> object:
    """Bring a value into the shape that is compared and kept on the trail."""
    if field == "stages" and isinstance(value, Iterable):
        in_order = sorted(value, key=lambda entry: (entry.opens_at, entry.kind))
        return [
            {
                "kind": entry.kind,
                "opens_at": entry.opens_at.astimezone(OFFICE_TIME).isoformat(),
                "closes_at": entry.closes_at.astimezone(OFFICE_TIME).isoformat(),
                "note": entry.note,
                "translations": entry.translations,
            }
            for entry in in_order
        ]
    if field in {"criteria", "categories"} and isinstance(value, Iterable):
        return [asdict(entry) for entry in value]
    return value.pk if isinstance(value, models.Model) else value


def _apply(row: Campaign, changed: Mapping[str, object], now: datetime) -> None:
    own = {field: value for field, value in changed.items() if field not in _CHILDREN}
    for field, value in own.items():
        setattr(row, field, value)
    _check_whole(row, exclude=set())
    Campaign.objects.filter(pk=row.pk).update(**own)
    for field, write in _CHILDREN.items():
        if field in changed:
            write(row, changed[field], now)


def _check_whole(campaign: Campaign, *, exclude: set[str]) -> None:
    problems = _rule_problems(campaign)
    try:
        campaign.full_clean(exclude=exclude, validate_constraints=False)
    except ValidationError as error:
        problems = {**error.message_dict, **problems}
    if problems:
        lines = [line for found in problems.values() for line in found]
        raise CampaignInvalid(summary="".join(lines), problems=problems)


def _rule_problems(campaign: Campaign) -> dict[str, list[str]]:
    problems: dict[str, list[str]] = {}
    if campaign.min_picks < 1:
        problems["min_picks"] = [_("最少选择不能小于 1。")]
    if campaign.max_picks < campaign.min_picks:
        problems["max_picks"] = [_("最多选择不能小于最少选择。")]
    whole = campaign.public_weight + campaign.jury_weight + campaign.figures_weight
    if whole != 100:
        problems["public_weight"] = [_("三项权重合计须为 100%%，现为 %d%%。") % whole]
    account = campaign.account
    if account is not None and account.agency_id != campaign.agency_id:
        problems["account"] = [_("只能选用本单位的公众号。")]
    if unknown := find_unknown(campaign.silent_signals):
        problems["silent_signals"] = [_("没有这样的识别信号：%s。") % listed(unknown)]
    hours = campaign.count_hours
    if not all(isinstance(hour, int) and 0 <= hour <= 23 for hour in hours):
        problems["count_hours"] = [_("公布时点须为 0 至 23 的整点。")]
    return problems


def _write_stages(row: Campaign, entries: object, now: datetime) -> None:
    wanted: list[stages.StageEntry] = list(entries)  # type: ignore[call-overload]
    if row.launched_at is None:
        stages.write_stages(campaign=row, entries=wanted)
    else:
        stages.move_stages(campaign=row, entries=wanted, now=now)


def _write_criteria(row: Campaign, entries: object, _now: datetime) -> None:
    _write_children(row, Criterion, list(entries))  # type: ignore[call-overload]


def _write_categories(row: Campaign, entries: object, _now: datetime) -> None:
    _write_children(row, Category, list(entries))  # type: ignore[call-overload]


_CHILDREN = {
    "criteria": _write_criteria,
    "categories": _write_categories,
    "stages": _write_stages,
}


def _write_children(
    row: Campaign,
    model: type[Criterion] | type[Category],
    entries: Sequence[CriterionEntry | CategoryEntry],
) -> None:
    """Replace the rows of one list; a row that nominees or scores still use cannot go."""
    stored = {child.pk: child for child in model.objects.filter(campaign=row)}
    kept = {entry.id for entry in entries if entry.id is not None}
    if kept - stored.keys():
        raise CampaignInvalid(summary=_("有的条目不属于本活动。"), problems={})
    try:
        model.objects.filter(pk__in=stored.keys() - kept).delete()
    except models.ProtectedError as error:
        summary = _("有的条目已被候选对象或评分使用，不能删除。")
        raise CampaignInvalid(summary=summary, problems={}) from error
    for position, entry in enumerate(entries):
        values = {key: value for key, value in asdict(entry).items() if key != "id"}
        child = stored.get(entry.id or 0) or model(campaign=row)
        for key, value in values.items():
            setattr(child, key, value)
        child.position = position
        child.save()


def _record(act: str, row: Campaign, actor: Actor, now: datetime, **facts: object) -> None:
    audit.record(actor=actor, act=act, target=row, now=now, agency_id=row.agency_id, **facts)
