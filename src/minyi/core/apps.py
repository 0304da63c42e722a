# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "minyi.core"
    label = "core"
    verbose_name = "核心"
