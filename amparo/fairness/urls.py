"""Addresses of the figures: public at /fairness/ where the vendor wants it, for staff at /desk/fairness/."""

from django.urls import path

from .views import pages

portal_urls = [
    path("", pages.public, name="page"),
    path("figures.csv", pages.public_csv, name="csv"),
    path("figures.json", pages.public_json, name="json"),
]
desk_urls = [path("", pages.preview, name="preview")]
