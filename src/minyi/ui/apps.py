# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "minyi.ui"
    label = "ui"
    verbose_name = "界面"
