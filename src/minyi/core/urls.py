# SPDX-License-Identifier: Apache-2.0
"""Pages that belong to no activity: how to read, help, what refusals mean, personal data."""

from django.urls import path

from . import views

app_name = "core"

urlpatterns = [
    path("help/", views.help_page, name="help"),
    path("help/errors", views.refusals, name="refusals"),
    path("help/privacy/", views.privacy, name="privacy"),
    path("robots.txt", views.robots),
]
