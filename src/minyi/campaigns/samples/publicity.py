# SPDX-License-Identifier: Apache-2.0
"""A result in 公示 as an office sees it: ballots struck out, an appeal, objections on the way."""

import io
from collections.abc import Callable
from datetime import datetime

from django.core.files.base import ContentFile
from PIL import Image, ImageDraw

from minyi.campaigns.contacts import Contact
from minyi.campaigns.models import Campaign, Objection, Round
from minyi.campaigns.services import (
    adjudication,
    appeals,
    objection_cases,
    objections,
    results,
    roundlogs,
)
from minyi.campaigns.services.objections import ObjectionContent, Proof
from minyi.core.actors import Actor
from minyi.ledger.services import logs

from .clusters import HELD, find_clusters

People = Callable[[str], Actor]
Calendar = Callable[[float], datetime]
STRUCK = (101, 131)


def count_and_show(campaign: Campaign, *, actor: People, at: Calendar) -> None:
    """Rule on suspicious ballots where there is a log, take an appeal in, compute and sign."""
    paper = Round.objects.get(campaign=campaign)
    if paper.log:
        roundlogs.check_closed(paper=paper, now=at(-19))
        _strike_out(campaign, paper, actor=actor, at=at)
    results.compute_result(campaign_id=campaign.pk, actor=actor("zuzhi"), now=at(-5))
    results.sign_result(
        campaign_id=campaign.pk,
        note="经核对选票认定和计票过程，未发现异常。（示例）",
        actor=actor("jiandu"),
        now=at(-4),
    )


def object_to_it(
    campaign: Campaign, *, actor: People, at: Calendar, citizen: Callable[[str], str]
) -> None:
    """File two objections: one being looked into, one waiting for the second person."""
    first = _file(
        campaign,
        citizen("sample-objector-1"),
        ObjectionContent(
            about=Objection.About.NOMINEE,
            nominee=1,
            statement="公示的事迹称全年周六正常办公，本人两次周六前往均未开门，附现场照片。（示例）",
            contact=Contact("赵明（示例）", "0990-00001"),
        ),
        at(-1.5),
        files=[Proof("picture", ContentFile(_picture(), name="photo.png"))],
    )
    objection_cases.accept(objection_id=first.pk, actor=actor("jingban"), now=at(-1))
    objection_cases.note(
        objection_id=first.pk,
        text="已调取该窗口近三个月的考勤和叫号记录，正在核对。（示例）",
        is_internal=False,
        actor=actor("jingban"),
        now=at(-0.5),
    )
    second = _file(
        campaign,
        citizen("sample-objector-2"),
        ObjectionContent(
            about=Objection.About.COUNT,
            statement="本人所在小区多位邻居投给三号窗口，担心被当作异常选票剔除，请复核认定依据。（示例）",
        ),
        at(-1.2),
        files=[Proof("picture", ContentFile(_picture(), name="photo.png"))],
    )
    objection_cases.accept(objection_id=second.pk, actor=actor("jingban2"), now=at(-1))
    objection_cases.propose(
        objection_id=second.pk,
        is_well_founded=False,
        remedy="",
        answer="经复核，被认定无效的选票均由同一软件批量发出，与同一小区无关；认定依据已存档。（示例）",
        actor=actor("jingban2"),
        now=at(-0.4),
    )


def _file(
    campaign: Campaign,
    citizen_id: str,
    content: ObjectionContent,
    now: datetime,
    *,
    files: list[Proof],
) -> Objection:
    return objections.file_objection(
        campaign_id=campaign.pk, citizen_id=citizen_id, content=content, files=files, now=now
    )


def _strike_out(campaign: Campaign, paper: Round, *, actor: People, at: Calendar) -> None:
    find_clusters(paper, now=at(-18))
    held = paper.rulings.get()
    act = {"campaign_id": campaign.pk, "rule": held.rule, "evidence": held.evidence.sha256}
    proposed = adjudication.propose_void(
        ballots=[STRUCK], actor=actor("jingban"), now=at(-16), **act
    )
    adjudication.confirm(ruling_id=proposed.pk, actor=actor("jiandu"), now=at(-15))
    adjudication.release(ballots=[(STRUCK[1], HELD[1])], actor=actor("jingban"), now=at(-15), **act)
    logs.write_waiting(folder=paper.log)
    for place, words in (
        (105, "这一票是我本人午休时投的。（示例）"),
        (120, "请说明依据。（示例）"),
    ):
        ballot = paper.ballots.order_by("id")[place - 1]
        appeals.file_appeal(
            campaign_id=campaign.pk,
            place=place,
            voter_ref=ballot.voter_ref,
            statement=words,
            now=at(-12),
        )
    appealed = paper.appeals.get(place=105)
    appeals.propose_answer(
        appeal_id=appealed.pk,
        is_well_founded=True,
        answer="核对登录记录，确为本人单独投票，恢复计票。（示例）",
        actor=actor("jingban2"),
        now=at(-10),
    )
    appeals.decide(appeal_id=appealed.pk, actor=actor("lingdao"), now=at(-9))
    logs.write_waiting(folder=paper.log)


def _picture() -> bytes:
    picture = Image.new("RGB", (640, 420), "#dfe6ee")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((120, 120, 520, 360), fill="#8fa3b8")
    pen.rectangle((270, 220, 370, 360), fill="#5d7186")
    pen.rectangle((180, 60, 460, 110), fill="#b5483c")
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
