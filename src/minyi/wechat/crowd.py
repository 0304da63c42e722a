# SPDX-License-Identifier: Apache-2.0
"""A crowd of sandbox citizens who vote the way people do: page, login, ballot paper, ballot box.

Nothing is skipped and nothing is faked but the people. It works against this machine only.
"""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from http.cookies import SimpleCookie
from urllib.parse import urljoin, urlsplit

import httpx

from .crowd_people import DOORS, Attack, Choice, CrowdImpossible, People, Public

AT_ONCE = 8  # more of them only wait for each other: 32 were half as fast
TIMEOUT_S = 20
FIRST_CITIZEN, LAST_CITIZEN = 13, 100_000  # the first twelve are for people who try the sandbox
_MOST_STEPS = 8
_PATIENT_TRIES = 4  # of a ballot that was told to come back later
_THIS_MACHINE = "127.0.0.1"
_HEADERS = {
    "Accept": "text/html,application/json;q=0.9",
    "Accept-Encoding": "identity",
}
_form = re.compile(r'<form\s[^>]*data-ballot="\d+"[^>]*\sdata-min="(\d+)"\s+data-max="(\d+)"')
_ticket = re.compile(r'name="ticket"\s+value="([^"]+)"')
_nonce = re.compile(r'name="nonce"\s+value="([^"]+)"')
_pick = re.compile(r'name="pick"\s+value="(\d+)"')
_campaign = re.compile(r'href="/c/([\w-]+)/')
_code = re.compile(r"代码：([a-z_]+)")


@dataclass
class CrowdReport:
    """What became of the ballots: `refused` counts them by the refusal's code."""

    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def done(self) -> int:
        return self.accepted + self.refused.total()


@dataclass(frozen=True, slots=True)
class BallotForm:
    """What a voter finds on the page."""

    ticket: str
    nonce: str
    paper: Choice


