"""Addresses of the desk's screens of calendars and promises, under /desk/deadlines/."""

from django.urls import path

from .views import desk

desk_urls = [
    path("", desk.calculator, name="calculator"),
    path("calendars/", desk.calendars, name="calendars"),
    path("calendars/new/", desk.add_calendar, name="add_calendar"),
    path("calendars/<int:calendar_id>/", desk.calendar, name="calendar"),
    path("calendars/<int:calendar_id>/close/", desk.close_date, name="close_date"),
    path("calendars/<int:calendar_id>/open/", desk.open_date, name="open_date"),
    path("calendars/<int:calendar_id>/remove/", desk.remove_date, name="remove_date"),
    path("calendars/<int:calendar_id>/week/", desk.week, name="week"),
    path("calendars/<int:calendar_id>/place/", desk.place, name="place"),
    path("calendars/<int:calendar_id>/default/", desk.make_default, name="make_default"),
    path("calendars/<int:calendar_id>/customers/", desk.assign, name="assign"),
    path("calendars/<int:calendar_id>/customers/remove/", desk.unassign, name="unassign"),
    path("kinds/", desk.kinds, name="kinds"),
    path("kinds/<str:code>/", desk.kind, name="kind"),
]
