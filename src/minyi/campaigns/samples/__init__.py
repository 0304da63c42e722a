# SPDX-License-Identifier: Apache-2.0
"""Sample campaigns in every state of their life, made through the services a real office uses.

open      十佳政务服务窗口评选: voting is on, counts are live
nominating 便民服务中心评议: the public nominates, two nominations look alike
finished  政策落实案例评议: counted, scored, signed and published
shown     政务窗口群众评议: in 公示, with objections, ballots struck out and an appeal
draft     a draft whose checklist still blocks
"""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.timezone import localtime
from wagtail.documents import get_document_model
from wagtail.images import get_image_model

from ballotbox.ballots import Ballot as CastBallot
from ballotbox.sealing import LogSealer
from minyi.agencies.samples import SampleOffice
from minyi.campaigns.models import Ballot, Campaign
from minyi.campaigns.queries.cards import list_cards
from minyi.campaigns.queries.public import ORIGINAL, get_campaign, list_campaigns
from minyi.campaigns.services import (
    campaigns,
    certificates,
    galleries,
    jury,
    nominations,
    nominees,
    results,
    trustees,
)
from minyi.campaigns.services.stages import StageEntry
from minyi.citizens.services.recognition import recognise_citizen
from minyi.core.actors import Actor
from minyi.ledger.services.trustees import Person
from minyi.ledger.store import DjangoStore
from minyi.ui import pictures

from . import publicity
from .clusters import nothing_to_screen
from .supervision import busy_room, settled_room
from .windows import COMMUNITIES, POLICIES, WINDOWS

DAY = timedelta(days=1)
SAMPLE_BALLOTS = 1_286
TRUSTEES = (
    Person("李明（示例）", "青禾市政府办公室主任"),
    Person("王芳（示例）", "青禾市纪委监委派驻组长"),
    Person("赵强（示例）", "青禾市公证处公证员"),
)
JURORS = ("zhuanjia1", "zhuanjia2", "zhuanjia3")


@dataclass(frozen=True, slots=True)
class _Studio:
    """The office's people as actors, and its library."""

    office: SampleOffice
    pictures: dict[str, Any]
    now: datetime

    def actor(self, username: str) -> Actor:
        return self.office.people[username].actor

    def at(self, days: float) -> datetime:
        """Return nine in the morning, in the office's time, that many days from today."""
        day = localtime(self.now) + days * DAY
        return day.replace(hour=9, minute=0, second=0, microsecond=0)


@transaction.atomic
def seed_campaigns(*, office: SampleOffice, now: datetime) -> list[Campaign]:
    """Make the sample campaigns once; return those made now."""
    if Campaign.objects.filter(agency=office.agency).exists():
        return []
    studio = _Studio(office, _publish_pictures(office), now)
    made = [
        _open_selection(studio),
        _nominating_evaluation(studio),
        _finished_evaluation(studio),
        _shown_evaluation(studio),
        _blocked_draft(studio),
    ]
    _shrink_pictures(now)
    return made


def _open_selection(studio: _Studio) -> Campaign:
    """十佳政务服务窗口评选: an award with an approval document; voting opened yesterday."""
    began = studio.at(-24)
    campaign = campaigns.draft_campaign(
        agency_id=studio.office.agency.pk,
        blueprint="window",
        title="十佳政务服务窗口评选（示例）",
        actor=studio.actor("zuzhi"),
        now=began - 3 * DAY,
    )
    changes = {
        "slug": "top-ten-windows",
        "cover": studio.pictures[pictures.COVER],
        "languages": ["zh-hans", "zh-hant", "en"],
        "translations": {
            "en": {
                "title": "Top Ten Service Windows (sample)",
                "theme": "Making every errand easier",
                "purpose": "Find the service windows people value and spread what they do well.",
            }
        },
        "count_mode": Campaign.CountMode.LIVE,
        "public_weight": 70,
        "jury_weight": 30,
        "figures_weight": 0,
        "min_picks": 3,
        "max_picks": 10,
        "approval_number": "江评组〔2026〕7号（示例）",
        "approval_document": _approval(studio),
        "publicity_days": 5,
        "is_free": True,
        "is_voluntary": True,
        "stages": _stages(
            studio,
            notice=(-24, -21),
            nomination=(-21, -11),
            review=(-11, -5),
            display=(-5, -1),
            voting=(-1, 9),
            verification=(9, 13),
            publicity=(13, 24),
            result=(24, 54),
        ),
    }
    campaign = _edit(campaign, studio, changes, began - 2 * DAY)
    _seat_jury(campaign, studio, began - 2 * DAY)
    _launch(campaign, studio, began - DAY)
    categories = {row.name: row.pk for row in campaign.categories.all()}
    criteria = list(campaign.criteria.all())
    for sample in WINDOWS:
        nominee = nominees.add_nominee(
            campaign_id=campaign.pk,
            content=nominees.NomineeContent(
                name=sample.name,
                unit=sample.unit,
                category_id=categories[sample.category],
                merits=sample.merits,
                story=sample.story,
                innovation=sample.innovation,
                responsibility=sample.responsibility,
                evidence={str(criteria[-1].pk): _satisfaction(sample.name)},
                card=sample.card,
            ),
            actor=studio.actor("bianji"),
            now=studio.at(-6),
        )
        shown = [studio.pictures[name].pk for name in (sample.picture, *sample.more_pictures)]
        galleries.hang_pictures(nominee=nominee, picture_ids=shown)
    busy_room(campaign, supervisor=studio.actor("jiandu"))
    return campaign