class Turned(Exception):
    """A voter did not get as far as the ballot box; `code` says where it ended."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def run_crowd(
    *,
    voters: int,
    product_url: str,
    sandbox_url: str,
    campaign_slug: str | None,
    progress: Callable[[int], None],
    attack_for: int | None = None,
) -> CrowdReport:
    """Let that many citizens vote; Ctrl-C ends it with the report so far.

    With `attack_for` they are no citizens but an attack for that candidate. Without a slug
    the first campaign that is open for voting is taken. `progress` is told how many are done.
    Raises CrowdImpossible.
    """
    for url in (product_url, sandbox_url):
        if urlsplit(url).hostname != _THIS_MACHINE:
            raise CrowdImpossible(f"示例市民只能在本机投票：{url} 不是 {_THIS_MACHINE} 上的地址。")
    if not 1 <= voters <= LAST_CITIZEN - FIRST_CITIZEN + 1:
        raise CrowdImpossible(f"人数须在 1 至 {LAST_CITIZEN - FIRST_CITIZEN + 1} 之间。")
    # Others every time, so that a second crowd is not told that it has voted already.
    numbers = random.sample(range(FIRST_CITIZEN, LAST_CITIZEN + 1), voters)
    crowd = _Crowd(product_url.rstrip("/"), sandbox_url.rstrip("/"), progress, attack_for)
    return asyncio.run(crowd.vote(numbers, campaign_slug))


class _Crowd:
    """One run: the connections, the report, and who comes."""

    def __init__(
        self,
        product_url: str,
        sandbox_url: str,
        progress: Callable[[int], None],
        attack_for: int | None,
    ) -> None:
        self._product = product_url
        self._sandbox = sandbox_url
        self._progress = progress
        self._attack_for = attack_for
        self._report = CrowdReport()
        self._slug = ""
        self._people: People = Public("")
        self._doors: list[httpx.AsyncClient] = []

    async def vote(self, numbers: Sequence[int], slug: str | None) -> CrowdReport:
        async with AsyncExitStack() as stack:
            # The sandbox obeys none but the machine itself.
            self._here = await stack.enter_async_context(_client_at(_THIS_MACHINE))
            for number in range(DOORS):
                self._doors.append(await stack.enter_async_context(_client_at(f"127.1.{number}.1")))
            self._slug = slug or await self._find_campaign()
            self._people = (
                Public(self._slug)
                if self._attack_for is None
                else Attack(self._slug, self._attack_for)
            )
            started = time.perf_counter()
            queue = iter(self._people.line_up(numbers))
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(AT_ONCE, len(numbers))):
                        group.create_task(self._come_one_by_one(queue))
            except asyncio.CancelledError:  # Ctrl-C
                self._report.interrupted = True
            self._report.seconds = time.perf_counter() - started
        return self._report

    async def _find_campaign(self) -> str:
        """Return the first campaign whose ballot paper asks who we are: it is open."""
        try:
            page = await self._doors[0].get(f"{self._product}/")
            for slug in dict.fromkeys(_campaign.findall(page.text)):
                # As a phone: another browser is asked to come by WeChat.
                phone = {"User-Agent": self._people.phone_of(FIRST_CITIZEN).agent}
                answer = await self._doors[0].get(self._ballot_url(slug), headers=phone)
                if answer.is_redirect:
                    return str(slug)
        except httpx.HTTPError as error:
            raise CrowdImpossible(f"{self._product} 没有响应，请先运行 make run。") from error
        raise CrowdImpossible("现在没有正在投票的活动。")

    async def _come_one_by_one(self, queue: Iterator[int]) -> None:
        for number in queue:
            try:
                code = await self._vote_as(number)
            except Turned as turned:
                code = turned.code
            except httpx.HTTPError:
                code = "no_answer"
            if code:
                self._report.refused[code] += 1
            else:
                self._report.accepted += 1
            self._progress(self._report.done)

    async def _vote_as(self, number: int) -> str:
        """Vote as one citizen; returns "" or the code of the refusal."""
        cookies: dict[str, str] = {}
        form = read_form(await self._open_paper(number, cookies))
        ballot = {
            "ticket": form.ticket,
            "nonce": form.nonce,
            "picks": self._people.choose(number, form.paper),
            "conduct": self._people.conduct_of(number),
        }
        for _ in range(_PATIENT_TRIES):
            answer = await self._door_of(number).post(
                f"{self._product}/v/ballots", json=ballot, headers=self._headers(number, cookies)
            )
            if answer.status_code != 503:
                break
            await asyncio.sleep(min(float(answer.headers.get("retry-after", "1")), 5))
        return "" if answer.is_success else _code_of(answer)

    async def _open_paper(self, number: int, cookies: dict[str, str]) -> str:
        """Open the ballot paper as a browser does: through WeChat's login and back."""
        url = self._ballot_url(self._slug, self._people.phone_of(number).mark)
        for _ in range(_MOST_STEPS):
            if url.startswith(f"{self._sandbox}/connect/oauth2/authorize?"):
                url = await self._allow(url, number)
            if not url.startswith(f"{self._product}/"):
                raise Turned("led_elsewhere")
            answer = await self._door_of(number).get(url, headers=self._headers(number, cookies))
            for line in answer.headers.get_list("set-cookie"):
                cookies |= {name: morsel.value for name, morsel in SimpleCookie(line).items()}
            if not answer.is_redirect:
                if answer.status_code != 200:
                    raise Turned(_code_of(answer))
                return answer.text
            url = urljoin(url, answer.headers["location"])
        raise Turned("too_many_redirects")

    async def _allow(self, authorize_url: str, number: int) -> str:
        """Let the sandbox's phone agree to the login; returns where WeChat sends the browser."""
        answer = await self._here.post(
            f"{self._sandbox}/_sim/oauth", json={"url": authorize_url, "citizen": number}
        )
        if answer.status_code != 200:
            raise Turned("sandbox_refused")
        redirect: str = answer.json()["redirect"]
        return redirect

    def _door_of(self, number: int) -> httpx.AsyncClient:
        """Return the connection of that citizen's network."""
        return self._doors[self._people.phone_of(number).door]

    def _headers(self, number: int, cookies: dict[str, str]) -> dict[str, str]:
        worn = "; ".join(f"{name}={value}" for name, value in cookies.items())
        return {"Cookie": worn, "User-Agent": self._people.phone_of(number).agent}

    def _ballot_url(self, slug: str, mark: str = "") -> str:
        way = f"&from={mark}" if mark else ""
        return f"{self._product}/c/{slug}/nominees/?vote=1{way}"


def _client_at(address: str) -> httpx.AsyncClient:
    """Return a client that comes from there; all of 127.0.0.0/8 is this machine."""
    return httpx.AsyncClient(
        headers=_HEADERS,
        timeout=TIMEOUT_S,
        transport=httpx.AsyncHTTPTransport(local_address=address, verify=False),
        # Each voter carries cookies of their own: the client itself keeps none.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


def read_form(page: str) -> BallotForm:
    """Return the ballot form on a page of candidates."""
    form, ticket, nonce = _form.search(page), _ticket.search(page), _nonce.search(page)
    numbers = tuple(map(int, _pick.findall(page)))
    if form is None or ticket is None or nonce is None or not numbers:
        raise Turned("no_ballot_paper")
    return BallotForm(ticket[1], nonce[1], Choice(numbers, int(form[1]), int(form[2])))


def _code_of(answer: httpx.Response) -> str:
    if "json" in answer.headers.get("content-type", ""):
        return str(answer.json().get("code", answer.status_code))
    found = _code.search(answer.text)
    return found[1] if found else f"http_{answer.status_code}"
