# SPDX-License-Identifier: Apache-2.0
"""Addresses under /wechat/<account>/. `callback` is not here: it is an ASGI room of its own."""

from django.urls import path

from . import views

app_name = "wechat"

urlpatterns = [
    path("<slug:account>/login", views.login, name="login"),
    path("<slug:account>/oauth", views.oauth, name="oauth"),
    path("<slug:account>/jssdk", views.jssdk, name="jssdk"),
    path("<slug:account>/phone", views.phone, name="phone"),
]
