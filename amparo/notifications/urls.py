"""Addresses of notices."""

from django.urls import path

from .views import own

portal_urls = [
    path("", own.notices, name="notices"),
    path("badge/", own.badge, name="badge"),
    path("read/", own.read, name="read"),
    path("choices/", own.choices, name="choices"),
]
