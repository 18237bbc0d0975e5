"""Addresses of pages that combine apps."""

from django.urls import path

from .views import desk, portal

portal_urls = [
    path("", portal.home, name="home"),
    path("help/", portal.help_door, name="help"),
    path("matters/", portal.matters, name="matters"),
]
desk_urls = [
    path("", desk.queue, name="queue"),
    path("queue/column/", desk.queue_column, name="queue_column"),
    path("search.json", desk.search_json, name="search_json"),
]
