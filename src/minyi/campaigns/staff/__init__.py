# SPDX-License-Identifier: Apache-2.0
"""The staff console of selections. Each module offers `viewsets`, `urls` and `policies`."""

from . import (
    ballots,
    campaigns,
    certificates,
    cluster_page,
    clusters,
    evidence,
    jury,
    nominations,
    nominees,
    objections,
    openings,
    reports,
    results,
    samples,
    supervision,
)

MODULES = (
    *(campaigns, nominations, nominees, jury, results, certificates, reports),
    *(evidence, objections, ballots, clusters, cluster_page, samples, supervision, openings),
)
viewsets = [viewset for module in MODULES for viewset in module.viewsets]
urls = [url for module in MODULES for url in module.urls]
policies = [policy for module in MODULES for policy in module.policies]
