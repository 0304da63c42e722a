# SPDX-License-Identifier: Apache-2.0
"""The staff console of agencies, people, the record and the rules."""

from . import access, offices, people, records, two_factor

MODULES = (access, offices, people, records, two_factor)
viewsets = [viewset for module in MODULES for viewset in module.viewsets]
urls = [url for module in MODULES for url in module.urls]
policies = [policy for module in MODULES for policy in module.policies]
