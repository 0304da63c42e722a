# SPDX-License-Identifier: Apache-2.0
"""One address, four rooms: what the dispatcher lets through, and what it does not."""

import asyncio
import gc
import os
import sys
from importlib import import_module
from unittest import mock

import pytest
from django.conf import settings

from ballotbox.tests.given import ask


@pytest.fixture(scope="module")
def application():
    """The dispatcher of the product; its tuning of the interpreter ends with these tests."""
    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    with mock.patch.dict(os.environ):
        yield import_module("minyi.config.asgi").application
    gc.unfreeze()
    gc.set_threshold(*threshold)
    sys.setswitchinterval(interval)


def look(application, path, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(ask(application, method="GET", path=path, headers=named))


@pytest.mark.django_db(transaction=True)  # `/metrics` measures the outbox as well
@pytest.mark.parametrize("path", ["/metrics", "/v/metrics"])
def test_metrics_have_one_guard_under_both_addresses(application, path):
    assert b"minyi_ballots_accepted_total" in look(application, path).body
    for header in ("x_forwarded_proto", "x_forwarded_for", "x_real_ip", "forwarded", "via"):
        reply = look(application, path, **{header: "https"})
        assert (reply.status, reply.json["code"]) == (404, "not_found")
    stranger = ask(application, method="GET", path=path, client="203.0.113.9")
    assert asyncio.run(stranger).status == 404


def test_the_ballot_box_answers_for_its_own_health(application):
    reply = look(application, "/v/healthz")
    assert reply.headers["content-type"] == "application/json"
    assert reply.json == {"status": "not started"}  # nobody ran its lifespan here


def given_upload(path):
    upload = settings.MEDIA_ROOT / path
    upload.parent.mkdir(parents=True, exist_ok=True)
    upload.write_bytes(b"uploaded")


def test_an_uploaded_picture_is_served_and_never_run(application):
    given_upload("images/rooms.jpg")
    reply = look(application, "/media/images/rooms.jpg")
    assert (reply.status, reply.body) == (200, b"uploaded")
    assert "sandbox" in reply.headers["content-security-policy"]


def test_a_part_of_a_video_can_be_asked_for(application):
    given_upload("videos/rooms.mp4")
    reply = look(application, "/media/videos/rooms.mp4", range="bytes=2-4")
    assert (reply.status, reply.body) == (206, b"loa")


@pytest.mark.parametrize(
    "path",
    [
        "/media/images/missing.jpg",
        "/media/documents/rooms.pdf",
        "/media/images/../documents/rooms.pdf",
        "/media/images/",
        "/media/",
    ],
)
def test_what_is_missing_or_not_public_is_not_found(application, path):
    given_upload("documents/rooms.pdf")
    assert look(application, path).status == 404
