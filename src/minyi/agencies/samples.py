# SPDX-License-Identifier: Apache-2.0
"""Sample offices and people, clearly marked 示例, for trying the product out."""

from dataclasses import dataclass
from datetime import date
from functools import cache

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction
from wagtail.users.models import UserProfile

from .models import Agency, OfficialAccount, Post, Region, User
from .policies import Role
from .services.libraries import keep_library

PASSWORD = "minyi-demo-2026"  # noqa: S105 - printed at start-up; sample accounts open sample data only
_REGIONS = (
    # code, name, level, parent. Codes begin with 99: no real place has them.
    ("990000", "示例国", Region.Level.NATION, None),
    ("991000", "江南省（示例）", Region.Level.PROVINCE, "990000"),
    ("991100", "青禾市（示例）", Region.Level.CITY, "991000"),
    ("991101", "禾北县（示例）", Region.Level.COUNTY, "991100"),
    ("991102", "禾东县（示例）", Region.Level.COUNTY, "991100"),
    ("991101100", "柳溪镇（示例）", Region.Level.TOWN, "991101"),
    ("991102100", "安澜镇（示例）", Region.Level.TOWN, "991102"),
)
_PEOPLE = (
    # user name, name, role, title
    ("zuzhi", "周明", Role.ORGANISER, "评选办公室主任"),
    ("bianji", "陈晓", Role.EDITOR, "宣传科科员"),
    ("shenhe", "李衡", Role.REVIEWER, "资格审核组组长"),
    ("jingban", "吴勤", Role.CASE_WORKER, "经办人"),
    ("jingban2", "韩青", Role.CASE_WORKER, "窗口负责人"),
    ("jiandu", "郑正", Role.SUPERVISOR, "派驻纪检监察组"),
    ("lingdao", "王岚", Role.LEADER, "分管副局长"),
    ("guanli", "孙理", Role.ADMINISTRATOR, "平台管理员"),
    ("zhuanjia1", "方知", Role.JUROR, "评审专家（高校）"),
    ("zhuanjia2", "何言", Role.JUROR, "评审专家（媒体）"),
    ("zhuanjia3", "杜若", Role.JUROR, "评审专家（群众代表）"),
)


@dataclass(frozen=True, slots=True)
class SampleOffice:
    """What the sample campaigns need to begin."""

    agency: Agency
    account: OfficialAccount
    people: dict[str, User]


@transaction.atomic
def seed_office() -> SampleOffice:
    """Make the sample city, its office and its people; a second call finds them."""
    regions: dict[str, Region] = {}
    for code, name, level, parent in _REGIONS:
        regions[code], _made = Region.objects.get_or_create(
            code=code,
            defaults={"name": name, "level": level, "parent": regions.get(parent or "")},
        )
    agency = _agency("青禾市政务服务和数据管理局（示例）", "青禾市政数局", regions["991100"])
    neighbour = _agency("禾东县政务服务中心（示例）", "禾东县中心", regions["991102"])
    people = {row[0]: _person(*row, agency=agency) for row in _PEOPLE}
    _person("linju", "钱邻", Role.ORGANISER, "邻县工作人员", agency=neighbour)
    account, _made = OfficialAccount.objects.get_or_create(
        slug="sandbox",
        defaults={
            "agency": agency,
            "name": "青禾政务服务（示例）",
            "kind": OfficialAccount.Kind.SERVICE,
            "is_verified": True,
            "appid": "wx5a4d1e9c0b7f2e63",
            "original_id": "gh_5a4d1e9c0b7f",
            "welcome": "您好，欢迎关注青禾政务服务（示例）。回复“投票”可参加正在进行的评选，"
            "回复“帮助”查看使用说明。",
        },
    )
    # Few abilities, so that one can see how the console says what an account cannot do.
    OfficialAccount.objects.get_or_create(
        slug="sandbox-sub",
        defaults={
            "agency": agency,
            "name": "青禾发布（示例）",
            "kind": OfficialAccount.Kind.SUBSCRIPTION,
            "is_verified": True,
            "appid": "wx7b3c8f2a6d1e4095",
            "original_id": "gh_7b3c8f2a6d1e",
            "welcome": "您好，欢迎关注青禾发布（示例）。回复“帮助”查看使用说明。",
        },
    )
    keep_library(agency)
    keep_library(neighbour)
    return SampleOffice(agency, account, people)


def _agency(name: str, short_name: str, region: Region) -> Agency:
    agency, _made = Agency.objects.get_or_create(
        name=name,
        defaults={
            "short_name": short_name,
            "region": region,
            "help_phone": "0990-12345",
            "supervision_phone": "0990-12388",
            "supervision_email": "jiandu@example.com",
        },
    )
    return agency


@cache
def _password() -> str:
    """Hash the one password of all of them once: hashing is slow on purpose."""
    return make_password(PASSWORD)


def _person(username: str, name: str, role: Role, title: str, *, agency: Agency) -> User:
    user = User.objects.filter(username=username).first()
    if user is None:
        user = User.objects.create(username=username, password=_password(), first_name=name)
        Post.objects.create(
            user=user, agency=agency, role=role, title=title, since=date(2026, 1, 1)
        )
        _speak_chinese(user)
    return user


def _speak_chinese(user: User) -> None:
    UserProfile.objects.update_or_create(
        user=user,
        defaults={"preferred_language": settings.LANGUAGE_CODE, "current_time_zone": ""},
    )
