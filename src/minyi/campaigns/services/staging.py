# SPDX-License-Identifier: Apache-2.0
"""Files kept while somebody puts a form right: browsers send a chosen file once and forget it.

A kept file is cleaned like every upload, named by a signed token, shown to its sender alone, and
gone when the form has been sent or KEEP is over, whichever comes first.
"""

from datetime import datetime, timedelta
from typing import Literal

from django.core import signing
from django.db import transaction
from django.db.models import QuerySet

from minyi.campaigns.models import StagedFile
from minyi.core import outbox
from minyi.core.outbox import Delivery

from .uploads import Upload, clean_picture, clean_video

KEEP = timedelta(hours=2)
MOST_KEPT = 8  # for one person in one campaign: two attempts with everything chosen anew
TOPIC = "campaigns.staged_file"
_SALT = "minyi.campaigns.staging"


def stage_file(
    *,
    campaign_id: int,
    citizen_id: str,
    kind: Literal["picture", "video"],
    upload: Upload,
    now: datetime,
) -> StagedFile:
    """Keep a cleaned copy for a while; raises what `uploads` says of a file it cannot take."""
    # Decoding takes seconds: it happens before the transaction, not inside it.
    clean = clean_picture(upload) if kind == "picture" else clean_video(upload)
    with clean, transaction.atomic():
        staged = StagedFile.objects.create(
            campaign_id=campaign_id,
            citizen_id=citizen_id,
            kind=kind,
            file=clean,
            name=str(upload.name or "")[-100:],
            staged_at=now,
        )
        outbox.send(
            topic=TOPIC,
            key=str(staged.pk),
            payload={"staged": staged.pk},
            now=now,
            due_at=now + KEEP,
        )
    for old in _own(campaign_id, citizen_id).order_by("-id")[MOST_KEPT:]:
        _forget(old)
    return staged


def token_for(staged: StagedFile) -> str:
    """Return the name by which the form asks for it again."""
    return signing.dumps(staged.pk, salt=_SALT)


def find_staged(
    *, token: str, campaign_id: int, citizen_id: str, now: datetime
) -> StagedFile | None:
    """Return what this person kept under that token, or None: forged, foreign, used or expired."""
    try:
        pk = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return None
    fresh = _own(campaign_id, citizen_id).filter(staged_at__gt=now - KEEP)
    found: StagedFile | None = fresh.filter(pk=pk).first()
    return found


def drop_staged(*, campaign_id: int, citizen_id: str) -> None:
    """Forget all this person keeps here: the form has been sent."""
    for staged in _own(campaign_id, citizen_id):
        _forget(staged)


@outbox.consumer(TOPIC)
def expire(delivery: Delivery) -> None:
    """Remove one that nobody came back for."""
    for staged in StagedFile.objects.filter(pk=int(str(delivery.payload["staged"]))):
        _forget(staged)


def _own(campaign_id: int, citizen_id: str) -> QuerySet[StagedFile]:
    return StagedFile.objects.filter(campaign_id=campaign_id, citizen_id=citizen_id)


def _forget(staged: StagedFile) -> None:
    file = staged.file
    staged.delete()
    file.delete(save=False)
