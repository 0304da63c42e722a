# SPDX-License-Identifier: Apache-2.0
"""Settings every suite of the house shares."""

from hypothesis import HealthCheck, settings

# Runs share their machine: that an example took long says nothing about our code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
