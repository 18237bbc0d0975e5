"""Addresses of promotions: portal at /promotions/, desk at /desk/promotions/."""

from __future__ import annotations

from django.urls import path

from .views import desk, portal

portal_urls = [path("", portal.mine, name="mine")]
desk_urls = [
    path("", desk.promotions, name="list"),
    path("add/", desk.add, name="add"),
    path("<int:promotion_id>/", desk.promotion, name="promotion"),
    path("<int:promotion_id>/change/", desk.change, name="change"),
    path("<int:promotion_id>/publish/", desk.publish, name="publish"),
    path("<int:promotion_id>/end/", desk.end, name="end"),
    path("<int:promotion_id>/discard/", desk.discard, name="discard"),
]
