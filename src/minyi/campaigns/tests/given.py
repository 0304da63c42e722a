# SPDX-License-Identifier: Apache-2.0
"""Plain builders for the tests of this app: `given_…` puts one thing into the world.

Every moment is relative to `now` (default `NOW`); pass `now=timezone.now()` where a view asks the
clock itself.
"""

import base64
import json
import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from django.core.files.base import ContentFile
from django.utils.timezone import localtime
from wagtail.models import Collection

from minyi.agencies.models import Agency, OfficialAccount, Post, Region, User
from minyi.agencies.policies import Role
from minyi.campaigns.models import (
    Ballot,
    Campaign,
    Category,
    Criterion,
    Juror,
    JuryScore,
    Nomination,
    Nominee,
    Round,
    Stage,
    VoteComplaint,
)
from minyi.campaigns.services import galleries, rounds
from minyi.citizens.models import Citizen
from minyi.core.models import Rule
from minyi.publishing.models import OfficialDocument, Picture

NOW = datetime(2026, 9, 2, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))  # a Wednesday
PASSWORD = "qinghe-example-2026"
# In days. Publicity is long enough for five working days wherever it falls, holidays included.
STAGE_PLAN = {
    "notice": 2,
    "nomination": 7,
    "review": 3,
    "display": 2,
    "voting": 7,
    "verification": 3,
    "publicity": 16,
    "result": 30,
}
_next = count(1)
_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def given_agency(name: str = "") -> Agency:
    """An office with phones, in the one region of the tests."""
    region, _ = Region.objects.get_or_create(
        code="000000", defaults={"name": "示例国", "level": Region.Level.NATION}
    )
    number = next(_next)
    return Agency.objects.create(
        name=name or f"青禾市第{number}局（示例）",
        short_name=f"第{number}局",
        region=region,
        help_phone="0000-12345",
        supervision_phone="0000-12388",
        supervision_email="jiandu@example.com",
    )


def given_staff(agency: Agency, role: Role | str, username: str = "") -> User:
    """Somebody who holds that post; logs in with PASSWORD. `user.actor` is who acts."""
    user = User.objects.create_user(
        username or f"staff{next(_next)}", password=PASSWORD, first_name="示例"
    )
    Post.objects.create(user=user, agency=agency, role=role, since=date(2020, 1, 1))
    return user


def given_account(agency: Agency, slug: str = "", **fields: object) -> OfficialAccount:
    """A verified service account."""
    number = next(_next)
    defaults = {
        "name": "青禾政务服务（示例）",
        "kind": OfficialAccount.Kind.SERVICE,
        "is_verified": True,
        "appid": f"wx{number:016x}",
        "original_id": f"gh_{number:012x}",
    }
    return OfficialAccount.objects.create(
        agency=agency, slug=slug or f"account-{number}", **{**defaults, **fields}
    )


def given_root_collection() -> Collection:
    """The root Wagtail hangs files on; a test that flushes the database takes it along."""
    return Collection.get_first_root_node() or Collection.add_root(name="Root")


def given_picture(alternative: str = "窗口工作人员正在为群众办事") -> Picture:
    return Picture.objects.create(
        title="示例图片",
        file=ContentFile(_PIXEL, name=f"picture-{next(_next)}.png"),
        width=1,
        height=1,
        alternative=alternative,
        collection=given_root_collection(),
    )


def given_document(number: str = "青政示〔2026〕1号") -> OfficialDocument:
    return OfficialDocument.objects.create(
        title="批准文件（示例）",
        document_number=number,
        collection=given_root_collection(),
        file=ContentFile(b"%PDF-1.4 example", name=f"document-{next(_next)}.pdf"),
    )


def given_rules() -> None:
    """The rules of the data migration, which a test with real transactions may have flushed."""
    for key, amount, unit in (("award.publicity", 5, "workday"), ("campaign.title", 25, "count")):
        Rule.objects.get_or_create(
            key=key,
            region_code="",
            valid_from=date(2021, 6, 1),
            defaults={"amount": amount, "unit": unit, "source": "规则依据（示例）"},
        )


