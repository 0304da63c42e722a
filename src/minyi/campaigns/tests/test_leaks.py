# SPDX-License-Identifier: Apache-2.0
"""While counts are hidden, no address of the product tells them: not to citizens, not to staff.

Every GET route of the URLconf is asked twice, once before anybody has voted and once after
thousands have. The two answers must be the same: status, headers, body, order, length. What differs
by nature (tokens, nonces, moments of the request) is blotted out first, and a control shows that
the comparison does see a count where one is public.
"""

import asyncio
import json
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone

from ballotbox.tests.given import ask
from minyi.agencies.models import User
from minyi.campaigns.models import Ballot, Campaign
from minyi.campaigns.services import roundlogs
from minyi.ledger import folders
from minyi.ledger.room import NOT_YET, room
from minyi.ledger.tests.given import keep_logs_in

from .given import NOW, given_nominee, given_open_round, given_staff
from .visitors import given_votable, visitor

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(300)]
# Nobody would write these numbers by chance: ballots, then votes of nominees 3, 1 and 2.
BALLOTS, VOTES = 2749, {3: 2749, 1: 1873, 2: 977}
BLOTTED = [
    re.compile(pattern)
    for pattern in (
        r'name=\\?"(csrfmiddlewaretoken|ticket|nonce)\\?" value=\\?"[^"\\]*\\?"',
        r'"?csrf_?[tT]oken"?:\s*"[^"]*"',
        r'"CSRF_TOKEN": "[^"]*"|data-csrf[\w-]*="[^"]*"',
        # Blocks of the rich text editor have names by chance.
        r'\\?(?:"|&quot;)key\\?(?:"|&quot;): \\?(?:"|&quot;)\w{5}\\?(?:"|&quot;)',
    )
]
# Not ours to compare: what the process itself measures, and Wagtail's own programme text.
PROCESS = {"staff/jsi18n/", "staff/sprite/"}
# Rooms in which a number of an address is never that of a campaign: asked of one campaign only.
ELSEWHERE = tuple(
    f"/staff/{room}/"
    for room in (
        *("wechat", "pages", "workflows", "images", "documents", "users", "groups", "sites"),
        *("collections", "forms", "redirects", "regions", "agencies", "accounts", "posts"),
        *("rules", "witnesses", "audit", "editing-sessions", "choose-page", "bulk"),
    )
)


def routes() -> Iterator[str]:
    """Yield every route of the product, converters still in it."""

    def walk(prefix: str, patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
        for pattern in patterns:
            path = prefix + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                yield from walk(path, pattern.url_patterns)
            else:
                yield path

    yield from walk("", get_resolver().url_patterns)


def addresses(campaign: Campaign) -> list[str]:
    """Return every route filled in with the things of this campaign."""
    known = {
        "slug": campaign.slug,
        "account": campaign.account.slug,
        "number": "1",
        "kind": "json",
        "round_id": str(campaign.round.pk),
    }
    filled = []
    for route in routes():
        if route in PROCESS or "logout" in route:
            continue
        path = re.sub(
            r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)",
            lambda m: known.get(m[1] or m[2], str(campaign.pk)),
            route,
        )
        filled.append("/" + re.sub(r"[\^$]|\\Z", "", path))
    return sorted(set(filled))


def answer_of(client: Client, path: str) -> tuple[object, ...]:
    answer: HttpResponseBase = client.get(path)
    content = b"" if answer.streaming else answer.content
    body = content.decode("utf-8", "replace")
    for pattern in BLOTTED:
        body = pattern.sub("~", body)
    ours = {name: value for name, value in answer.headers.items() if name != "Expires"}
    if answer.status_code == 302:
        ours["Location"] = re.sub(r"state=[^&]*", "state=~", ours["Location"])
    return answer.status_code, answer.streaming, tuple(sorted(ours.items())), body


def cast_thousands(campaign: Campaign) -> None:
    ballots = []
    for place in range(BALLOTS):
        picks = [number for number, votes in VOTES.items() if place < votes]
        ballots.append(
            Ballot(
                round=campaign.round,
                voter_ref=secrets.token_hex(16),
                period="",
                picks=json.dumps(sorted(picks)),
                nonce=secrets.token_hex(16),
                receipt=secrets.token_hex(10),
                risk=0,
                cast_ms=int(NOW.timestamp() * 1000) - place,
            )
        )
    Ballot.objects.bulk_create(ballots, batch_size=500)


@pytest.fixture
def stopped_clock(monkeypatch):
    """Both rounds of questions are asked at the same moment."""
    monkeypatch.setattr(timezone, "now", lambda: NOW)


def given_secret_vote(**fields: object) -> Campaign:
    campaign = given_votable(**{"max_picks": 3, **fields})
    given_open_round(campaign, nominees=3)
    return campaign


def everybody(campaign: Campaign) -> dict[str, Client]:
    """Return browsers of a stranger, a citizen, a supervisor and the platform's operator."""
    operator = User.objects.create_superuser("operator", password="not-used-here-2026")
    people = {"stranger": Client(), "citizen": visitor(campaign.account)}
    supervisor = given_staff(campaign.agency, "supervisor")
    for name, user in {"supervisor": supervisor, "operator": operator}.items():
        people[name] = Client()
        people[name].force_login(user, backend="minyi.agencies.backends.PostBackend")
    for client in people.values():
        client.raise_request_exception = False  # a 500 is an answer like any other
    return people


