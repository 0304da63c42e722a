# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PublishingConfig(AppConfig):
    name = "minyi.publishing"
    label = "publishing"
    verbose_name = _("内容发布")
