# SPDX-License-Identifier: Apache-2.0
from wagtail import hooks
from wagtail.permissions import register_permission_policy

from . import staff

for policy in staff.policies:
    register_permission_policy(policy.model, policy)


@hooks.register("register_admin_viewset")
def register_viewsets():
    return staff.viewsets


@hooks.register("register_admin_urls")
def register_urls():
    return staff.urls
