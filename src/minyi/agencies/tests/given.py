# SPDX-License-Identifier: Apache-2.0
"""Plain builders: offices, and people who hold posts there."""

from datetime import date
from itertools import count

from django.test import Client

from minyi.agencies.models import Agency, OfficialAccount, Post, Region, User
from minyi.agencies.policies import Role

PASSWORD = "a-long-enough-password"
_number = count(1)


def given_region(name: str = "青禾市", level: int = Region.Level.NATION) -> Region:
    return Region.objects.create(code=f"{next(_number):06}", name=name, level=level)


def given_agency(name: str = "") -> Agency:
    number = next(_number)
    return Agency.objects.create(
        name=name or f"第{number}政务服务局", short_name=f"{number}局", region=given_region()
    )


def given_user(username: str = "", **fields: object) -> User:
    name = username or f"user{next(_number)}"
    return User.objects.create_user(username=name, password=PASSWORD, first_name="王某", **fields)


def given_post(agency: Agency, role: str = Role.ORGANISER, user: User | None = None) -> Post:
    return Post.objects.create(
        user=user or given_user(), agency=agency, role=role, since=date(2026, 1, 1)
    )


def given_staff(agency: Agency, role: str = Role.ORGANISER) -> User:
    return given_post(agency, role).user


def given_account(agency: Agency) -> OfficialAccount:
    number = next(_number)
    return OfficialAccount.objects.create(
        agency=agency,
        slug=f"account{number}",
        name=f"公众号{number}",
        kind=OfficialAccount.Kind.SERVICE,
        is_verified=True,
        appid=f"wx{number:016}",
        original_id=f"gh_{number}",
    )


def given_client(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="minyi.agencies.backends.PostBackend")
    return client
