# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "minyi.campaigns"
    label = "campaigns"
    verbose_name = _("评选投票")
