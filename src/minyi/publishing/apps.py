# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from minyi.core.acts import name_acts

from .acts import ACTS


class PublishingConfig(AppConfig):
    name = "minyi.publishing"
    label = "publishing"
    verbose_name = _("内容发布")

    def ready(self) -> None:
        name_acts(ACTS)
        from .trail import watch_library

        watch_library()