def _nominating_evaluation(studio: _Studio) -> Campaign:
    """便民服务中心评议: open for nominations, counts daily at 18:00."""
    began = studio.at(-4)
    campaign = campaigns.draft_campaign(
        agency_id=studio.office.agency.pk,
        blueprint="community",
        title="优秀便民服务中心评议（示例）",
        actor=studio.actor("zuzhi"),
        now=began - 3 * DAY,
    )
    changes = {
        "slug": "community-services",
        "cover": studio.pictures["window-02"],
        "is_free": True,
        "is_voluntary": True,
        "stages": _stages(
            studio,
            notice=(-4, -2),
            nomination=(-2, 8),
            display=(8, 11),
            voting=(11, 21),
            verification=(21, 24),
            publicity=(24, 36),
            result=(36, 66),
        ),
    }
    campaign = _edit(campaign, studio, changes, began - 2 * DAY)
    _launch(campaign, studio, began - DAY)
    category = campaign.categories.first()
    for number, (name, unit, reason) in enumerate(COMMUNITIES):
        nominations.submit_nomination(
            campaign_id=campaign.pk,
            citizen_id=_citizen(studio, f"sample-nominator-{number}"),
            content=nominations.NominationContent(
                name=name, unit=unit, category_id=category.pk if category else None, reason=reason
            ),
            now=studio.at(-1),
        )
    return campaign


def _finished_evaluation(studio: _Studio) -> Campaign:
    """政策落实案例评议: over; its result is signed and public."""
    began = studio.at(-60)
    campaign = campaigns.draft_campaign(
        agency_id=studio.office.agency.pk,
        blueprint="policy",
        title="优秀政策落实案例评议（示例）",
        actor=studio.actor("zuzhi"),
        now=began - 3 * DAY,
    )
    changes = {
        "slug": "policy-cases",
        "cover": studio.pictures["window-12"],
        "seats": 3,
        "max_picks": 3,
        "is_free": True,
        "is_voluntary": True,
        "stages": _stages(
            studio,
            notice=(-60, -55),
            display=(-55, -50),
            voting=(-50, -40),
            verification=(-40, -36),
            publicity=(-36, -18),
            result=(-18, 30),
        ),
    }
    campaign = _edit(campaign, studio, changes, began - 2 * DAY)
    _seat_jury(campaign, studio, began - 2 * DAY)
    categories = {row.name: row.pk for row in campaign.categories.all()}
    for name, unit, category, merits, story in POLICIES:
        nominees.add_nominee(
            campaign_id=campaign.pk,
            content=nominees.NomineeContent(
                name=name, unit=unit, category_id=categories[category], merits=merits, story=story
            ),
            actor=studio.actor("bianji"),
            now=began - 2 * DAY,
        )
    shares = _launch(campaign, studio, began - DAY)
    _fill_ballot_box(campaign, studio)
    _score(campaign, studio)
    counted = studio.at(-39)
    if shares:
        trustees.open_ballots(
            campaign_id=campaign.pk, texts=shares[:2], actor=studio.actor("jiandu"), now=counted
        )
        nothing_to_screen()
    results.compute_result(campaign_id=campaign.pk, actor=studio.actor("zuzhi"), now=counted)
    settled_room(
        campaign,
        organiser=studio.actor("zuzhi"),
        supervisor=studio.actor("jiandu"),
        counted=studio.at(-38),
    )
    results.sign_result(
        campaign_id=campaign.pk,
        note="经核对选票、评分和计分过程，未发现异常。（示例）",
        actor=studio.actor("jiandu"),
        now=studio.at(-37),
    )
    results.publish_result(campaign_id=campaign.pk, actor=studio.actor("zuzhi"), now=studio.at(-17))
    certificates.issue_certificates(
        campaign_id=campaign.pk, actor=studio.actor("zuzhi"), now=studio.at(-16)
    )
    return campaign


