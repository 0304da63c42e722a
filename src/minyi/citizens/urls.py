# SPDX-License-Identifier: Apache-2.0
"""Pages about the citizens themselves."""

from django.urls import path

from . import views

app_name = "citizens"

urlpatterns = [path("notices/<slug:account>/", views.notices, name="notices")]
