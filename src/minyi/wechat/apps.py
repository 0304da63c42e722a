# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WechatConfig(AppConfig):
    name = "minyi.wechat"
    label = "wechat"
    verbose_name = _("微信")

    def ready(self) -> None:
        from minyi.citizens.channels import register_channel

        from .channel import WeChatChannel

        register_channel(WeChatChannel())