def _shown_evaluation(studio: _Studio) -> Campaign:
    """政务窗口群众评议: its result has been open to objections since the day before yesterday."""
    began = studio.at(-40)
    campaign = campaigns.draft_campaign(
        agency_id=studio.office.agency.pk,
        blueprint="window",
        title="政务窗口群众评议（示例）",
        actor=studio.actor("zuzhi"),
        now=began - 3 * DAY,
    )
    changes = {
        "slug": "window-review",
        "count_mode": Campaign.CountMode.LIVE,
        "type": Campaign.Type.EVALUATION,
        "cover": studio.pictures["window-04"],
        "seats": 3,
        "min_picks": 1,
        "max_picks": 3,
        "public_weight": 100,
        "jury_weight": 0,
        "figures_weight": 0,
        "tie_rule": Campaign.TieRule.PUBLIC_FIRST,
        "is_free": True,
        "is_voluntary": True,
        "stages": _stages(
            studio,
            notice=(-40, -35),
            display=(-35, -30),
            voting=(-30, -20),
            verification=(-20, -3),
            publicity=(-2, 12),
            result=(12, 42),
        ),
    }
    campaign = _edit(campaign, studio, changes, began - 2 * DAY)
    categories = {row.name: row.pk for row in campaign.categories.all()}
    for sample in WINDOWS[:6]:
        nominee = nominees.add_nominee(
            campaign_id=campaign.pk,
            content=nominees.NomineeContent(
                name=sample.name,
                unit=sample.unit,
                category_id=categories[sample.category],
                merits=sample.merits,
                story=sample.story,
                card=sample.card,
            ),
            actor=studio.actor("bianji"),
            now=began - 2 * DAY,
        )
        galleries.hang_pictures(nominee=nominee, picture_ids=[studio.pictures[sample.picture].pk])
    _launch(campaign, studio, began - DAY)
    _fill_ballot_box(campaign, studio)
    publicity.count_and_show(campaign, actor=studio.actor, at=studio.at)
    publicity.object_to_it(
        campaign,
        actor=studio.actor,
        at=studio.at,
        citizen=lambda subject: _citizen(studio, subject),
    )
    return campaign


def _blocked_draft(studio: _Studio) -> Campaign:
    """A draft as it looks on the first day: the checklist says what is missing."""
    return campaigns.draft_campaign(
        agency_id=studio.office.agency.pk,
        blueprint="window",
        title="最美窗口服务之星评选（示例草稿）",
        actor=studio.actor("zuzhi"),
        now=studio.now,
    )


# --- Steps ------------------------------------------------------------------------------------


def _stages(studio: _Studio, **days: tuple[float, float]) -> list[StageEntry]:
    return [
        StageEntry(kind, studio.at(opens), studio.at(closes))
        for kind, (opens, closes) in days.items()
    ]


def _edit(
    campaign: Campaign, studio: _Studio, changes: dict[str, object], now: datetime
) -> Campaign:
    return campaigns.edit_campaign(
        campaign=campaign, actor=studio.actor("zuzhi"), now=now, changed=changes
    )


def _launch(campaign: Campaign, studio: _Studio, now: datetime) -> list[str]:
    """Launch it, after its trustees have rehearsed; return their shares, if it needs any."""
    shares = _appoint_trustees(campaign, studio, now)
    campaigns.launch_campaign(campaign_id=campaign.pk, actor=studio.actor("zuzhi"), now=now)
    return shares


def _appoint_trustees(campaign: Campaign, studio: _Studio, now: datetime) -> list[str]:
    """Give hidden counts their key; the shares lie in a file, for this is an example."""
    if not settings.LEDGER_KEY or campaign.count_mode == Campaign.CountMode.LIVE:
        return []
    who = {"campaign_id": campaign.pk, "actor": studio.actor("zuzhi"), "now": now}
    texts = [one.text for one in trustees.make_key(people=TRUSTEES, **who)]
    trustees.rehearse_opening(texts=texts[:2], **who)
    folder = Path(settings.VAR_DIR) / "sample-shares"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{campaign.slug}.txt").write_text("\n".join(texts) + "\n")
    return texts


def _seat_jury(campaign: Campaign, studio: _Studio, now: datetime) -> None:
    for username in JURORS:
        user: AbstractBaseUser = studio.office.people[username]
        jury.seat_juror(
            campaign_id=campaign.pk,
            user_id=user.pk,
            seat="评审专家（示例）",
            actor=studio.actor("zuzhi"),
            now=now,
        )


