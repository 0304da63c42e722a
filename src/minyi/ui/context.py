# SPDX-License-Identifier: Apache-2.0
"""What every page may use."""

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .open_tags import BUTTON_STYLE

# 长辈版, in the order of its switch (工信部 2021: from 18 px, adjustable up to 30).
TYPE_SIZES = (("large", _("大字")), ("larger", _("特大字")), ("largest", _("超大字")))


def reading(request: HttpRequest) -> dict[str, object]:
    """Give templates the reader's preferences and the choices on offer."""
    return {
        "preferences": getattr(request, "preferences", None),
        "languages": settings.LANGUAGES,
        "type_sizes": TYPE_SIZES,
        "site_name": settings.SITE_NAME,
        "wechat_script": settings.WECHAT_JSSDK_URL,
        "in_sandbox": settings.WECHAT_SANDBOX,
        "open_button_style": BUTTON_STYLE,
    }