def given_citizen(now: datetime = NOW) -> Citizen:
    return Citizen.objects.create(first_seen_at=now)


def given_campaign(
    *,
    agency: Agency | None = None,
    now: datetime = NOW,
    during: str = "voting",
    launched: bool = True,
    stages: bool = True,
    **fields: object,
) -> Campaign:
    """An evaluation with three criteria, two categories and all eight stages.

    `during` names the stage that has been open for a day at `now`; "before": all begin tomorrow.
    """
    agency = agency or given_agency()
    defaults: dict[str, object] = {
        "slug": f"campaign-{next(_next)}",
        "type": Campaign.Type.EVALUATION,
        "title": "政务服务窗口群众评议（示例）",
        "theme": "让办事更省心",
        "purpose": "听取群众意见，改进窗口服务。",
        "scope": "全市各级政务服务窗口",
        "seats": 2,
        "languages": ["zh-hans"],
        "min_picks": 1,
        "max_picks": 2,
        "public_weight": 100,
        "jury_weight": 0,
        "tie_rule": "jury" if fields.get("jury_weight") else "public",
        "is_free": True,
        "is_voluntary": True,
        "created_at": now - timedelta(days=60),
        "launched_at": now - timedelta(days=40) if launched else None,
    }
    campaign = Campaign.objects.create(agency=agency, **{**defaults, **fields})
    for position, (name, weight) in enumerate(
        (("服务质量", 40), ("信息公开", 30), ("创新做法", 30))
    ):
        Criterion.objects.create(campaign=campaign, name=name, weight=weight, position=position)
    for position, name in enumerate(("综合窗口", "专项窗口")):
        Category.objects.create(campaign=campaign, name=name, position=position)
    if stages:
        given_stages(campaign, during=during, now=now)
    return campaign


def given_stages(campaign: Campaign, *, during: str, now: datetime) -> list[Stage]:
    """All eight stages end to end; the one named has been open for a day."""
    opens_at = localtime(now) - timedelta(days=1)
    if during == "before":
        opens_at += timedelta(days=2)
    else:
        for kind, days in STAGE_PLAN.items():
            if kind == during:
                break
            opens_at -= timedelta(days=days)
    stages = []
    for kind, days in STAGE_PLAN.items():
        closes_at = opens_at + timedelta(days=days)
        stages.append(
            Stage.objects.create(
                campaign=campaign, kind=kind, opens_at=opens_at, closes_at=closes_at
            )
        )
        opens_at = closes_at
    return stages


def given_ready_campaign(*, now: datetime = NOW, **fields: object) -> Campaign:
    """A draft to which the launch checklist has nothing to object, wherever WeChat is set up.

    Only the sandbox account has its secrets in the tests' settings, so a second ready campaign
    belongs to the same agency.
    """
    given_rules()
    account = OfficialAccount.objects.filter(slug="sandbox").first()
    agency = fields.pop("agency", None) or (account.agency if account else given_agency())
    if not Post.objects.filter(agency=agency, role=Role.SUPERVISOR).exists():
        given_staff(agency, Role.SUPERVISOR)
    if "account" not in fields:
        fields["account"] = account or given_account(agency, slug="sandbox")
    return given_campaign(agency=agency, now=now, during="before", launched=False, **fields)


def given_nominee(
    campaign: Campaign, pictures: Sequence[Picture] = (), **fields: object
) -> Nominee:
    """A candidate with the next free number."""
    last = campaign.nominees.order_by("-number").values_list("number", flat=True).first() or 0
    number = fields.pop("number", last + 1)
    defaults: dict[str, object] = {
        "name": f"示例窗口{number}",
        "unit": "青禾市政务服务中心（示例）",
        "merits": "一次告知，一窗受理，一次办好。",
        "story": "把多个环节并成一次办理，为行动不便的群众上门服务。",
        "card": Nominee.Card.TEXT,
        "category": campaign.categories.first(),
    }
    nominee = Nominee.objects.create(campaign=campaign, number=number, **{**defaults, **fields})
    galleries.hang_pictures(nominee=nominee, picture_ids=[picture.pk for picture in pictures])
    return nominee


