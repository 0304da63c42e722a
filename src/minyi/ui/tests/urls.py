# SPDX-License-Identifier: Apache-2.0
"""The addresses that the tests of this app open."""

from django.urls import path

from minyi.ui import views

urlpatterns = [
    path("preferences/", views.set_preferences),
    path("styleguide/", views.styleguide),
]
