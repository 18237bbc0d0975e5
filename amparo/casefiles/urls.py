"""Addresses of case files: the published keys, orders and downloads; at the desk, retention."""

from django.urls import path

from .views import desk, files

portal_urls = [
    path("key", files.key, name="key"),
    path("key.pem", files.key_pem, name="key_pem"),
    path("<int:case_id>/", files.order, name="order"),
    path("exports/<str:public_id>/", files.export, name="export"),
    path("exports/<str:public_id>/file", files.download, name="download"),
]
desk_urls = [
    path("", desk.plan, name="plan"),
    path("dry-run/", desk.dry_run, name="dry_run"),
    path("report/", desk.report, name="report"),
    path("holds/", desk.holds, name="holds"),
    path("holds/new/", desk.hold, name="hold"),
    path("holds/<int:hold_id>/lift/", desk.lift, name="lift"),
]
