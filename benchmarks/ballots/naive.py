# SPDX-License-Identifier: Apache-2.0
"""The naive version: a plain Django view, Model.objects.create(), a kept connection."""

import json
import os

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="benchmark",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[],
    MIDDLEWARE=[],
    USE_TZ=True,
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["NAIVE_DATABASE"],
            "CONN_MAX_AGE": None,
            "OPTIONS": {
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
            },
        }
    },
)
django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402
from django.db import IntegrityError, models  # noqa: E402
from django.http import HttpRequest, JsonResponse  # noqa: E402
from django.urls import path  # noqa: E402


class Ballot(models.Model):
    """The same table as ours; the unique constraint is in the database."""

    round_id = models.BigIntegerField()
    voter_ref = models.CharField(max_length=32)
    period = models.CharField(max_length=10)
    picks = models.TextField()
    nonce = models.CharField(max_length=32)
    receipt = models.CharField(max_length=32)
    risk = models.SmallIntegerField()
    cast_ms = models.BigIntegerField()

    class Meta:
        app_label = "naive"
        managed = False
        db_table = "campaigns_ballot"


def vote(request: HttpRequest) -> JsonResponse:
    """Store one ballot; no ticket is checked, which only helps this side."""
    sent = json.loads(request.body)
    try:
        ballot = Ballot.objects.create(
            round_id=1,
            voter_ref=sent["nonce"],
            period="",
            picks=json.dumps(sent["picks"]),
            nonce=sent["nonce"],
            receipt="A" * 20,
            risk=0,
            cast_ms=0,
        )
    except IntegrityError:
        return JsonResponse({"code": "already_voted"}, status=409)
    return JsonResponse({"id": ballot.pk}, status=201)


urlpatterns = [path("v/ballots", vote)]
app = get_asgi_application()
