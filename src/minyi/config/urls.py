# SPDX-License-Identifier: Apache-2.0
"""Every address of the product. The staff console and the citizens' pages never share a prefix."""

from django.urls import include, path
from wagtail.admin import urls as console_urls
from wagtail.documents import urls as document_urls

from minyi.core import health
from minyi.ui.views import set_preferences

from .api import api

urlpatterns = [
    path("", include("minyi.campaigns.urls")),
    path("", include("minyi.core.urls")),
    path("", include("minyi.citizens.urls")),
    path("preferences/", set_preferences),
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("api/v1/", api.urls),
    path("staff/", include(console_urls)),
    path("documents/", include(document_urls)),
    path("wechat/", include("minyi.wechat.urls")),
]

handler400 = "minyi.core.refusals.bad_request"
handler403 = "minyi.core.refusals.permission_denied"
handler404 = "minyi.core.refusals.page_not_found"
handler500 = "minyi.core.refusals.server_error"
