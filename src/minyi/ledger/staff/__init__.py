# SPDX-License-Identifier: Apache-2.0
"""The staff console of the public logs."""

from . import witnesses

MODULES = (witnesses,)
viewsets = [viewset for module in MODULES for viewset in module.viewsets]
urls = [url for module in MODULES for url in module.urls]
policies = [policy for module in MODULES for policy in module.policies]
