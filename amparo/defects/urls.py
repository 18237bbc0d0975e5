"""Addresses of defects: for staff."""

from django.urls import path

from . import views

desk_urls = [
    path("", views.defects, name="list"),
    path("<int:defect_id>/", views.defect, name="defect"),
    path("<int:defect_id>/correct/", views.correct, name="correct"),
    path("<int:defect_id>/reject/", views.reject, name="reject"),
]
