# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    name = "minyi.ledger"
    label = "ledger"
    verbose_name = _("公开账本")

    def ready(self) -> None:
        from .services import logs  # noqa: F401 - it registers an outbox consumer