def ask_everything(
    campaigns: list[Campaign], people: dict[str, Client]
) -> dict[tuple[str, str], tuple]:
    """Ask all addresses of the first campaign, and of the others what their rooms have.

    Staff pages are asked by the supervisor, and by the operator where only that helps.
    """
    first, *others = campaigns
    paths = set(addresses(first))
    paths |= {p for one in others for p in addresses(one) if not p.startswith(ELSEWHERE)}
    answers: dict[tuple[str, str], tuple] = {}
    for path in sorted(paths):
        for who, client in people.items():
            if path.startswith("/staff/") != (who in ("supervisor", "operator")):
                continue
            if who == "operator" and answers["supervisor", path][0] == 200:
                continue
            answers[who, path] = answer_of(client, path)
    return answers


MODES = {
    "after close": {"count_mode": "after_close"},
    "at an hour that has not come": {"count_mode": "scheduled", "count_hours": [23]},
}


@pytest.mark.once
@pytest.mark.usefixtures("stopped_clock")
def test_no_address_tells_a_hidden_count():
    first, *others = MODES.values()
    campaign = given_secret_vote(**first)
    here = {"agency": campaign.agency, "account": campaign.account}
    campaigns = [campaign, *(given_secret_vote(**here, **mode) for mode in others)]
    people = everybody(campaign)
    ask_everything(campaigns, people)  # makes what is made on first sight: sites, small pictures
    before = ask_everything(campaigns, people)
    for one in campaigns:
        cast_thousands(one)
    after = ask_everything(campaigns, people)
    assert len(before) > 150
    assert [key for key in before if before[key] != after[key]] == []
    tells = re.compile(r"(?<![\w.])(2,?749|1,?873)(?![\w.])")
    assert [key for key, answer in after.items() if tells.search(str(answer))] == []


def ask_the_log(campaign: Campaign) -> list[tuple[object, ...]]:
    """Ask the room that serves the logs for every file this log has or may have."""
    folder = folders.path_of(campaign.round.log)
    names = {file.relative_to(folder).as_posix() for file in folder.rglob("*")}
    names |= {"checkpoint", "checkpoints/1", "checkpoints/2750", "tile/0/000", "tile/0/000.p/1"}
    names |= {"tile/entries/000", "tile/entries/010.p/190", "vkey", "policy", "rules"}
    replies = []
    for name in sorted(names):
        reply = asyncio.run(ask(room, method="GET", path=f"/ledger/{campaign.round.log}/{name}"))
        replies.append((reply.status, tuple(sorted(reply.headers.items())), reply.body))
    return replies


@pytest.mark.usefixtures("stopped_clock")
@pytest.mark.parametrize("mode", MODES)
def test_the_log_of_a_hidden_count_tells_nothing_before_the_count_does(mode, settings, tmp_path):
    keep_logs_in(settings, tmp_path)
    campaign = given_votable(**{"max_picks": 3, **MODES[mode]})
    for _number in range(3):
        given_nominee(campaign)
    opened = campaign.stages.get(kind="voting").opens_at
    paper = given_open_round(campaign, now=opened - timedelta(hours=1))
    everyday = [f"/c/{campaign.slug}/", f"/c/{campaign.slug}/board/", f"/c/{campaign.slug}/ballot/"]
    everyday += [f"/c/{campaign.slug}/board.json", f"/api/v1/campaigns/{campaign.slug}/counts"]
    client = visitor(campaign.account)
    roundlogs.bring_along(campaign_id=campaign.pk, now=NOW)  # everybody knows that voting is open
    asked = [answer_of(client, path) for path in everyday]
    before = set(ask_the_log(campaign))
    cast_thousands(campaign)
    roundlogs.bring_along(campaign_id=campaign.pk, now=NOW)
    assert folders.read_size(paper.log) == BALLOTS + 1
    assert set(ask_the_log(campaign)) == before
    kept_back = [reply for reply in before if reply[2] == NOT_YET.encode()]
    assert kept_back
    assert [answer_of(client, path) for path in everyday] == asked
    assert not paper.log_live  # and the ballot box tells no voter a place


@pytest.mark.usefixtures("stopped_clock")
def test_the_comparison_does_see_a_count_that_is_public():
    campaign = given_secret_vote(count_mode="live")
    client = Client()
    paths = [f"/c/{campaign.slug}/board/", f"/c/{campaign.slug}/board.json"]
    before = [answer_of(client, path) for path in paths]
    cast_thousands(campaign)
    cache.delete(f"board:{campaign.slug}")
    after = [answer_of(client, path) for path in paths]
    assert all(one != other for one, other in zip(before, after, strict=True))
    assert all("2,749" in str(answer) or "2749" in str(answer) for answer in after)


def test_the_walk_reaches_what_it_must():
    campaign = given_secret_vote()
    asked = set(addresses(campaign))
    base = f"/c/{campaign.slug}"
    must = ["/", f"{base}/", f"{base}/nominees/", f"{base}/nominees/1/", f"{base}/ballot/"]
    must += [f"{base}/board/", f"{base}/board.json", f"{base}/board/events", f"{base}/result/"]
    assert asked.issuperset(must)
    assert sum(path.startswith("/staff/") for path in asked) > 100
