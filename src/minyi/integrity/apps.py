# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig


class IntegrityConfig(AppConfig):
    name = "minyi.integrity"
    label = "integrity"
    verbose_name = "诚信"

    def ready(self) -> None:
        from .services import memory  # noqa: F401 - it registers an outbox consumer
