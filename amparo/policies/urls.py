"""Addresses of settings."""

from django.urls import path, re_path

from .views import desk

portal_urls = [re_path(r"^logo/(?P<name>[0-9a-f]{64}\.png)$", desk.serve_logo, name="logo")]
desk_urls = [
    path("", desk.settings, name="settings"),
    path("identity/", desk.identity, name="identity"),
    path("identity/logo/", desk.logo, name="logo"),
    path("<str:key>/", desk.setting, name="setting"),
]
