"""Addresses of what tickets and cases share."""

from django.urls import path

from .views import desk, portal

portal_urls = [
    path("preview/", portal.preview, name="preview"),
    path("draft/<str:place>/", portal.draft, name="draft"),
]
desk_urls = [
    path("<int:thread_id>/presence/", desk.presence, name="presence"),
    path("<int:thread_id>/assign/", desk.assign, name="assign"),
    path("<int:thread_id>/tags/", desk.tags, name="tags"),
    path("templates/", desk.templates, name="templates"),
    path("templates/new/", desk.template_new, name="template_new"),
    path("templates/<int:template_id>/", desk.template, name="template"),
]
