from django.urls import path

from . import views

portal_urls = [
    path("upload/", views.upload, name="upload"),
    path("<str:public_id>/discard/", views.discard, name="discard"),
    path("<str:public_id>/<str:name>", views.serve, name="file"),
]