def _citizen(studio: _Studio, subject: str) -> str:
    citizen = recognise_citizen(
        channel="wechat", account=studio.office.account.slug, subject=subject, now=studio.now
    )
    return str(citizen.pk)


def _fill_ballot_box(campaign: Campaign, studio: _Studio) -> None:
    """Put sample ballots straight into the box: the voting of this campaign is long over."""
    luck = random.Random(campaign.slug)  # noqa: S311 - the same sample every time
    numbers = list(campaign.nominees.values_list("number", flat=True))
    liking = [1 / (rank + 1.5) for rank in range(len(numbers))]
    opens_ms, closes_ms = campaign.round.opens_ms, campaign.round.closes_ms
    moments = sorted(luck.randrange(opens_ms, closes_ms) for _n in range(SAMPLE_BALLOTS))
    picked = [
        sorted(set(luck.choices(numbers, liking, k=luck.choice((1, 2, 3))))) for _n in moments
    ]
    cast = [
        CastBallot(
            campaign.round.pk,
            f"{luck.getrandbits(128):032x}",
            f"{luck.getrandbits(128):032x}",
            json.dumps(picks, separators=(",", ":")),
            0,
        )
        for picks in picked
    ]
    Ballot.objects.bulk_create(
        Ballot(
            round=campaign.round,
            voter_ref=one.voter_ref,
            period="",
            picks=one.picks,
            nonce=one.nonce,
            receipt=f"示例{n:06}",
            risk=0,
            cast_ms=moment,
        )
        for n, (one, moment) in enumerate(zip(_covered(cast), moments, strict=True))
    )


def _covered(cast: list[CastBallot]) -> Sequence[CastBallot]:
    """Return ballots as the ballot box stores them: sealed where choices are hidden."""
    if not settings.LEDGER_KEY:
        return cast
    folder = Path(settings.LEDGER_DIR)
    return LogSealer(DjangoStore(), folder=folder, key=settings.LEDGER_KEY.encode()).cover(cast)


def _score(campaign: Campaign, studio: _Studio) -> None:
    luck = random.Random("jury")  # noqa: S311 - the same sample every time
    criteria = list(campaign.criteria.values_list("pk", flat=True))
    for username in JURORS:
        for nominee in campaign.nominees.all():
            jury.give_scores(
                campaign_id=campaign.pk,
                nominee_id=nominee.pk,
                points={criterion: luck.randint(78, 97) for criterion in criteria},
                actor=studio.actor(username),
                now=studio.at(-45),
            )


def _satisfaction(name: str) -> str:
    luck = random.Random(name)  # noqa: S311 - the same sample every time
    return (
        f"上一年度好差评 {luck.randrange(800, 9000)} 条，满意率 {luck.uniform(97, 99.9):.1f}%；"
        f"收到意见建议 {luck.randrange(5, 60)} 条，已全部答复并反馈整改结果。"
    )


def _approval(studio: _Studio) -> object:
    collection = studio.office.agency.library
    return get_document_model().objects.create(
        title="关于同意开展评选活动的批复（示例）",
        document_number="江评组〔2026〕7号（示例）",
        file=ContentFile(_SAMPLE_PDF, name="approval-sample.pdf"),
        collection=collection,
    )


def _publish_pictures(office: SampleOffice) -> dict[str, Any]:
    """Draw the project's own illustrations and put them into the office's library."""
    collection = office.agency.library
    words = {picture.name: picture.alternative for picture in pictures.PICTURES}
    words[pictures.COVER] = pictures.COVER_ALTERNATIVE
    made = {}
    with TemporaryDirectory() as folder:
        for path in pictures.draw_pictures(Path(folder)):
            with path.open("rb") as content:
                made[path.stem] = get_image_model().objects.create(
                    title=f"示例插画 {path.stem}",
                    file=File(content, name=path.name),
                    alternative=words[path.stem],
                    credit="民意项目自绘示例图",
                    collection=collection,
                )
    return made


def _shrink_pictures(now: datetime) -> None:
    """Make the small pictures of the lists now, not while the first visitor waits."""
    for card in list_campaigns(language=ORIGINAL, now=now):
        campaign = get_campaign(slug=card.slug, language=ORIGINAL, now=now)
        list_cards(campaign=campaign, language=ORIGINAL)


_SAMPLE_PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R
/Resources<</Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj
4 0 obj<</Length 58>>stream
BT /F1 24 Tf 72 760 Td (Sample approval - not real) Tj ET
endstream endobj
trailer<</Root 1 0 R>>
%%EOF
"""
