# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class WechatConfig(AppConfig):
    name = "minyi.wechat"
    label = "wechat"
    verbose_name = _("微信")

    def ready(self) -> None:
        from minyi.citizens.channels import register_channel
        from minyi.citizens.notices import register_messenger, register_purposes
        from minyi.citizens.rolls import register_roll
        from minyi.core.acts import name_acts

        from .acts import ACTS
        from .channel import WeChatChannel
        from .connection.sealing import seals_from
        from .conversation.hours import set_office_hours
        from .outgoing.messenger import WeChatMessenger
        from .outgoing.purposes import DESK_REPLY, LATE_ANSWER
        from .queries.office_hours import back_by_account
        from .roll import WeChatRoll
        from .services import (  # noqa: F401 - they register outbox consumers
            broadcasts,
            figures,
            follower_sync,
            promises,
            publishing,
            sandbox_menu,
            unconfirmed,
        )

        seals_from(settings.WECHAT_SEALS)  # a wrong key is found now, not at the first call
        name_acts(ACTS)
        register_channel(WeChatChannel())
        register_messenger(WeChatMessenger())
        register_roll(WeChatRoll())
        register_purposes([LATE_ANSWER, DESK_REPLY])
        set_office_hours(back_by_account)
