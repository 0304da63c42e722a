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
        from minyi.citizens.matters import register_matters
        from minyi.citizens.notices import register_purposes

        from .notices import PURPOSES
        from .services import (
            adjudication,  # noqa: F401 - it registers an outbox consumer
            complaints,  # noqa: F401
            reporting,  # noqa: F401 - it registers an outbox consumer
            roundlogs,  # noqa: F401 - it registers an outbox consumer
            rounds,  # noqa: F401 - it registers an outbox consumer
            screening,  # noqa: F401
            staging,  # noqa: F401  (registers its outbox consumer)
            supervision,  # noqa: F401
            vaultends,  # noqa: F401
            watching,  # noqa: F401
        )
        from .services.matters import matters_of

        name_acts(ACTS)
        register_purposes(PURPOSES)
        register_matters("campaigns", matters_of)
