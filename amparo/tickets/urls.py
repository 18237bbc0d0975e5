"""Addresses of tickets."""

from django.urls import path

from .views import desk, from_topic, portal

portal_urls = [
    path("", portal.tickets, name="list"),
    path("new/", portal.new, name="new"),
    path("from-topic/<int:topic_id>/", from_topic.own, name="from_topic"),
    path("<int:number>/", portal.ticket, name="ticket"),
    path("<int:number>/write/", portal.write, name="write"),
    path("<int:number>/close/", portal.close, name="close"),
    path("<int:number>/reopen/", portal.reopen, name="reopen"),
]
desk_urls = [
    path("", desk.tickets, name="list"),
    path("new/", desk.new, name="new"),
    path("from-topic/<int:topic_id>/", from_topic.for_author, name="from_topic"),
    path("who/<int:customer_id>/", desk.who, name="who"),
    path("<int:number>/", desk.ticket, name="ticket"),
    path("<int:number>/write/", desk.write, name="write"),
    path("<int:number>/close/", desk.close, name="close"),
    path("<int:number>/reopen/", desk.reopen, name="reopen"),
    path("<int:number>/defect/", desk.defect, name="defect"),
]