def given_nomination(campaign: Campaign, *, now: datetime = NOW, **fields: object) -> Nomination:
    """A nomination waiting for review."""
    defaults: dict[str, object] = {
        "name": f"推荐窗口{next(_next)}",
        "unit": "青禾市政务服务中心（示例）",
        "reason": "服务耐心细致，办事不用跑第二趟。",
        "by_citizen": given_citizen(now),
        "sent_at": now,
    }
    return Nomination.objects.create(campaign=campaign, **{**defaults, **fields})


def given_open_round(
    campaign: Campaign | None = None, *, now: datetime = NOW, nominees: int = 3
) -> Round:
    """A printed ballot paper whose voting stage is open; without nominees it makes some."""
    campaign = campaign or given_campaign(now=now)
    if not campaign.nominees.exists():
        for _number in range(nominees):
            given_nominee(campaign)
    return rounds.sync_round(campaign_id=campaign.pk, now=now)


def given_ballot(
    paper: Round, picks: list[int], *, now: datetime = NOW, voter_ref: str = "", period: str = ""
) -> Ballot:
    """A cast ballot, as the ballot box would have written it."""
    return Ballot.objects.create(
        round=paper,
        voter_ref=voter_ref or secrets.token_hex(16),
        period=period,
        picks=json.dumps(sorted(picks), separators=(",", ":")),
        nonce=secrets.token_hex(16),
        receipt=secrets.token_hex(10),
        risk=0,
        cast_ms=int(now.timestamp() * 1000),
    )


# --- Jury and result ------------------------------------------------------------------------------


def given_juror(campaign: Campaign, name: str = "") -> Juror:
    """A juror with a post in the campaign's agency; `juror.user.actor` is who acts."""
    user = given_staff(campaign.agency, Role.REVIEWER, name)
    return Juror.objects.create(campaign=campaign, user=user, seat="群众代表")


def given_scores(juror: Juror, points: dict[int, int], *, now: datetime = NOW) -> None:
    """The juror's points: nominee number → the same points on every criterion."""
    for nominee in juror.campaign.nominees.filter(number__in=points):
        for criterion in juror.campaign.criteria.all():
            JuryScore.objects.create(
                juror=juror,
                nominee=nominee,
                criterion=criterion,
                points=points[nominee.number],
                scored_at=now,
            )


def given_votes(campaign: Campaign, votes: dict[int, int], *, now: datetime = NOW) -> Round:
    """So many one-pick ballots for each nominee number, cast while the vote was open."""
    opened = campaign.stages.get(kind="voting").opens_at
    paper = given_open_round(campaign, now=opened - timedelta(hours=1))
    for number, many in votes.items():
        for _one in range(many):
            given_ballot(paper, [number], now=opened + timedelta(hours=1))
    return paper


def given_finished_vote(
    votes: dict[int, int], *, now: datetime = NOW, **fields: object
) -> Campaign:
    """A campaign in verification with so many votes for each nominee number."""
    campaign = given_campaign(during=str(fields.pop("during", "verification")), now=now, **fields)
    for number in votes:
        given_nominee(campaign, number=number)
    given_votes(campaign, votes, now=now)
    return campaign


# --- Supervision ----------------------------------------------------------------------------------


def given_complaint(
    campaign: Campaign | None = None, *, now: datetime = NOW, **fields: object
) -> VoteComplaint:
    """A complaint about the vote that waits for a supervisor."""
    defaults: dict[str, object] = {
        "kind": VoteComplaint.Kind.COUNT,
        "text": "一分钟之内增加了三百多票，请核实（示例）。",
        "code": f"EXAMPLE{next(_next):09}",
        "sent_at": now,
    }
    campaign = campaign or given_campaign(now=now)
    return VoteComplaint.objects.create(campaign=campaign, **{**defaults, **fields})
