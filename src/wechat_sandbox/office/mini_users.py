# SPDX-License-Identifier: Apache-2.0
"""What a mini program learns of a citizen: profile and phone number, sealed or by code."""

from __future__ import annotations

from typing import Any

from wechat_sandbox import people
from wechat_sandbox.accounts import Account
from wechat_sandbox.office.minis import Sealed, seal_for_user
from wechat_sandbox.state import Sandbox


def phone_number(number: int) -> str:
    """Return the invented phone number of a citizen: eleven digits that carry their number."""
    return f"199{number:08d}"


def phone_info(account: Account, number: int, now: float) -> dict[str, Any]:
    """Return phone_info as the interface and the sealed form carry it."""
    phone = phone_number(number)
    return {
        "phoneNumber": phone,
        "purePhoneNumber": phone,
        "countryCode": "86",
        "watermark": {"timestamp": int(now), "appid": account.appid},
    }


def seal_profile(sandbox: Sandbox, account: Account, number: int, now: float) -> Sealed:
    """Return the citizen's profile as wx.getUserInfo gives it to the client part."""
    person = people.citizen(number)
    raw: dict[str, Any] = {
        "nickName": person.nickname,
        "gender": 0,
        "language": "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "avatarUrl": f"{sandbox.settings.sandbox_url}/portraits/{number}.svg",
    }
    told = {
        "openId": people.openid_of(account.appid, number),
        **raw,
        "unionId": people.unionid_of(account.open_platform, number),
        "watermark": {"timestamp": int(now), "appid": account.appid},
    }
    key = sandbox.minis.session_key(account.appid, number)
    return seal_for_user(told, raw, session_key=key)


def seal_phone(sandbox: Sandbox, account: Account, number: int, now: float) -> Sealed:
    """Return the phone number as getPhoneNumber gives it to the client part."""
    key = sandbox.minis.session_key(account.appid, number)
    return seal_for_user(phone_info(account, number, now), {}, session_key=key)
