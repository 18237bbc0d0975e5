"""Addresses of defects: the board for staff, what it reported for the customer."""

from django.urls import path

from .views import desk, portal

portal_urls = [
    path("", portal.mine, name="mine"),
    path("<int:defect_id>/", portal.defect, name="defect"),
]
desk_urls = [
    path("", desk.defects, name="list"),
    path("<int:defect_id>/", desk.defect, name="defect"),
    path("<int:defect_id>/take/", desk.take, name="take"),
    path("<int:defect_id>/give-up/", desk.give_up, name="give_up"),
    path("<int:defect_id>/correct/", desk.correct, name="correct"),
    path("<int:defect_id>/reject/", desk.reject, name="reject"),
]
