# SPDX-License-Identifier: Apache-2.0
"""Statistics, ready at about eight on the next morning (wechat-api.md §10).

Only the calls of 2025: the older article figures answer 47009. What two sources say differently
(how many days one call may span) is asked day by day.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from django.conf import settings
from pydantic import Field

from ..capabilities import Ability
from ..errors import BeyondLimits
from .answers import Answer, Text
from .group import Group

LONGEST_USERS = settings.WECHAT_FACTS.user_figure_days
LONGEST_BIZ = 30
LONGEST_INTERFACE = 30
LONGEST_MESSAGES = settings.WECHAT_FACTS.message_figure_days
LONGEST_WEEKS = LONGEST_MONTHS = settings.WECHAT_FACTS.message_week_days  # days as well
LONGEST_SPREAD = settings.WECHAT_FACTS.message_spread_days
ARTICLES_SINCE = date(2025, 11, 1)
TOTAL_SOURCE = "全部"  # a row that sums the others up


class UserSummary(Answer):
    """New and lost followers of one day by the way they came."""

    day: date = Field(alias="ref_date")
    source: int = Field(default=0, alias="user_source")
    new: int = Field(default=0, alias="new_user")
    lost: int = Field(default=0, alias="cancel_user")


class UserTotal(Answer):
    day: date = Field(alias="ref_date")
    total: int = Field(default=0, alias="cumulate_user")


class Source(Answer):
    """How many readers came which way."""

    name: str = Field(default="", alias="scene_desc")
    users: int = Field(default=0, alias="user_count")


class Counters(Answer):
    """The counters that most article figures share; people, not clicks, unless named «count»."""

    readers: int = Field(default=0, alias="read_user")
    all_sources: list[Source] = Field(default=[], alias="read_user_source")
    sharers: int = Field(default=0, alias="share_user")
    zaikan: int = Field(default=0, alias="zaikan_user")
    likers: int = Field(default=0, alias="like_user")
    comment_count: int = 0
    collectors: int = Field(default=0, alias="collection_user")
    to_original: int = Field(default=0, alias="redirect_ori_page_user")
    send_page_count: int = 0

    @property
    def sources(self) -> Sequence[Source]:
        """Return the ways readers came, without the row that sums them up."""
        return [source for source in self.all_sources if source.name != TOTAL_SOURCE]


class ArticleFigures(Answer):
    """One article on one day."""

    day: date = Field(alias="ref_date")
    article: Text = Field(alias="msgid")  # <msg_data_id>_<position from one>
    detail: Counters = Counters()


class DayFigures(Answer):
    """All articles on one day."""

    day: date = Field(alias="ref_date")
    detail: Counters = Counters()


class JumpPosition(Answer):
    position: float = 0
    rate: float = 0


class ArticleDay(Counters):
    """One day in the life of one article."""

    day: date = Field(alias="stat_date")
    praise_money: int = 0
    subscribed_while_reading: int = Field(default=0, alias="read_subscribe_user")
    delivery_rate: float = Field(default=0, alias="read_delivery_rate")
    finish_rate: float = Field(default=0, alias="read_finish_rate")
    average_seconds: float = Field(default=0, alias="read_avg_activetime")
    left_at: list[JumpPosition] = Field(default=[], alias="read_jump_position")


class ArticleLife(Answer):
    """The first thirty days of an article published on `day`."""

    day: date = Field(alias="ref_date")
    article: Text = Field(alias="msgid")
    publish_type: int = 0
    title: str = ""
    url: str = Field(default="", alias="content_url")
    days: list[ArticleDay] = Field(default=[], alias="detail_list")


class MessageSummary(Answer):
    """Messages citizens sent in one hour or day."""

    day: date = Field(alias="ref_date")
    hour: int = Field(default=0, alias="ref_hour")  # 100 for 01:00
    kind: int = Field(default=0, alias="msg_type")
    users: int = Field(default=0, alias="msg_user")
    count: int = Field(default=0, alias="msg_count")


class MessageSpread(Answer):
    """How many citizens sent how many messages; 1: one to five, 2: six to ten, 3: more."""

    day: date = Field(alias="ref_date")
    interval: int = Field(default=0, alias="count_interval")
    users: int = Field(default=0, alias="msg_user")


class InterfaceSummary(Answer):
    """How our callback did."""

    day: date = Field(alias="ref_date")
    hour: int = Field(default=0, alias="ref_hour")
    callbacks: int = Field(default=0, alias="callback_count")
    failures: int = Field(default=0, alias="fail_count")
    total_ms: int = Field(default=0, alias="total_time_cost")
    slowest_ms: int = Field(default=0, alias="max_time_cost")


class Articles(Answer):
    """Figures of one day; `is_late` says that some are still missing."""

    rows: list[ArticleFigures] = Field(default=[], alias="list")
    is_late: bool = Field(default=False, alias="is_delay")


class Days(Answer):
    rows: list[DayFigures] = Field(default=[], alias="list")
    is_late: bool = Field(default=False, alias="is_delay")


class Lives(Answer):
    rows: list[ArticleLife] = Field(default=[], alias="list")
    is_late: bool = Field(default=False, alias="is_delay")


class _Users(Answer):
    rows: list[UserSummary] = Field(default=[], alias="list")


class _Totals(Answer):
    rows: list[UserTotal] = Field(default=[], alias="list")


class _Messages(Answer):
    rows: list[MessageSummary] = Field(default=[], alias="list")


class _Spreads(Answer):
    rows: list[MessageSpread] = Field(default=[], alias="list")


class _Interfaces(Answer):
    rows: list[InterfaceSummary] = Field(default=[], alias="list")


class Figures(Group):
    """Days are those of China; the last one that can be asked for is yesterday."""

    ability = Ability.DATACUBE

    async def users(self, *, begin: date, end: date) -> Sequence[UserSummary]:
        """Return new and lost followers of up to seven days."""
        body = _span(begin, end, longest=LONGEST_USERS)
        return (await self._post("/datacube/getusersummary", body, _Users)).rows

    async def user_totals(self, *, begin: date, end: date) -> Sequence[UserTotal]:
        """Return the number of followers on up to seven days."""
        body = _span(begin, end, longest=LONGEST_USERS)
        return (await self._post("/datacube/getusercumulate", body, _Totals)).rows

    async def reads(self, *, day: date) -> Articles:
        """Return who read which article on one day."""
        return await self._post("/datacube/getarticleread", _articles_of(day), Articles)

    async def shares(self, *, day: date) -> Articles:
        """Return who shared which article on one day."""
        return await self._post("/datacube/getarticleshare", _articles_of(day), Articles)

    async def summary(self, *, begin: date, end: date) -> Days:
        """Return the counters of all articles together on up to thirty days."""
        _check_articles(begin)
        body = _span(begin, end, longest=LONGEST_BIZ)
        return await self._post("/datacube/getbizsummary", body, Days)

    async def lives(self, *, published_on: date) -> Lives:
        """Return the first thirty days of every article published on that day."""
        path = "/datacube/getarticletotaldetail"
        return await self._post(path, _articles_of(published_on), Lives)

    async def messages(self, *, begin: date, end: date) -> Sequence[MessageSummary]:
        """Return the messages citizens sent on up to seven days."""
        body = _span(begin, end, longest=LONGEST_MESSAGES)
        return (await self._post("/datacube/getupstreammsg", body, _Messages)).rows

    async def messages_by_hour(self, *, day: date) -> Sequence[MessageSummary]:
        """Return the messages citizens sent in each hour of one day."""
        body = _span(day, day, longest=1)
        return (await self._post("/datacube/getupstreammsghour", body, _Messages)).rows

    async def messages_by_week(self, *, begin: date, end: date) -> Sequence[MessageSummary]:
        """Return the messages of the weeks whose Mondays lie in up to thirty days."""
        body = _span(begin, end, longest=LONGEST_WEEKS)
        return (await self._post("/datacube/getupstreammsgweek", body, _Messages)).rows

    async def messages_by_month(self, *, begin: date, end: date) -> Sequence[MessageSummary]:
        """Return the messages of the months whose first days lie in up to thirty days."""
        body = _span(begin, end, longest=LONGEST_MONTHS)
        return (await self._post("/datacube/getupstreammsgmonth", body, _Messages)).rows

    async def message_spread(self, *, begin: date, end: date) -> Sequence[MessageSpread]:
        """Return how many citizens wrote how often, on up to fifteen days."""
        body = _span(begin, end, longest=LONGEST_SPREAD)
        return (await self._post("/datacube/getupstreammsgdist", body, _Spreads)).rows

    async def message_spread_by_week(self, *, begin: date, end: date) -> Sequence[MessageSpread]:
        """The same week by week."""
        body = _span(begin, end, longest=LONGEST_WEEKS)
        return (await self._post("/datacube/getupstreammsgdistweek", body, _Spreads)).rows

    async def message_spread_by_month(self, *, begin: date, end: date) -> Sequence[MessageSpread]:
        """The same month by month."""
        body = _span(begin, end, longest=LONGEST_MONTHS)
        return (await self._post("/datacube/getupstreammsgdistmonth", body, _Spreads)).rows

    async def interface(self, *, begin: date, end: date) -> Sequence[InterfaceSummary]:
        """Return how our callback did on up to thirty days."""
        body = _span(begin, end, longest=LONGEST_INTERFACE)
        return (await self._post("/datacube/getinterfacesummary", body, _Interfaces)).rows

    async def interface_by_hour(self, *, day: date) -> Sequence[InterfaceSummary]:
        """Return how our callback did in each hour of one day."""
        body = _span(day, day, longest=1)
        return (await self._post("/datacube/getinterfacesummaryhour", body, _Interfaces)).rows


def _articles_of(day: date) -> dict[str, str]:
    _check_articles(day)
    return _span(day, day, longest=1)


def _check_articles(begin: date) -> None:
    if begin < ARTICLES_SINCE:
        raise BeyondLimits(field="begin", least=ARTICLES_SINCE, most="—", found=begin)


def _span(begin: date, end: date, *, longest: int) -> dict[str, str]:
    last = begin + timedelta(days=longest - 1)
    if not begin <= end <= last:
        raise BeyondLimits(field="end", least=begin, most=last, found=end)
    return {"begin_date": begin.isoformat(), "end_date": end.isoformat()}
