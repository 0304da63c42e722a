# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from minyi.core.acts import name_acts

from .acts import ACTS


class CampaignsConfig(AppConfig):
    name = "minyi.campaigns"
    label = "campaigns"
    verbose_name = _("评选投票")

    def ready(self) -> None:
        name_acts(ACTS)
