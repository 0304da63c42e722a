# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from minyi.core.acts import name_acts

from .acts import ACTS


class LedgerConfig(AppConfig):
    name = "minyi.ledger"
    label = "ledger"
    verbose_name = _("公开账本")

    def ready(self) -> None:
        from .services import logs  # noqa: F401 - it and `witnesses` register outbox consumers

        name_acts(ACTS)
