"""Addresses of charging."""

from __future__ import annotations

from django.urls import path

from .views import desk

desk_urls = [
    path("", desk.tariffs, name="tariffs"),
    path("draft/", desk.draft, name="draft"),
    path("<int:number>/", desk.tariff, name="tariff"),
    path("<int:number>/revise/", desk.revise, name="revise"),
    path("<int:number>/publish/", desk.publish, name="publish"),
    path("<int:number>/discard/", desk.discard, name="discard"),
]
