# SPDX-License-Identifier: Apache-2.0
"""WeChat as one of the channels through which citizens come."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from .queries import find_account

# Set by /wechat/<account>/phone in sandbox mode only: a frame cannot change its user agent.
PHONE_COOKIE = "minyi_phone"


class WeChatChannel:
    """The pages inside WeChat's own browser."""

    key = "wechat"

    def recognises(self, request: HttpRequest) -> bool:
        """Tell whether this is WeChat's browser, or the sandbox's phone in sandbox mode.

        This only chooses which page to show: who somebody is, the login alone decides.
        """
        if "MicroMessenger" in request.headers.get("User-Agent", ""):
            return True
        return settings.WECHAT_SANDBOX and request.COOKIES.get(PHONE_COOKIE) == "1"

    def login_url(self, request: HttpRequest, *, account: str, come_back_to: str) -> str:
        """Return where to send the browser to find out who it is."""
        return f"{reverse('wechat:login', args=[account])}?{urlencode({'next': come_back_to})}"

    def missing_settings(self, *, account: str) -> list[str]:
        """Return, in words, what the account still lacks before citizens can vote through it."""
        known = find_account(account, secrets=settings.WECHAT_SECRETS)
        if known is None:
            return [_("公众号“%(account)s”尚未登记") % {"account": account}]
        missing = []
        if known.kind != "SVC":
            missing.append(
                _("“%(name)s”不是服务号，微信不允许确认投票人身份") % {"name": known.name}
            )
        if not known.is_verified:
            missing.append(_("“%(name)s”尚未完成微信认证") % {"name": known.name})
        missing.extend(
            _("“%(name)s”缺少可用的 %(secret)s") % {"name": known.name, "secret": secret}
            for secret in known.missing_secrets
        )
        return missing
