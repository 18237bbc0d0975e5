"""Addresses of the classroom: /classroom/ for everybody who takes part, /desk/classroom/ for who plans and leads."""

from django.urls import path

from .views import desk, portal, room

portal_urls = [
    path("", portal.classes, name="classes"),
    path("devices/", portal.devices, name="devices"),
    path("notices/bigbluebutton/", room.told, name="told"),
    path("<int:class_id>/", portal.live_class, name="class"),
    path("<int:class_id>/side/", portal.side, name="side"),
    path("<int:class_id>/class.ics", portal.calendar, name="calendar"),
    path("<int:class_id>/attendance/", portal.attendance, name="attendance"),
    path("<int:class_id>/attendance.csv", portal.attendance_csv, name="attendance_csv"),
    path("<int:class_id>/agree/", portal.agree, name="agree"),
    path("<int:class_id>/agree-more/", portal.agree_more, name="agree_more"),
    path("<int:class_id>/decline/", portal.decline, name="decline"),
    path("<int:class_id>/enter/", room.enter, name="enter"),
    path("<int:class_id>/hand/", room.hand, name="hand"),
    path("<int:class_id>/say/", room.say, name="say"),
    path("<int:class_id>/start/", room.start, name="start"),
    path("<int:class_id>/end/", room.end, name="end"),
    path("<int:class_id>/record/", room.record, name="record"),
    path("places/<int:place_id>/<slug:act>/", room.act, name="act"),
]
desk_urls = [
    path("", desk.classes, name="list"),
    path("new/", desk.new, name="new"),
    path("<int:class_id>/", desk.live_class, name="class"),
    path("<int:class_id>/move/", desk.move, name="move"),
    path("<int:class_id>/cancel/", desk.cancel, name="cancel"),
    path("<int:class_id>/more/", desk.more, name="more"),
    path("<int:class_id>/film/", desk.film, name="film"),
]
