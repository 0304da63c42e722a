# SPDX-License-Identifier: Apache-2.0
from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from minyi.core.acts import name_acts

from .acts import ACTS


class AgenciesConfig(AppConfig):
    name = "minyi.agencies"
    label = "agencies"
    verbose_name = _("单位与人员")

    def ready(self) -> None:
        from minyi.core.refusals import name_contacts

        from .queries import administrators_for

        name_acts(ACTS)
        name_contacts(administrators_for)
