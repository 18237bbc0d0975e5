"""Addresses of search."""

from django.urls import path

from .views import desk, portal

portal_urls = [
    path("", portal.search, name="search"),
    path("suggest/", portal.suggest, name="suggest"),
    path("suggest.json", portal.palette, name="palette"),
    path("settled/", portal.settled, name="settled"),
    path("click/", portal.click, name="click"),
]
desk_urls = [
    path("", desk.report, name="report"),
    path("tasks/", desk.tasks, name="tasks"),
    path("tasks/<int:task_id>/<slug:act>/", desk.task_act, name="task_act"),
    path("synonyms/", desk.synonyms, name="synonyms"),
    path("synonyms/<int:group_id>/", desk.synonym, name="synonym"),
]
