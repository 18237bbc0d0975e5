"""Addresses of pages that combine apps."""

from django.urls import path

from .views import desk, portal, statements

portal_urls = [
    path("", portal.home, name="home"),
    path("help/", portal.help_door, name="help"),
    path("matters/", portal.matters, name="matters"),
    path("statements/", statements.own, name="statements"),
    path("statements/<form>/", statements.own, name="statement_as"),
]
desk_urls = [
    path("", desk.queue, name="queue"),
    path("queue/column/", desk.queue_column, name="queue_column"),
    path("statements/<int:customer_id>/", statements.of_customer, name="statement"),
    path("statements/<int:customer_id>/<form>/", statements.of_customer, name="statement_as"),
    path("search.json", desk.search_json, name="search_json"),
]
