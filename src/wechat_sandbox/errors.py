# SPDX-License-Identifier: Apache-2.0
"""WeChat's error codes and the words it sends with them."""

from __future__ import annotations

MESSAGES: dict[int, str] = {
    -1: "system error",
    40001: (
        "invalid credential, access_token is invalid or not latest, "
        "could get access_token by getStableAccessToken, more details at https://mmbizurl.cn/s/JtxxFh33r"
    ),
    40002: "invalid grant_type",
    40003: "invalid openid",
    40013: "invalid appid",
    40014: "invalid access_token",
    40029: "invalid code",
    40030: "invalid refresh_token",
    40097: "invalid args",
    40125: "invalid appsecret",
    40163: "code been used",
    40164: "invalid ip",
    40243: "AppSecret has been frozen",
    41001: "access_token missing",
    41002: "appid missing",
    41003: "refresh_token missing",
    41004: "appsecret missing",
    41008: "missing code",
    41009: "missing openid",
    42001: "access_token expired",
    42002: "refresh_token expired",
    42003: "oauth_code expired",
    43001: "require GET method",
    43002: "require POST method",
    44002: "empty post data",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    47001: "data format error",
    48001: "api unauthorized",
}


class ApiError(Exception):
    """WeChat says no: an error code, with an addition where the platform gives one."""

    def __init__(self, code: int, addition: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = MESSAGES.get(code, "error") + (f" {addition}" if addition else "")


class AuthorizeRefused(Exception):
    """The authorize page shows an error instead of asking; `code` is WeChat's 100xx number."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code
