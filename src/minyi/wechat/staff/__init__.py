# SPDX-License-Identifier: Apache-2.0
"""The office's side of the accounts. Each module offers `viewsets`, `urls` and `policies`."""

from . import (
    abilities,
    articles,
    comments,
    desk,
    duty,
    figures,
    followers,
    menus,
    outgoing,
    overview,
    replies,
    scenes,
    tag_menus,
    templates,
)

MODULES = (
    overview,
    desk,
    duty,
    articles,
    comments,
    figures,
    menus,
    tag_menus,
    replies,
    scenes,
    followers,
    abilities,
    outgoing,
    templates,
)
viewsets = [viewset for module in MODULES for viewset in module.viewsets]
urls = [url for module in MODULES for url in module.urls]
policies = [policy for module in MODULES for policy in module.policies]
